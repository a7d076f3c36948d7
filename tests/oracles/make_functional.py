"""Stored PyTorch values for dl_lib.functional."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers

EXTREME = np.array(
    [-1e4, -100, -88.5, -30, -3, -0.25, 0, 1e-3, 0.5, 2, 17, 40, 88.5, 100, 1e4], np.float32
)
ELEMENTWISE = {
    "absolute": torch.abs,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "log_sigmoid": F.logsigmoid,
}


def along_last(function):
    return lambda x: function(x, -1)


def ridge(X, y):
    """Ridge regression by the normal equations of centered data, weights and then the bias."""
    x, t = X - X.mean(0), y - y.mean()
    penalty = 0.3 * len(X) * torch.eye(X.shape[1], dtype=X.dtype)
    weight = torch.linalg.solve(x.T @ x + penalty, x.T @ t)
    return torch.cat([weight, (y.mean() - X.mean(0) @ weight)[None]])


def main():
    recording = Recording("functional")
    for name, function in ELEMENTWISE.items():
        recording.run(f"{name}/extreme", function, EXTREME)
        recording.run(f"{name}/image", function, numbers(0, 2, 3, 4) * 3)
    rows = np.stack([EXTREME, EXTREME[::-1] / 7, numbers(1, 15), np.full(15, 1e4, np.float32)])
    for name, function in {
        "softmax": torch.softmax,
        "log_softmax": torch.log_softmax,
        "log_sum_exp": torch.logsumexp,
    }.items():
        recording.run(f"{name}/extreme", along_last(function), rows)
        recording.run(f"{name}/vector", along_last(function), numbers(2, 4))
    for p in (1, 1.5, 2, 3, np.inf):
        x = numbers(3, 3, 4)
        x[1] = 0
        recording.run(f"p_norm/{p}", lambda x, p=p: torch.linalg.vector_norm(x, p, dim=-1), x)
    recording.run("frobenius_norm/batch", torch.linalg.matrix_norm, numbers(4, 2, 3, 4))
    recording.run(
        "linear/batch",
        lambda x, w, b: F.linear(x, w.T, b),
        numbers(5, 4, 3),
        numbers(6, 3, 2),
        numbers(7, 2),
    )
    recording.run("least_squares/ridge", ridge, numbers(16, 7, 3), numbers(17, 7))
    recording.run("covariance_matrix/rows", lambda x: torch.cov(x.T), numbers(18, 6, 3))
    index = np.array([[2, 0], [2, 3]])
    recording.run("take/rows", lambda x, i: x[i], numbers(19, 4, 3), index)
    recording.run("take/columns", lambda x, i: x[:, i], numbers(20, 2, 4), index)
    for case, shape in {"dense": (6, 3), "image": (4, 3, 2, 2)}.items():
        statistics = [numbers(8, 3), numbers(9, 3) ** 2 + 0.1, numbers(10, 3), numbers(11, 3)]
        recording.run(
            f"batch_norm/{case}",
            lambda x, m, v, s, b: F.batch_norm(x, m, v, s, b, eps=1e-5),
            numbers(12, *shape),
            *statistics,
            fixed=(1, 2),  # PyTorch has no gradient in running statistics
        )
    for case, (stride, padding, kernel) in {
        "plain": (1, 0, (3, 3)),
        "strided": (2, 1, (3, 2)),
        "uneven": ((1, 2), (2, 0), (2, 3)),
    }.items():
        recording.run(
            f"conv2d/{case}",
            lambda x, w, b, s=stride, p=padding: F.conv2d(x, w, b, s, p),
            numbers(13, 2, 3, 6, 5),
            numbers(14, 4, 3, *kernel),
            numbers(15, 4),
        )
    recording.save()


if __name__ == "__main__":
    main()
