"""Stored PyTorch values for models of words and sentences, composed from its modules."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers
from torch.func import functional_call

LENGTHS = np.array([[4, 2], [1, 3]])  # of the two texts, in each example


def two_layers(x, w1, b1, w2, b2):
    return F.relu(F.linear(F.relu(F.linear(x, w1.T, b1)), w2.T, b2))


def decomposable(first, second, lengths, *weights):
    """One pair of texts after the other, cut to its lengths, so that no mask is needed."""
    f, g, h, (w, b) = weights[:4], weights[4:8], weights[8:12], weights[12:]
    logits = []
    for one, other, (m, n) in zip(first, second, lengths, strict=True):
        a, b_words = one[:m], other[:n]
        scores = two_layers(a, *f) @ two_layers(b_words, *f).T
        beta, alpha = F.softmax(scores, 1) @ b_words, F.softmax(scores, 0).T @ a
        v_a = two_layers(torch.cat([a, beta], 1), *g).sum(0)
        v_b = two_layers(torch.cat([b_words, alpha], 1), *g).sum(0)
        logits.append(F.linear(two_layers(torch.cat([v_a, v_b]), *h), w.T, b))
    return torch.stack(logits)


def record_decomposable(recording):
    shapes = []
    for size in (3, 6, 10):
        shapes += [(size, 5), (5,), (5, 5), (5,)]
    shapes += [(5, 3), (3,)]
    weights = [numbers(10 + i, *shape) / 2 for i, shape in enumerate(shapes)]
    first, second = numbers(0, 2, 4, 3), numbers(1, 2, 3, 3)
    whole = np.array([[4, 3], [4, 3]])
    for case, lengths in {"whole": whole, "padded": LENGTHS}.items():
        recording.run(f"decomposable/{case}", decomposable, first, second, lengths, *weights)


def bert_embedding(tokens, segments, token, segment, position, weight, bias):
    x = F.embedding(tokens, token) + F.embedding(segments, segment)
    x = x + F.embedding(torch.arange(tokens.shape[1]), position)
    return F.layer_norm(x, (3,), weight, bias, 1e-12)


def masked_head(x, positions, table, w, b, weight, bias, a):
    hidden = torch.stack([one[places] for one, places in zip(x, positions, strict=True)])
    hidden = F.layer_norm(F.gelu(F.linear(hidden, w.T, b)), (3,), weight, bias, 1e-12)
    return F.linear(hidden, table, a)


def next_sentence_head(x, w1, b1, w2, b2):
    return F.linear(torch.tanh(F.linear(x, w1.T, b1)), w2.T, b2)


def record_bert(recording):
    tokens = np.array([[1, 4, 0, 2], [3, 3, 5, 1]])
    segments = np.array([[0, 0, 1, 1], [0, 1, 1, 1]])
    shapes = (6, 3), (2, 3), (7, 3), (3,), (3,)
    weights = [numbers(30 + i, *shape) for i, shape in enumerate(shapes)]
    recording.run("bert/embedding", bert_embedding, tokens, segments, *weights)
    positions = np.array([[2, 0], [3, 3]])
    shapes = (6, 3), (3, 3), (3,), (3,), (3,), (6,)
    weights = [numbers(41 + i, *shape) for i, shape in enumerate(shapes)]
    recording.run("bert/masked", masked_head, numbers(40, 2, 4, 3), positions, *weights)
    shapes = (3, 3), (3,), (3, 2), (2,)
    weights = [numbers(51 + i, *shape) for i, shape in enumerate(shapes)]
    recording.run("bert/next", next_sentence_head, numbers(50, 2, 3), *weights)


def record_decoder(recording):
    gru = torch.nn.GRU(2 + 3, 3, 2, batch_first=True).double()

    def decode(tokens, context, first, second, table, *weights):
        *cells, w, b = weights
        state = {}
        for i in range(2):
            wx, wh, bias, candidate = cells[4 * i : 4 * i + 4]
            state[f"weight_ih_l{i}"], state[f"weight_hh_l{i}"] = wx.T, wh.T
            state[f"bias_ih_l{i}"] = bias
            state[f"bias_hh_l{i}"] = torch.cat([torch.zeros_like(bias[:6]), candidate])
        again = context[:, None].expand(-1, tokens.shape[1], -1)
        inputs = torch.cat([F.embedding(tokens, table), again], -1)
        outputs, _ = functional_call(gru, state, (inputs, torch.stack([first, second])))
        return F.linear(outputs, w.T, b)

    shapes = [(2, 3)] * 3 + [(5, 2), (5, 9), (3, 9), (9,), (3,), (3, 9), (3, 9), (9,), (3,)]
    shapes += [(3, 5), (5,)]
    inputs = [numbers(60 + i, *shape) / 2 for i, shape in enumerate(shapes)]
    recording.run("rnn_decoder", decode, np.array([[0, 3, 4, 1], [0, 2, 2, 4]]), *inputs)


def record_words(recording):
    u, v = numbers(80, 5, 3), numbers(81, 5, 3)
    words = np.array([[0, 4], [2, 2]])
    recording.run(
        "skip_gram", lambda v, u, c: F.log_softmax(F.linear(F.embedding(c, v), u), -1), v, u, words
    )
    # Windows of different sizes end to end, as `embedding_bag` takes them.
    windows = [[1, 2, 2, 4], [0, 3], [4]]
    flat = torch.tensor([word for window in windows for word in window])
    starts = torch.tensor([0, 4, 6])
    recording.put("cbow", neighbors=[w + [-1] * (4 - len(w)) for w in windows])
    recording.run(
        "cbow",
        lambda u, v: F.log_softmax(F.linear(F.embedding_bag(flat, v, starts, mode="mean"), u), -1),
        u,
        v,
    )
    counts = np.array([0.5, 10.0, 99.0, 101.0, 1e6], np.float32)
    for case, (threshold, power) in {"usual": (100, 0.75), "other": (20, 1.5)}.items():
        recording.run(
            f"glove_weight/{case}",
            lambda x, c=threshold, a=power: (x / c).clamp(max=1) ** a,
            counts,
        )
    logits = numbers(82, 3, 6)

    def shaped(logits, temperature, k):
        """The k largest logits cut out, the softmax taken among them, and put back."""
        values, places = logits.topk(k)
        return torch.zeros_like(logits).scatter(-1, places, F.softmax(values / temperature, -1))

    for case, settings in {"cold": (0.5, 6), "hot_3": (2.0, 3), "plain_2": (1.0, 2)}.items():
        recording.run(f"next_token/{case}", lambda o, s=settings: shaped(o, *s), logits)


def main():
    recording = Recording("language")
    record_decomposable(recording)
    record_bert(recording)
    record_decoder(recording)
    record_words(recording)
    recording.save()


if __name__ == "__main__":
    main()
