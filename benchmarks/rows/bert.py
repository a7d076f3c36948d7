"""A step of fine-tuning an encoder as BERT's on sentences of different lengths, padded."""

from functools import partial

import numpy as np

from benchmarks.rows.transformer import layer_ties
from benchmarks.side import Row

VOCABULARY, LAYERS, WIDTH, HEADS, TIME = 5000, 4, 256, 4, 128
SENTENCES, BATCH = 32, 16


def data():
    """Two batches of tokens, lengths and classes."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, VOCABULARY, (SENTENCES, TIME))
    return tokens, rng.integers(TIME // 4, TIME + 1, SENTENCES), rng.integers(0, 2, SENTENCES)


def ours():
    """`fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.core import Module
    from dl_lib.functional import gelu, padding_mask
    from dl_lib.layers import BERTEmbedding, Linear, TransformerEncoderLayer
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import adam

    class Net(Module):
        embedding: BERTEmbedding
        layers: list[TransformerEncoderLayer]
        head: Linear

        def __init__(self, *, key):
            self.embedding = BERTEmbedding(VOCABULARY, WIDTH, key=next(key), length=TIME)
            options = {"activation": gelu}
            self.layers = [
                TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, key=next(key), **options)
                for _ in range(LAYERS)
            ]
            self.head = Linear(WIDTH, 2, key=next(key))

        def __call__(self, x, lengths, ctx=None):
            h, mask = self.embedding(x, ctx), padding_mask(lengths, x.shape[1])[:, None]
            for layer in self.layers:
                h = layer(h, ctx, mask=mask)
            return self.head(h[:, 0], ctx)

    tokens, lengths, classes = data()
    sentences = (tokens, lengths), classes
    return by_fit(Net(key=keys(LAYERS + 2)), cross_entropy, sentences, adam(1e-4), BATCH)


def pytorch(weights):
    """A loop over slices, with PyTorch's own layers and their mask of padding."""
    import torch
    from torch import nn, optim

    from benchmarks.pytorch import Tie, by_loop

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.segment = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(2, WIDTH)
            self.position = nn.Parameter(torch.zeros(TIME, WIDTH))
            self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
            options = {"dropout": 0.0, "activation": "gelu", "batch_first": True}
            self.layers = nn.ModuleList(
                nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, **options)
                for _ in range(LAYERS)
            )
            self.head = nn.Linear(WIDTH, 2)

        def forward(self, x, lengths):
            h = self.token(x) + self.segment(torch.zeros_like(x)) + self.position[: x.shape[1]]
            h = self.norm(h)
            padding = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
            for layer in self.layers:
                h = layer(h, src_key_padding_mask=padding)
            return self.head(h[:, 0])

    net = Net()
    ties = [
        Tie(net.token.weight, ("embedding.token.weight",)),
        Tie(net.segment.weight, ("embedding.segment.weight",)),
        Tie(net.position, ("embedding.position.weight",)),
        Tie(net.norm.weight, ("embedding.norm.weight",)),
        Tie(net.norm.bias, ("embedding.norm.bias",)),
        Tie(net.head.weight, ("head.weight",), transposed=True),
        Tie(net.head.bias, ("head.bias",)),
    ]
    for place, layer in enumerate(net.layers):
        attention, linears = layer.self_attn, (layer.linear1, layer.linear2)
        pairs = [(attention.in_proj_weight, attention.in_proj_bias)]
        pairs += [(a.weight, a.bias) for a in (attention.out_proj, *linears)]
        ties += layer_ties(f"layers.{place}.", pairs, (layer.norm1, layer.norm2))
    loss, make = nn.functional.cross_entropy, partial(optim.Adam, lr=1e-4)
    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("fused",))


ROWS = {
    "bert-step": Row(
        "Two steps of an encoder of 4 layers of 256 on 16 padded sentences of up to 128 tokens.",
        1.0,
        ours,
        {"PyTorch": pytorch},
    )
}
