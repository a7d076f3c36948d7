"""A language model of characters with one recurrent layer: LSTM, and GRU."""

from functools import partial

import numpy as np

from benchmarks.side import Row

VOCABULARY, WIDTH, BATCH, TIME, STEPS = 28, 256, 32, 35, 10
CELL = "layers.1.cells.0."


def data():
    """Texts, and the same one character later."""
    shape = BATCH * STEPS, TIME + 1
    text = np.random.default_rng(0).integers(0, VOCABULARY, shape)
    return text[:, :-1], text[:, 1:]


def ours(kind):
    """`fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib import layers
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    key = keys(3)
    options = {"reset_after": True} if kind == "GRU" else {}  # as PyTorch's
    model = layers.Sequential(
        layers.Embedding(VOCABULARY, WIDTH, key=next(key)),
        getattr(layers, kind)(WIDTH, WIDTH, key=next(key), **options),
        layers.Linear(WIDTH, VOCABULARY, key=next(key)),
    )
    return by_fit(model, cross_entropy, data(), sgd(0.5), BATCH)


def pytorch(kind, weights):
    """A loop over slices."""
    import torch
    from torch import nn, optim

    from benchmarks.pytorch import Tie, by_loop

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, WIDTH)
            self.recurrent = getattr(nn, kind)(WIDTH, WIDTH, batch_first=True)
            self.output = nn.Linear(WIDTH, VOCABULARY)

        def forward(self, x):
            return self.output(self.recurrent(self.embedding(x))[0])

    net = Net()
    layer = net.recurrent
    torch.nn.init.zeros_(layer.bias_hh_l0)  # the second of two biases that are added
    ties = [
        Tie(net.embedding.weight, ("layers.0.weight",)),
        Tie(net.output.weight, ("layers.2.weight",), transposed=True),
        Tie(net.output.bias, ("layers.2.bias",)),
        Tie(layer.weight_ih_l0, (CELL + "weight",), transposed=True),
        Tie(layer.weight_hh_l0, (CELL + "hidden_weight",), transposed=True),
        Tie(layer.bias_ih_l0, (CELL + "bias",)),
    ]
    if kind == "GRU":
        candidate = slice(2 * WIDTH, None)
        ties.append(Tie(layer.bias_hh_l0, (CELL + "candidate_bias",), rows=candidate))

    def loss(output, target):
        return nn.functional.cross_entropy(output.reshape(-1, VOCABULARY), target.reshape(-1))

    return by_loop(net, ties, weights, loss, data(), BATCH, partial(optim.SGD, lr=0.5))


def row(kind, target):
    """A row of one kind."""
    does = f"Ten steps of an {kind} of 256 units on 32 texts of 35 characters."
    does = does.replace("an GRU", "a GRU")
    return Row(does, target, partial(ours, kind), {"PyTorch": partial(pytorch, kind)})


ROWS = {"lstm": row("LSTM", 1.1), "gru": row("GRU", 0.95)}
