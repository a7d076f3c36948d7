"""PyTorch's values for layers, their state_dicts among them."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from make_embeddings import sinusoidal
from recording import Recording, numbers
from torch.func import functional_call
from torch.nn.utils import parametrizations, spectral_norm


def put_layer(recording, case, layer, *inputs):
    """Store a layer's state, then its outputs on the inputs one after another, then its state."""
    recording.put(f"{case}/before", **{k: v.numpy().copy() for k, v in layer.state_dict().items()})
    for i, x in enumerate(inputs):
        recording.put(case, **{f"x{i}": x, f"y{i}": layer(torch.tensor(x)).detach().numpy()})
    recording.put(f"{case}/after", **{k: v.numpy().copy() for k, v in layer.state_dict().items()})


def run_functions(recording):
    """Layers of which the gradients are stored as well."""
    for case, leading in {"batch": (4,), "images": (2, 3), "one": ()}.items():
        pair = numbers(10, *leading, 3), numbers(11, *leading, 2)
        weight, bias = numbers(12, 4, 3, 2), numbers(13, 4)
        recording.run(f"bilinear/{case}", F.bilinear, *pair, weight, bias)
        recording.run(f"bilinear_without_bias/{case}", F.bilinear, *pair, weight)
    recording.run("custom/centered", lambda x: x - x.mean(), numbers(14, 2, 4))
    arrays = numbers(15, 2, 5), numbers(16, 5, 3), numbers(17, 3)
    recording.run("custom/rectified", lambda x, w, b: F.relu(x @ w + b), *arrays)


def called_with(layer, *names, dense=()):
    """A function of the input and the layer's arrays; those in `dense` are (in, out) with us."""

    def function(x, *arrays):
        state = {n: a.T if n in dense else a for n, a in zip(names, arrays, strict=True)}
        return functional_call(layer.double(), state, (x,))

    return function


def run_convolutions(recording):
    """Weights in the order in which our layers hold them, here and below."""
    x = numbers(20, 2, 2, 5, 4)
    both = ("0.weight", "0.bias", "1.weight", "1.bias")
    arrays = numbers(21, 2, 1, 3, 2), numbers(22, 2), numbers(23, 3, 2, 1, 1), numbers(24, 3)
    for case, geometry in {"strided": (2, 1), "dilated": (1, (2, 1), 2)}.items():
        separable = torch.nn.Sequential(
            torch.nn.Conv2d(2, 2, (3, 2), *geometry, groups=2), torch.nn.Conv2d(2, 3, 1)
        )
        recording.run(f"separable/{case}", called_with(separable, *both), x, *arrays)
    kernels, biases = (numbers(25, 3, 2, 3, 3), numbers(26, 3, 2, 3, 3)), numbers(27, 2, 3)
    recording.run(
        "gated",
        lambda x, w, b, g, c: F.conv2d(x, w, b, 2, 1) * torch.sigmoid(F.conv2d(x, g, c, 2, 1)),
        x, kernels[0], biases[0], kernels[1], biases[1],
    )  # fmt: skip
    for side in (1, 2, 3):
        conv = torch.nn.Conv2d(2, 12, (3, side), padding="same")
        subpixel = called_with(torch.nn.Sequential(conv, torch.nn.PixelShuffle(2)), *both[:2])
        recording.run(f"subpixel/{side}", subpixel, x, numbers(28, 12, 2, 3, side), numbers(29, 12))


def additive(queries, keys, values, wq, wk, w, mask=None):
    """Scores as a sum over the hidden units of each pair, a loop over the queries."""
    scores = torch.stack([torch.tanh(q[:, None] @ wq + keys @ wk) @ w for q in queries.unbind(1)])
    scores = scores.transpose(0, 1)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(scores, -1) @ values


