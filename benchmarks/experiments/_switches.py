"""A Transformer of which every part can be switched off, by a number that the program is given."""

from typing import NamedTuple

from jaxtyping import Array, Float, Int

from dl_lib.functional import causal_mask, padding_mask, relu, sinusoidal_positions
from dl_lib.models import Transformer

__all__ = ["Switches", "forward"]


class Switches(NamedTuple):
    """What is multiplied by what: 1 for a part that is there, 0 for one that is not."""

    residual: float = 1.0
    norm: float = 1.0
    first: float = 1.0
    feed: float = 1.0
    relu: float = 1.0
    read_places: float = 1.0
    write_places: float = 1.0
    read_self: float = 1.0
    write_self: float = 1.0
    cross: float = 1.0
    mask: float = 1.0


def _normed(norm, x, on):
    return on * norm(x) + (1 - on) * x


def _added(x, branch, norm, s):
    return _normed(norm, s.residual * x + branch, s.norm * (1 - s.first))


def _read(x, norm, s):
    return _normed(norm, x, s.norm * s.first)


def _attended(layer, x, s, on, kind, **inputs):
    """Self- or cross-attention, added."""
    attention, norm = getattr(layer, kind), getattr(layer, f"{kind}_norm")
    attention = attention.replace(causal=False)  # the mask is among the inputs
    return _added(x, on * attention(_read(x, norm, s), **inputs), norm, s)


def _fed(layer, x, s):
    norm, network = layer.feed_forward_norm, layer.feed_forward
    h = network.first(_read(x, norm, s))
    h = s.relu * relu(h) + (1 - s.relu) * h
    return _added(x, s.feed * network.second(h), norm, s)


def forward(
    model: Transformer,
    source: Int[Array, "batch time"],
    lengths: Int[Array, " batch"],
    before: Int[Array, "batch steps"],
    s: Switches,
) -> Float[Array, "batch steps vocabulary"]:
    """Return the scores of the next tokens, by the parts that are switched on."""
    seen = padding_mask(lengths, source.shape[1])[:, None]
    past = causal_mask(before.shape[1], before.shape[1]) | (s.mask < 0.5)
    length = max(source.shape[1], before.shape[1])
    places = sinusoidal_positions(length, model.tokens.weight.shape[1])
    h = model.tokens(source) + s.read_places * places[: source.shape[1]]
    for layer in model.encoder.layers:
        h = _fed(layer, _attended(layer, h, s, s.read_self, "attention", mask=seen), s)
    memory = _read(h, model.encoder.norm, s)
    h = model.target_tokens(before) + s.write_places * places[: before.shape[1]]
    for layer in model.decoder.layers:
        h = _attended(layer, h, s, s.write_self, "attention", mask=past)
        to = {"keys": memory, "mask": seen}
        h = _fed(layer, _attended(layer, h, s, s.cross, "cross_attention", **to), s)
    return model.target_tokens.attend(_read(h, model.decoder.norm, s))
