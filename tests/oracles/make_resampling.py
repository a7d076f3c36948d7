"""PyTorch's values for interpolation, pixel shuffling and grid sampling."""

import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers

INTERPOLATE = {
    # name: (shape, arguments)
    "nearest_up": ((1, 2, 3, 4), {"size": (7, 8), "mode": "nearest"}),
    "nearest_down_1d": ((2, 2, 7), {"size": 3, "mode": "nearest"}),
    "nearest_3d": ((1, 1, 2, 3, 2), {"scale_factor": 2, "mode": "nearest"}),
    "linear_1d": ((2, 2, 4), {"size": 7, "mode": "linear"}),
    "bilinear_up": ((1, 2, 3, 4), {"scale_factor": 2, "mode": "bilinear"}),
    "bilinear_down": ((1, 2, 7, 6), {"size": (3, 4), "mode": "bilinear"}),
    "bilinear_corners": ((1, 2, 3, 4), {"size": (6, 7), "mode": "bilinear", "align_corners": True}),
    "trilinear": ((1, 1, 2, 3, 2), {"size": (3, 4, 5), "mode": "trilinear"}),
    "bicubic_up": ((1, 2, 3, 4), {"size": (5, 8), "mode": "bicubic"}),
    "bicubic_corners": ((1, 1, 4, 3), {"size": (7, 1), "mode": "bicubic", "align_corners": True}),
    "bilinear_smooth": ((1, 2, 9, 8), {"size": (4, 3), "mode": "bilinear", "antialias": True}),
    "bicubic_smooth": ((1, 2, 9, 8), {"size": (4, 12), "mode": "bicubic", "antialias": True}),
}


def main():
    recording = Recording("resampling")
    for case, (shape, arguments) in INTERPOLATE.items():
        resized = lambda x, k=arguments: F.interpolate(x, **k)  # noqa: E731
        recording.run(f"interpolate/{case}", resized, numbers(0, *shape))
    recording.run("pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), numbers(1, 2, 8, 2, 3))
    recording.run("pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 3), numbers(2, 1, 2, 6, 3))
    for align in (False, True):
        grid = lambda t, a=align: F.affine_grid(t, (2, 1, 3, 4), align_corners=a)  # noqa: E731
        recording.run(f"affine_grid/{align}", grid, numbers(3, 2, 2, 3))
    x, places = numbers(4, 2, 2, 4, 5), 0.9 * numbers(5, 2, 3, 3, 2)
    for method in ("bilinear", "nearest"):
        for padding in ("zeros", "border"):
            for align in (False, True):
                sample = lambda x, g, a=(method, padding, align): F.grid_sample(x, g, *a)  # noqa: E731
                recording.run(f"grid_sample/{method}/{padding}/{align}", sample, x, places)
    recording.save()


if __name__ == "__main__":
    main()
