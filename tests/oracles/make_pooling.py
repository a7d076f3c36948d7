"""PyTorch's values for pooling and unpooling."""

import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers

MAX = {
    # name: (shape, arguments)
    "1d": ((2, 3, 7), {"kernel_size": 3, "stride": 2, "padding": 1}),
    "1d_dilated": ((1, 2, 9), {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2}),
    "2d": ((2, 2, 6, 5), {"kernel_size": 2}),
    "2d_ceil": ((1, 2, 6, 5), {"kernel_size": (3, 2), "stride": 2, "ceil_mode": True}),
    "2d_unbatched": ((2, 4, 5), {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1)}),
    "3d": ((1, 2, 4, 3, 5), {"kernel_size": (2, 3, 2), "stride": (2, 1, 2), "padding": 1}),
}
AVERAGE = {
    "1d": ((2, 3, 7), {"kernel_size": 3, "stride": 2, "padding": 1}),
    "2d": ((2, 2, 6, 4), {"kernel_size": 2}),
    "2d_inside": ((1, 2, 4, 5), {"kernel_size": 3, "padding": 1, "count_include_pad": False}),
    "2d_ceil": (
        (1, 2, 6, 5),
        {"kernel_size": (3, 2), "stride": 2, "padding": 1, "ceil_mode": True},
    ),
    "2d_ceil_inside": (
        (1, 2, 6, 5),
        {
            "kernel_size": 3,
            "stride": 2,
            "padding": 1,
            "ceil_mode": True,
            "count_include_pad": False,
        },
    ),
    "3d": ((1, 2, 4, 3, 5), {"kernel_size": (2, 3, 2), "stride": 2, "padding": (0, 1, 1)}),
}
ADAPTIVE = {"1d": ((2, 3, 10), 3), "2d": ((1, 2, 7, 5), (3, 2)), "3d": ((1, 2, 4, 5, 3), 2)}


def main():
    recording = Recording("pooling")
    for case, (shape, arguments) in MAX.items():
        function = getattr(F, f"max_pool{case[:2]}")
        recording.run(
            f"max/{case}", lambda x, f=function, k=arguments: f(x, **k), numbers(0, *shape)
        )
        x = torch.tensor(numbers(0, *shape))
        recording.put(f"max/{case}", indices=function(x, return_indices=True, **arguments)[1])
    for case, (shape, arguments) in AVERAGE.items():
        function = getattr(F, f"avg_pool{case[:2]}")
        recording.run(
            f"avg/{case}", lambda x, f=function, k=arguments: f(x, **k), numbers(1, *shape)
        )
    for p in (1, 2, 3.5):
        x = abs(numbers(2, 1, 2, 4, 5)) + 0.1  # positive: PyTorch adds up xᵖ and not |x|ᵖ
        recording.run(f"lp/{p}", lambda x, p=p: F.lp_pool2d(x, p, (2, 3), 2), x)
    recording.run("lp/signed", lambda x: F.lp_pool1d(x, 2, 3, 1), numbers(3, 2, 2, 6))
    for case, shape in {"1d": (2, 2, 7), "3d": (1, 2, 3, 4, 5)}.items():
        function = getattr(F, f"lp_pool{case}")
        pooled = lambda x, f=function: f(x, 3, 2, 1, True)  # noqa: E731
        recording.run(f"lp/{case}", pooled, abs(numbers(6, *shape)) + 0.1)
    for case, (shape, size) in ADAPTIVE.items():
        for kind in ("avg", "max"):
            function = getattr(F, f"adaptive_{kind}_pool{case}")
            pooled = lambda x, f=function, s=size: f(x, s)  # noqa: E731
            recording.run(f"adaptive_{kind}/{case}", pooled, numbers(4, *shape))
            one = lambda x, f=function: f(x, 1).flatten(1)  # noqa: E731
            recording.run(f"global_{kind}/{case}", one, numbers(7, *shape))
    for case, size, given in (
        ("plain", (6, 4), None),
        ("rest", (5, 7), (5, 7)),
        ("1d", (7,), (7,)),
        ("3d", (4, 2, 6), None),
    ):
        x, axes = torch.tensor(numbers(5, 2, 2, *size)), f"{len(size)}d"
        y, indices = getattr(F, f"max_pool{axes}")(x, 2, return_indices=True)
        unpool = getattr(F, f"max_unpool{axes}")
        unpooled = lambda y, m, f=unpool, s=given: f(y, m, 2, output_size=s)  # noqa: E731
        recording.run(f"unpool/{case}", unpooled, y.numpy(), indices.numpy())
    recording.save()


if __name__ == "__main__":
    main()
