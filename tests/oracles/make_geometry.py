"""PyTorch's values for graphs, meshes, clouds of points, keypoints and moved images."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers

# Two triangles, (0, 1, 2) and (2, 1, 3), and what lies around each of their five edges.
NEIGHBORS = [[2, 1, 0, 0], [0, 0, 0, 2], [1, 0, 3, 4], [4, 2, 0, 0], [0, 0, 2, 3]]
VALID = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1]]

# Whether the corners are aligned, the size of the output, and what lies outside.
TRANSFORMED = (
    (False, (5, 4), "zeros"),
    (False, (3, 6), "border"),
    (True, (5, 4), "border"),
    (True, (3, 6), "zeros"),
)


def adjacency(seed, *shape):
    """Weights of edges, not negative, a third of them 0."""
    weights = numbers(seed, *shape)
    return np.where(weights < -0.4, 0, np.abs(weights)).astype(np.float32)


def scaled(A, method, self_loops):
    if self_loops:
        A = A + torch.eye(A.shape[-1], dtype=A.dtype)
    degree = torch.diag_embed(A.sum(-1))
    if method == "rows":
        return torch.linalg.inv(degree) @ A
    root = torch.linalg.inv(torch.sqrt(degree))
    return root @ A @ root


def run_graphs(recording):
    A, x, w, b = adjacency(0, 2, 4, 4), numbers(1, 2, 4, 3), numbers(2, 3, 5), numbers(3, 5)
    recording.run("graph/raw", lambda A, x, w, b: A @ x @ w + b, A, x, w, b)
    for method in ("symmetric", "rows"):
        for loops in (True, False):

            def convolve(A, x, w, b, method=method, loops=loops):
                return scaled(A, method, loops) @ x @ w + b

            recording.run(f"graph/{method}/{loops}", convolve, A[0], x[0], w, b)


def mesh_convolution(x, w, b, neighbors, valid):
    """As in the code of MeshCNN: the symmetric features, then a convolution of images."""
    around = x[..., neighbors] * valid
    f = [x, (around[..., 0] - around[..., 2]).abs(), around[..., 0] + around[..., 2]]
    f += [(around[..., 1] - around[..., 3]).abs(), around[..., 1] + around[..., 3]]
    return F.conv2d(torch.stack(f, -1), w[:, :, None], b)[..., 0]


def run_meshes(recording):
    mesh = np.asarray(NEIGHBORS), np.asarray(VALID)
    arrays = numbers(4, 2, 3, 5), numbers(5, 4, 3, 5), numbers(6, 4)
    recording.run("mesh/boundary", mesh_convolution, *arrays, *mesh)
    closed = np.random.default_rng(7).integers(0, 7, size=(7, 4)), np.ones((7, 4), int)
    arrays = numbers(8, 1, 2, 7), numbers(9, 3, 2, 5), numbers(10, 3)
    recording.run("mesh/closed", mesh_convolution, *arrays, *closed)


def pointnet(x, mask, *weights):
    """A convolution with kernel 1 over the points, and `amax`, which shares the gradient."""
    y = x.transpose(1, 2)
    for w, b in zip(weights[::2], weights[1::2], strict=True):
        y = F.relu(F.conv1d(y, w.T[:, :, None], b))
    return y.masked_fill(mask[:, None] == 0, -torch.inf).amax(-1)


def point_transform(x, mask, w1, b1, w2, b2, w3, b3, w4, b4):
    y = F.relu(F.linear(pointnet(x, mask, w1, b1, w2, b2), w3.T, b3))
    return torch.eye(3, dtype=x.dtype) + F.linear(y, w4.T, b4).reshape(-1, 3, 3)


def run_clouds(recording):
    x, all_points = numbers(11, 2, 6, 3), np.ones((2, 6), int)
    some = np.asarray([[1, 1, 0, 1, 1, 0], [0, 0, 0, 1, 0, 0]])
    dense = [numbers(12 + i, *shape) for i, shape in enumerate([(3, 4), (4,), (4, 5), (5,)])]
    more = [numbers(20 + i, *shape) for i, shape in enumerate([(5, 4), (4,), (4, 9), (9,)])]
    for case, mask in {"all": all_points, "some": some}.items():
        recording.run(f"pointnet/{case}", pointnet, x, mask, *dense)
        recording.run(f"point_transform/{case}", point_transform, x, mask, *dense, *more)


def soft_argmax(h, temperature):
    p = torch.softmax(h.flatten(-2) / temperature, -1).reshape(h.shape)
    rows, columns = (torch.arange(n, dtype=h.dtype) for n in h.shape[-2:])
    return torch.stack([(p * columns).sum((-1, -2)), (p * rows[:, None]).sum((-1, -2))], -1)


def gaussians(points, rows, columns, width):
    """From distances, where `gaussian_heatmaps` multiplies."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    pixels = torch.stack([x, y], -1).reshape(-1, 2).to(points.dtype)
    squares = ((points[..., None, :] - pixels) ** 2).sum(-1)
    return torch.exp(-squares / (2 * width**2)).unflatten(-1, (rows, columns))


