"""PyTorch's values for the normalizations of examples and of weights."""

import torch
import torch.nn.functional as F  # noqa: N812
from make_layers import put_layer
from recording import Recording, numbers
from torch.nn.utils.parametrizations import spectral_norm


def run_functions(recording):
    shapes = {
        "dense": (4, 6),
        "sequence": (2, 6, 5),
        "image": (2, 6, 2, 4),
        "volume": (2, 6, 2, 1, 4),
    }
    for case, shape in shapes.items():
        x = 3 * numbers(0, *shape) + 1
        scale, shift, last = numbers(1, 6), numbers(2, 6), shape[-1]
        group = lambda x, s, b: F.group_norm(x, 3, s, b)  # noqa: E731
        layer = lambda x, s, b: F.layer_norm(x, s.shape, s, b)  # noqa: E731
        recording.run(f"layer_norm/{case}", layer, x, numbers(3, last), numbers(4, last))
        rms = lambda x, s: F.rms_norm(x, s.shape, s, 1e-6)  # noqa: E731
        recording.run(f"rms_norm/{case}", rms, x, numbers(5, last))
        if len(shape) > 2:
            instance = lambda x, s, b: F.instance_norm(x, weight=s, bias=b)  # noqa: E731
            recording.run(f"instance_norm/{case}", instance, x, scale, shift)
            recording.run(f"group_norm/{case}", group, x, scale, shift)
        training = lambda x, s, b: F.batch_norm(x, None, None, s, b, training=True)  # noqa: E731
        recording.run(f"batch_norm_training/{case}", training, x, scale, shift)
    x = numbers(6, 2, 3, 4)
    layer = lambda x, s, b: F.layer_norm(x, s.shape, s, b)  # noqa: E731
    recording.run("layer_norm/two_axes", layer, x, numbers(7, 3, 4), numbers(8, 3, 4))
    for case, shape in {"dense": (4, 3), "kernel": (3, 2, 2, 2)}.items():
        weight = lambda v, g: torch._weight_norm(v, g.reshape(-1, *[1] * (v.ndim - 1)), 0)  # noqa: E731
        recording.run(f"weight_norm/{case}", weight, numbers(9, *shape), numbers(10, shape[0]))
        exact = lambda w: w / torch.linalg.matrix_norm(w.flatten(1), 2)  # noqa: E731
        recording.run(f"spectral_norm/{case}", exact, numbers(11, *shape))


def run_spectral_layer(recording):
    """Two training calls and one of inference, with the vectors before and after."""
    torch.manual_seed(0)
    layer = spectral_norm(torch.nn.Linear(3, 4))
    state = {k.rpartition(".")[2]: v.numpy().copy() for k, v in layer.state_dict().items()}
    recording.put("spectral_layer/before", **state)
    x = numbers(12, 5, 3)
    outputs = [layer(torch.tensor(x)).detach().numpy() for _ in range(2)]
    layer.eval()
    outputs.append(layer(torch.tensor(x)).detach().numpy())
    recording.put("spectral_layer", x=x, outputs=outputs)
    state = {k.rpartition(".")[2]: v.numpy().copy() for k, v in layer.state_dict().items()}
    recording.put("spectral_layer/after", **state)


def put_volume(recording):
    """Batch normalization of volumes and of sequences, three batches each."""
    for case, shape, make in (
        ("sequence", (3, 2, 4), torch.nn.BatchNorm1d),
        ("volume", (3, 2, 2, 2, 3), torch.nn.BatchNorm3d),
    ):
        layer = make(2)
        put_layer(recording, f"batch_norm/{case}", layer, *(numbers(s, *shape) for s in (1, 2, 3)))
        layer.eval()
        put_layer(recording, f"batch_norm_inference/{case}", layer, numbers(4, *shape))


def main():
    recording = Recording("normalization")
    run_functions(recording)
    run_spectral_layer(recording)
    put_volume(recording)
    recording.save()


if __name__ == "__main__":
    main()
