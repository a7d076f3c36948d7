"""AnyNet, a template with numbers to be chosen, and RegNet, what was left of it after choosing."""

import itertools
import math

import jax
from jaxtyping import Array, Key

from dl_lib.functional import relu
from dl_lib.layers import BatchNorm, Conv2d, GlobalAvgPool, Linear, Sequential
from dl_lib.models._stages import listed, one_each
from dl_lib.models.residual_blocks import Bottleneck, ResidualStage

__all__ = ["AnyNet", "RegNet", "regnet_stages"]

# Figures 15 and 16 of the paper, the smaller ones: blocks d, first width w₀, slope w_a, step w_m,
# group width g. The names say how many million (MF) or billion (GF) multiplications an image of 224
# pixels takes.
REGNETS = {
    "X-200MF": (13, 24, 36.44, 2.49, 8),
    "X-400MF": (22, 24, 24.48, 2.54, 16),
    "X-1.6GF": (18, 80, 34.01, 2.25, 24),
    "Y-200MF": (13, 24, 36.44, 2.49, 8),
    "Y-400MF": (16, 48, 27.89, 2.09, 8),
    "Y-1.6GF": (27, 48, 20.71, 2.65, 24),
}


class AnyNet(Sequential):
    """A stem, stages of bottlenecks with groups, a mean, a dense layer: a template for networks.

    Equation
        conv 3×3 – norm – relu;  dᵢ bottlenecks of width cᵢ, ratio kᵢ and group width gᵢ in stage i,
        each stage half the size of the one before;  mean – classes
    Args
        depths: d₁, d₂, …: how many blocks each stage has
        widths: c₀, c₁, c₂, …: channels of the stem and of each stage
        group_widths: g₁, g₂, …; one number for all stages the same
        ratios: k₁, k₂, …, how many times fewer channels a bottleneck has inside; one number for
            all stages the same
        classes: how many numbers come out
        in_channels: of the images
        squeeze: units of the squeeze-and-excitation in a block, for each channel of its input; 0
            for none
        stem: kernel size, stride and padding of the first convolution
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if there is not one number a stage, or the width of a group does not divide
            the channels inside of a bottleneck
    Source
        Radosavovic, Kosaraju, Girshick, He & Dollár 2020, section 3.2.
    Chapter
        modern_cnn/regnet
    """

    def __init__(
        self,
        depths: tuple[int, ...],
        widths: tuple[int, ...],
        group_widths: int | tuple[int, ...],
        ratios: float | int | tuple[float | int, ...] = 1,
        classes: int = 1000,
        in_channels: int = 3,
        squeeze: float | int = 0,
        stem: tuple[int, int, int] = (3, 2, 1),
        *,
        key: Key[Array, ""],
    ):
        stages = len(depths)
        widths = one_each(stages + 1, "widths", widths)
        group_widths, ratios = (
            one_each(stages, name, numbers if isinstance(numbers, tuple) else (numbers,) * stages)
            for name, numbers in {"group widths": group_widths, "ratios": ratios}.items()
        )
        first, last, *keys = jax.random.split(key, 2 + stages)
        convolution = Conv2d(in_channels, widths[0], *stem, bias=False, key=first)
        shapes = zip(depths, widths[:-1], widths[1:], strict=True)
        super().__init__(
            Sequential(convolution, BatchNorm(widths[0]), relu),
            *(
                ResidualStage(_block(width, ratio, squeeze), *shape, 2, key=key_of_one)
                for shape, width, ratio, key_of_one in zip(
                    shapes, group_widths, ratios, keys, strict=True
                )
            ),
            GlobalAvgPool(),
            Linear(widths[-1], classes, key=last),
        )


def _block(group_width, ratio, squeeze):
    """A bottleneck by the width of its groups instead of their number."""

    def block(in_channels, out_channels, stride, *, key):
        inside = round(out_channels / ratio)
        if inside % group_width:
            raise ValueError(f"groups of {group_width} channels do not divide {inside} channels")
        units = round(squeeze * in_channels)
        shape = in_channels, out_channels, stride, ratio, inside // group_width, units
        return Bottleneck(*shape, key=key)

    return block


class RegNet(AnyNet):
    """An AnyNet whose widths lie near a line: six numbers in place of sixteen.

    Equation
        widths and depths of the stages from `regnet_stages`;  k = 1, and one g for all stages
    Args
        name: "X-200MF", "X-400MF", "X-1.6GF", or the same with Y, which have squeeze-and-excitation
            with a unit for four channels
        classes: how many numbers come out
        in_channels: of the images
        stem: kernel size, stride and padding of the first convolution
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if there is no RegNet of this name
    Source
        Radosavovic, Kosaraju, Girshick, He & Dollár 2020, figures 15 and 16.
    Chapter
        modern_cnn/regnet
    """

    def __init__(
        self,
        name: str = "X-200MF",
        classes: int = 1000,
        in_channels: int = 3,
        stem: tuple[int, int, int] = (3, 2, 1),
        *,
        key: Key[Array, ""],
    ):
        depth, first, slope, step, group_width = listed("RegNet", REGNETS, name)
        widths, depths = regnet_stages(depth, first, slope, step)
        group_widths = tuple(min(group_width, width) for width in widths)
        widths = map(_nearest_multiple, widths, group_widths)
        squeeze = 0.25 if name.startswith("Y") else 0
        settings = 1, classes, in_channels, squeeze, stem
        super().__init__(depths, (32, *widths), group_widths, *settings, key=key)


def _nearest_multiple(number, of):
    """The multiple that is nearest; the next one where it is less than nine tenths of it."""
    nearest = max(of, int(number + of / 2) // of * of)
    return nearest + of if nearest < 0.9 * number else nearest


def regnet_stages(
    depth: int, first: int, slope: float | int, step: float, quantum: int = 8
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Widths of blocks that grow along a line, rounded to a few that stages can have.

    Equation
        uⱼ = w₀ + w_a j,  sⱼ = round(log(uⱼ / w₀) / log w_m),  wⱼ = q round(w₀ w_m^sⱼ / q);  blocks
        of one width are a stage
    Args
        depth: d, how many blocks; j = 0, …, d − 1
        first: w₀
        slope: w_a
        step: w_m, from one width to the next
        quantum: q, what all widths are multiples of
    Returns
        the width and the number of blocks of each stage
    Raises
        ValueError: if the widths would not grow: w₀ below 1, w_a below 0, or w_m not above 1
    Source
        Radosavovic, Kosaraju, Girshick, He & Dollár 2020, equations 2 to 4.
    Chapter
        modern_cnn/regnet
    """
    if first < 1 or slope < 0 or step <= 1:
        raise ValueError(
            f"expected first >= 1, slope >= 0 and step > 1, got {first}, {slope} and {step}"
        )
    line = [first + slope * j for j in range(depth)]
    powers = [round(math.log(u / first) / math.log(step)) for u in line]
    rounded = [quantum * round(first * step**power / quantum) for power in powers]
    stages = [(width, len(list(same))) for width, same in itertools.groupby(rounded)]
    widths, depths = zip(*stages, strict=True)
    return widths, depths