def run_keypoints(recording):
    for case, temperature in {"one": 1.0, "cold": 0.25}.items():
        read = lambda h, t=temperature: soft_argmax(h, t)  # noqa: E731
        recording.run(f"soft_argmax/{case}", read, numbers(30, 2, 3, 4, 5))
    places = 2 + numbers(31, 2, 3, 2)
    recording.run("gaussian_heatmaps", lambda p: gaussians(p, 4, 6, 1.5), places)
    features, kernel, bias = numbers(32, 2, 3, 4, 5), numbers(33, 4, 3, 1, 1), numbers(34, 4)
    head = lambda x, w, b: soft_argmax(F.conv2d(x, w, b), 1)  # noqa: E731
    # A softmax does not see what all pixels share: the gradient of the bias is 0 but for rounding.
    recording.run("keypoint_head", head, features, kernel, bias, fixed=(2,))

    def regress(x, w, b):
        return F.linear(F.adaptive_avg_pool2d(x, 1)[..., 0, 0], w.T, b).unflatten(-1, (-1, 2))

    recording.run("pose_regression", regress, features, numbers(35, 3, 8), numbers(36, 8))
    maps = numbers(37, 2, 4, 5, 6)
    scores, indices = F.max_pool2d(torch.tensor(maps), maps.shape[-2:], return_indices=True)
    recording.put("argmax", maps=maps, scores=scores[..., 0, 0], indices=indices[..., 0, 0])


def transform(x, theta, size, align_corners, padding):
    grid = F.affine_grid(theta, [*x.shape[:2], *size], align_corners=align_corners)
    return F.grid_sample(x, grid, "bilinear", padding, align_corners)


def run_transformers(recording):
    x, near_identity = numbers(40, 2, 2, 5, 4), np.eye(2, 3) + 0.3 * numbers(41, 2, 2, 3)
    weights = (
        0.3 * numbers(42, 40, 6),
        numbers(43, 6),
        0.3 * numbers(44, 6, 6),
        0.1 * numbers(45, 6),
    )
    for align, size, padding in TRANSFORMED:
        settings = {"size": size, "align_corners": align, "padding": padding}
        move = lambda x, t, k=settings: transform(x, t, **k)  # noqa: E731
        case = f"{align}/{size[0]}/{padding}"
        recording.run(f"transform/{case}", move, x, near_identity.astype(np.float32))

        def layer(x, w1, b1, w2, b2, k=settings):
            change = F.linear(torch.tanh(F.linear(x.flatten(1), w1.T, b1)), w2.T, b2)
            return transform(x, torch.eye(2, 3) + change.reshape(-1, 2, 3), **k)

        arrays = [np.asarray(w, np.float32) for w in weights]
        recording.run(f"transformer/{case}", layer, x, *arrays)


def main():
    recording = Recording("geometry")
    run_graphs(recording)
    run_meshes(recording)
    run_clouds(recording)
    run_keypoints(recording)
    run_transformers(recording)
    recording.save()


if __name__ == "__main__":
    main()
