"""PyTorch's values for layers, their state_dicts among them."""

import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


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
    run_functions(recording)
    recording.save()


if __name__ == "__main__":
    main()
