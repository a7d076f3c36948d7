"""Stored PyTorch values for recurrent networks."""

import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

MODULES = {"rnn": (torch.nn.RNN, 1), "lstm": (torch.nn.LSTM, 4), "gru": (torch.nn.GRU, 3)}
LENGTHS = torch.tensor([2, 4, 3])


class Packed(torch.nn.Module):
    """All outputs and final states of PyTorch's layer in one vector."""

    def __init__(self, inner, lengths):
        super().__init__()
        self.inner, self.lengths = inner, lengths

    def forward(self, x):
        if self.lengths is not None:
            x = pack_padded_sequence(x, self.lengths, True, enforce_sorted=False)
        y, state = self.inner(x)
        if self.lengths is not None:
            y, _ = pad_packed_sequence(y, True, total_length=4)
        states = state if isinstance(state, tuple) else (state,)
        return torch.cat([part.flatten() for part in (y, *states)])


def layer(kind, layers, bidirectional, lengths):
    make, gates = MODULES[kind]
    inner = make(2, 3, layers, bidirectional=bidirectional, batch_first=True).double()
    module = Packed(inner, lengths)
    suffixes = [f"l{i}{s}" for i in range(layers) for s in (("", "_reverse")[: 1 + bidirectional])]
    count = 4 if kind == "gru" else 3
    shapes = []
    for suffix in suffixes:
        width = getattr(inner, f"weight_ih_{suffix}").shape[1]
        shapes += [(width, 3 * gates), (3, 3 * gates), (3 * gates,), (3,)][:count]

    def function(x, *weights):
        state = {}
        for i, suffix in enumerate(suffixes):
            wx, wh, b, *candidate = weights[count * i : count * (i + 1)]
            state[f"inner.weight_ih_{suffix}"], state[f"inner.weight_hh_{suffix}"] = wx.T, wh.T
            state[f"inner.bias_ih_{suffix}"] = b
            zero = torch.zeros_like(b)
            if candidate:
                zero = torch.cat([zero[:6], candidate[0]])
            state[f"inner.bias_hh_{suffix}"] = zero
        return functional_call(module, state, (x,))

    return function, [numbers(10 + i, *shape) / 2 for i, shape in enumerate(shapes)]


def gru_reset_before(x, h, wx, wh, b):
    for t in range(x.shape[1]):
        a = x[:, t] @ wx + b
        r, z = torch.sigmoid(a[:, :6] + h @ wh[:, :6]).chunk(2, 1)
        h = z * h + (1 - z) * torch.tanh(a[:, 6:] + (r * h) @ wh[:, 6:])
    return h


def conv_lstm(x, h, c, kx, kh, b, *peepholes):
    p = peepholes[0] if peepholes else torch.zeros(3, *h.shape[1:])
    for t in range(x.shape[1]):
        gates = F.conv2d(x[:, t], kx, b, padding="same") + F.conv2d(h, kh, padding="same")
        i, f, g, o = gates.chunk(4, 1)
        c = torch.sigmoid(f + p[1] * c) * c + torch.sigmoid(i + p[0] * c) * torch.tanh(g)
        h = torch.sigmoid(o + p[2] * c) * torch.tanh(c)
    return torch.cat([h, c])


def main():
    recording = Recording("recurrence")
    x = numbers(0, 3, 4, 2)
    for kind, (_, gates) in MODULES.items():
        for case, (layers, bidirectional, lengths) in {
            "plain": (1, False, None),
            "deep": (2, True, LENGTHS),
        }.items():
            function, weights = layer(kind, layers, bidirectional, lengths)
            recording.run(f"{kind}/{case}", function, x, *weights)
        cell = {"rnn": torch.rnn_tanh_cell, "lstm": torch.lstm_cell, "gru": torch.gru_cell}[kind]

        def step(x, wx, wh, b, *state, cell=cell, kind=kind):
            state = state if kind == "lstm" else state[0]
            new = cell(x, state, wx.T, wh.T, b, torch.zeros_like(b))
            return torch.cat(new) if kind == "lstm" else new

        states = [numbers(6, 3, 3), numbers(7, 3, 3)][: 2 if kind == "lstm" else 1]
        weights = numbers(1, 2, 3 * gates), numbers(2, 3, 3 * gates), numbers(3, 3 * gates)
        recording.run(f"{kind}/cell", step, x[:, 0], *weights, *states)
    weights = numbers(1, 2, 9), numbers(2, 3, 9), numbers(3, 9)
    recording.run("gru/before", gru_reset_before, x, numbers(6, 3, 3), *weights)
    images, state = numbers(40, 1, 2, 2, 4, 3), [numbers(41, 1, 2, 4, 3), numbers(42, 1, 2, 4, 3)]
    kernels = [numbers(43, 8, 2, 3, 3) / 3, numbers(44, 8, 2, 3, 3) / 3, numbers(45, 8)]
    recording.run("conv_lstm/plain", conv_lstm, images, *state, *kernels)
    peepholes = numbers(46, 3, 2, 4, 3)
    recording.run("conv_lstm/peepholes", conv_lstm, images, *state, *kernels, peepholes)
    recording.save()


if __name__ == "__main__":
    main()
