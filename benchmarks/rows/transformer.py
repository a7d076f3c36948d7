"""Transformers of both sides that several rows share."""

__all__ = ["causal_net", "language_model", "layer_ties"]


def language_model(vocabulary, layers, width, heads, length):
    """A GPT of the library's layers, which scores with the vectors of its tokens."""
    from benchmarks.ours import keys
    from dl_lib.core import Module
    from dl_lib.functional import gelu
    from dl_lib.layers import Embedding, LayerNorm, PositionalEmbedding, TransformerEncoderLayer

    class Net(Module):
        token: Embedding
        position: PositionalEmbedding
        layers: list[TransformerEncoderLayer]
        norm: LayerNorm

        def __init__(self, *, key):
            options = {"activation": gelu, "norm_first": True, "causal": True}
            self.token = Embedding(vocabulary, width, key=next(key))
            self.position = PositionalEmbedding(length, width, key=next(key))
            self.layers = [
                TransformerEncoderLayer(width, heads, 4 * width, key=next(key), **options)
                for _ in range(layers)
            ]
            self.norm = LayerNorm(width)

        def __call__(self, x, ctx=None):
            h = self.position(self.token(x, ctx), ctx)
            for layer in self.layers:
                h = layer(h, ctx)
            return self.token.attend(self.norm(h, ctx))

    return Net(key=keys(layers + 2))


def causal_net(vocabulary, layers, width, heads, length):
    """The same as PyTorch's users write it, with one product for queries, keys and values."""
    import torch
    from torch import nn

    from benchmarks.pytorch import Tie

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.input, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)

        def forward(self, x):
            batch, time, _ = x.shape
            parts = self.input(x).split(width, 2)
            q, k, v = (a.view(batch, time, heads, -1).transpose(1, 2) for a in parts)
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.output(mixed.transpose(1, 2).contiguous().view(batch, time, width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention, self.attention_norm = Attention(), nn.LayerNorm(width)
            grow, shrink = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.feed_forward = nn.Sequential(grow, nn.GELU(), shrink)
            self.feed_forward_norm = nn.LayerNorm(width)

        def forward(self, x):
            x = x + self.attention(self.attention_norm(x))
            return x + self.feed_forward(self.feed_forward_norm(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.token = nn.Embedding(vocabulary, width)
            self.position = nn.Parameter(torch.zeros(length, width))
            self.layers = nn.ModuleList(Block() for _ in range(layers))
            self.norm = nn.LayerNorm(width)

        def forward(self, x):
            h = self.token(x) + self.position[: x.shape[1]]
            for layer in self.layers:
                h = layer(h)
            return nn.functional.linear(self.norm(h), self.token.weight)

    net = Net()
    ties = [
        Tie(net.token.weight, ("token.weight",)),
        Tie(net.position, ("position.weight",)),
        Tie(net.norm.weight, ("norm.weight",)),
        Tie(net.norm.bias, ("norm.bias",)),
    ]
    for place, layer in enumerate(net.layers):
        linears = layer.attention.input, layer.attention.output, *layer.feed_forward[::2]
        norms = layer.attention_norm, layer.feed_forward_norm
        ties += layer_ties(f"layers.{place}.", [(a.weight, a.bias) for a in linears], norms)
    return net, ties


def layer_ties(prefix, linears, norms):
    """Ties of one layer: of weights and biases (queries, keys and values, output, two), norms."""
    from benchmarks.pytorch import Tie

    projected = [f"attention.{name}" for name in ("query", "key", "value")]
    places = projected, ["attention.output"], ["feed_forward.first"], ["feed_forward.second"]
    ties = []
    for (weight, bias), names in zip(linears, places, strict=True):
        ties.append(Tie(weight, tuple(f"{prefix}{n}.weight" for n in names), transposed=True))
        ties.append(Tie(bias, tuple(f"{prefix}{n}.bias" for n in names)))
    for norm, name in zip(norms, ("attention_norm", "feed_forward_norm"), strict=True):
        ties.append(Tie(norm.weight, (f"{prefix}{name}.weight",)))
        ties.append(Tie(norm.bias, (f"{prefix}{name}.bias",)))
    return ties