def run_attentions(recording):
    images = numbers(30, 2, 4, 5, 4)
    for side in (3, 7):
        recording.run(
            f"spatial_attention/{side}",
            lambda x, k: (
                x
                * torch.sigmoid(
                    F.conv2d(torch.stack([x.mean(1), x.amax(1)], 1), k, padding=k.shape[-1] // 2)
                )
            ),
            images,
            numbers(31, 1, 2, side, side) / side,
        )
    gate = lambda x, w, b: torch.sigmoid(F.linear(x, w.T, b)) * x  # noqa: E731
    recording.run(
        "feature_attention", gate, numbers(32, 2, 3, 4), numbers(33, 4, 4), numbers(34, 4)
    )
    queries, keys, values = numbers(35, 2, 3, 4), numbers(36, 2, 5, 2), numbers(37, 2, 5, 3)
    weights = numbers(38, 4, 6), numbers(39, 2, 6), numbers(40, 6)
    mask = torch.arange(5) < torch.tensor([5, 3])[:, None, None]
    recording.run(
        "additive_attention/masked",
        lambda *arrays: additive(*arrays, mask=mask),
        queries, keys, values, *weights,
    )  # fmt: skip
    itself = lambda x, *weights: additive(x, x, x, *weights)  # noqa: E731
    recording.run(
        "additive_attention/self", itself, queries, weights[0], numbers(41, 4, 6), weights[2]
    )


def run_positions(recording):
    for width in (4, 5):
        encoded = lambda x: x + sinusoidal(*x.shape[1:], 100.0)  # noqa: E731
        recording.run(f"sinusoidal_encoding/{width}", encoded, numbers(42, 2, 6, width))
    # Of the input only the length counts; a distance beyond 2 has the number of the farthest.
    rows = (torch.arange(5) - torch.arange(5)[:, None]).clamp(-2, 2) + 2
    bias = lambda x, w: w[rows].permute(2, 0, 1)  # noqa: E731
    recording.run("relative_bias", bias, numbers(43, 1, 5, 2), numbers(44, 5, 3), fixed=(0,))


def run_norms(recording):
    """Batch norm by its running averages and by the batch, and norms of weights."""
    names = "weight", "bias", "running_mean", "running_var"
    arrays = *(numbers(s, 3) for s in (45, 46, 47)), np.exp(numbers(48, 3))
    for case, shape, make in (
        ("dense", (6, 3), torch.nn.BatchNorm1d),
        ("sequence", (2, 3, 5), torch.nn.BatchNorm1d),
        ("image", (2, 3, 2, 5), torch.nn.BatchNorm2d),
        ("volume", (2, 3, 2, 1, 3), torch.nn.BatchNorm3d),
    ):
        x = 3 * numbers(49, *shape) + 1
        for mode in ("training", "evaluation"):
            norm = called_with(make(3).train(mode == "training"), *names)
            recording.run(f"batch_norm_{mode}/{case}", norm, x, *arrays, fixed=(3, 4))
    for case, make, shape, size in (
        ("dense", lambda: torch.nn.Linear(3, 4), (5, 3), (3, 4)),
        ("kernel", lambda: torch.nn.Conv2d(2, 4, 2), (2, 2, 3, 4), (4, 2, 2, 2)),
    ):
        x, weight, bias = numbers(50, *shape), numbers(51, *size), numbers(52, 4)
        run_norms_of_weights(recording, case, make, x, weight, bias)


def run_norms_of_weights(recording, case, make, x, weight, bias):
    inner, is_dense = "parametrizations.weight.original", case == "dense"
    direction = f"{inner}1"
    call = called_with(
        parametrizations.weight_norm(make()),
        direction, "bias", f"{inner}0", dense=(direction,) if is_dense else (),
    )  # fmt: skip
    lengthwise = lambda x, v, b, g: call(x, v, b, g.reshape(-1, *[1] * (v.ndim - 1)))  # noqa: E731
    recording.run(f"weight_norm/{case}", lengthwise, x, weight, bias, numbers(53, 4))
    # Of PyTorch's two forms this one iterates in the order of the paper, v before u. The vectors
    # are those of two iterations, so that another iteration still moves them.
    matrix = weight.T if is_dense else weight.reshape(4, -1)
    u = np.ones(4, np.float32) / 2
    for _ in range(2):
        v = matrix.T @ u / np.linalg.norm(matrix.T @ u)
        u = matrix @ v / np.linalg.norm(matrix @ v)
    names = "weight_orig", "bias", "weight_u", "weight_v"
    for mode in ("training", "evaluation"):
        layer = spectral_norm(make()).train(mode == "training")
        call = called_with(layer, *names, dense=names[:1] if is_dense else ())
        recording.run(f"spectral_norm_{mode}/{case}", call, x, weight, bias, u, v, fixed=(3, 4))


def system(u, log_step, log_decay, frequency, weight, skip):
    """x' = A x + 1 u held between steps, y = 2 Re(C x) + D u, one step after another."""
    a = torch.complex(-torch.exp(log_decay), frequency)
    c, step = torch.view_as_complex(weight), torch.exp(log_step)[:, None]
    x, outputs = torch.zeros_like(a), []
    for now in u.unbind(1):
        x = torch.exp(step * a) * x + (torch.exp(step * a) - 1) / a * now[..., None]
        outputs.append(2 * (x * c).sum(-1).real + skip * now)
    return torch.stack(outputs, 1)


def run_state_space(recording):
    arrays = numbers(55, 3) / 2 - 1, numbers(56, 3, 4) / 2, numbers(57, 3, 4), numbers(58, 3, 4, 2)
    recording.run("diagonal_state_space", system, numbers(54, 2, 6, 3), *arrays, numbers(59, 3))


def main():
    torch.manual_seed(0)
    recording = Recording("layers")
    put_layer(recording, "linear", torch.nn.Linear(3, 4), numbers(0, 5, 3), numbers(1, 2, 6, 3))
    for case, stride, padding in (("plain", 1, 0), ("strided", 2, 1), ("same", 1, "same")):
        layer = torch.nn.Conv2d(2, 3, 3, stride, padding)
        put_layer(recording, f"conv2d/{case}", layer, numbers(2, 2, 2, 7, 6))
    for case, shape, make in (
        ("dense", (6, 3), torch.nn.BatchNorm1d),
        ("image", (4, 3, 2, 5), torch.nn.BatchNorm2d),
    ):
        layer = make(3)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(numbers(3, 3)))
            layer.bias.copy_(torch.tensor(numbers(4, 3)))
        batches = [3 * numbers(seed, *shape) + 1 for seed in (5, 6, 7)]
        put_layer(recording, f"batch_norm/{case}", layer, *batches)
        layer.eval()
        put_layer(recording, f"batch_norm_inference/{case}", layer, batches[0])
    for run in (
        run_functions,
        run_convolutions,
        run_attentions,
        run_positions,
        run_norms,
        run_state_space,
    ):
        run(recording)
    recording.run("rrelu", torch.nn.RReLU(0.1, 0.4).eval(), numbers(60, 2, 3, 4))
    recording.save()


if __name__ == "__main__":
    main()
