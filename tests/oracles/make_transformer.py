"""Stored PyTorch values for the layers of a Transformer and for residual connections."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers
from torch.func import functional_call

WIDTH, HEADS, HIDDEN = 4, 2, 6
LENGTHS = (5, 3)
# The parts of a layer in the order of ours, with the shapes of their weights as (in, out).
ATTENTION = [(WIDTH, WIDTH), (WIDTH,)] * 4
NORM = [(WIDTH,)] * 2
NETWORK = [(WIDTH, HIDDEN), (HIDDEN,), (HIDDEN, WIDTH), (WIDTH,)]
ENCODER = [ATTENTION, NORM, NETWORK, NORM]
DECODER = [*ENCODER, ATTENTION, NORM]


def attention_state(name, wq, bq, wk, bk, wv, bv, wo, bo):
    return {
        f"{name}.in_proj_weight": torch.cat([wq.T, wk.T, wv.T]),
        f"{name}.in_proj_bias": torch.cat([bq, bk, bv]),
        f"{name}.out_proj.weight": wo.T,
        f"{name}.out_proj.bias": bo,
    }


def norm_state(name, weight, bias):
    return {f"{name}.weight": weight, f"{name}.bias": bias}


def network_state(w1, b1, w2, b2):
    return {"linear1.weight": w1.T, "linear1.bias": b1, "linear2.weight": w2.T, "linear2.bias": b2}


def state(weights, last_norm):
    """PyTorch's names for our weights; a decoder's cross-attention comes last here."""
    weights = list(weights)
    attention, first, network, last, *cross = (
        [weights.pop(0) for _ in part] for part in (DECODER if len(weights) > 16 else ENCODER)
    )
    found = attention_state("self_attn", *attention) | norm_state("norm1", *first)
    found |= network_state(*network) | norm_state(last_norm, *last)
    if cross:
        found |= attention_state("multihead_attn", *cross[0]) | norm_state("norm2", *cross[1])
    return found


def draw(parts, seed):
    """Weights of size ½, scales of norms around 1."""
    arrays = []
    for part in parts:
        for i, shape in enumerate(part):
            array = numbers(seed + len(arrays), *shape) / 2
            arrays.append(array + 1 if part is NORM and i == 0 else array)
    return arrays


def forbidden(length):
    return torch.triu(torch.ones(length, length, dtype=torch.bool), 1)


def padding(lengths):
    return None if lengths is None else torch.arange(5) >= torch.tensor(lengths)[:, None]


def record_layers(recording):
    x, y = numbers(0, 2, 5, WIDTH), numbers(1, 2, 3, WIDTH)
    settings = {"dropout": 0.0, "batch_first": True, "dtype": torch.float64}
    for case, (norm_first, activation, causal, lengths) in {
        "post_relu": (False, "relu", False, None),
        "post_gelu": (False, "gelu", False, LENGTHS),
        "pre_relu": (True, "relu", True, None),
        "pre_gelu": (True, "gelu", True, LENGTHS),
    }.items():
        options = {"norm_first": norm_first, "activation": activation, **settings}
        layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, **options)

        def encode(x, *weights, layer=layer, causal=causal, lengths=lengths):
            masks = forbidden(5) if causal else None, padding(lengths)
            return functional_call(layer, state(weights, "norm2"), (x, *masks))

        # Scores shifted by a number a query: the gradient of the key's bias is 0 but for rounding.
        recording.run(f"encoder/{case}", encode, x, *draw(ENCODER, 10), fixed=(4,))
        layer = torch.nn.TransformerDecoderLayer(WIDTH, HEADS, HIDDEN, **options)

        def decode(y, memory, *weights, layer=layer, causal=causal, lengths=lengths):
            masks = {
                "tgt_mask": forbidden(3) if causal else None,
                "memory_key_padding_mask": padding(lengths),
            }
            return functional_call(layer, state(weights, "norm3"), (y, memory), masks)

        recording.run(f"decoder/{case}", decode, y, x, *draw(DECODER, 40), fixed=(5, 21))


def record_parts(recording):
    x, network = numbers(70, 2, 3, WIDTH), draw([NETWORK], 71)
    for case, activation in {"relu": F.relu, "gelu": F.gelu}.items():
        recording.run(
            f"feed_forward/{case}",
            lambda x, w1, b1, w2, b2, f=activation: F.linear(f(F.linear(x, w1.T, b1)), w2.T, b2),
            x,
            *network,
        )
    recording.run("layer_scale/one", torch.mul, np.asarray(0.3, np.float32), x)
    recording.run("layer_scale/each", torch.mul, numbers(75, WIDTH), x)
    images, kernels = numbers(76, 2, 2, 4, 3), (numbers(77, 2, 2, 3, 3), numbers(78, 5, 2, 3, 3))
    recording.run(
        "residual/identity", lambda x, k: x + F.conv2d(x, k, padding=1), images, kernels[0]
    )
    recording.run(
        "residual/projection",
        lambda x, k, s: F.conv2d(x, s, stride=2) + F.conv2d(x, k, stride=2, padding=1),
        images,
        kernels[1],
        numbers(79, 5, 2, 1, 1),
    )


def main():
    recording = Recording("transformer")
    record_layers(recording)
    record_parts(recording)
    recording.save()


if __name__ == "__main__":
    main()
