"""Generators and discriminators of letters, each the DCGAN with one thing changed."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from benchmarks.experiments._letter_judge import SIDE
from dl_lib.core import Module
from dl_lib.functional import leaky_relu, relu
from dl_lib.initializers import he_normal, normal
from dl_lib.layers import (
    AvgPool,
    BatchNorm,
    Conv2d,
    ConvTranspose2d,
    Function,
    Linear,
    Sequential,
    Upsample,
)
from dl_lib.models import DCGANDiscriminator, DCGANGenerator

__all__ = ["LATENT", "coder", "latents", "players"]

LATENT, WIDTH = 32, 16


def _mapped(model: Sequential, change) -> Sequential:
    return Sequential(*(part for layer in model for part in change(layer)))


def _he(layer: Module) -> list:
    if isinstance(layer, Conv2d | ConvTranspose2d):
        meet = layer.weight[0].size  # how many numbers are added up in one output
        if isinstance(layer, ConvTranspose2d):
            meet = layer.weight.shape[0] * layer.stride**2  # of 4×4, that many fall on a pixel
        return [layer.replace(weight=layer.weight * jnp.sqrt(2 / meet) / 0.02)]
    return [layer]


def _bare(layer: Module) -> list:
    if isinstance(layer, Conv2d | ConvTranspose2d):
        out = layer.weight.shape[isinstance(layer, ConvTranspose2d)]
        return [layer.replace(bias=jnp.zeros(out))]
    return [] if isinstance(layer, BatchNorm) else [layer]


def _pooled(layer: Module, key: Array) -> list:
    if not isinstance(layer, Conv2d | ConvTranspose2d) or layer.stride != 2:
        return [layer]
    turned = isinstance(layer, ConvTranspose2d)
    out, into = layer.weight.shape[:2][:: -1 if turned else 1]
    conv = Conv2d(into, out, 3, 1, 1, key=key, bias=False, initializer=normal(0.02))
    return [Upsample(scale=2), conv] if turned else [conv, AvgPool(2)]


def _dense(key: Array) -> tuple[Module, Module]:
    sizes = (LATENT, 80), (80, SIDE**2), (SIDE**2, 35), (35, 1)
    keys = jax.random.split(key, len(sizes))
    first, second, third, last = (
        Linear(*size, key=key, initializer=he_normal())
        for size, key in zip(sizes, keys, strict=True)
    )
    generator = _flat, first, BatchNorm(80), relu, second, jnp.tanh, _square
    return Sequential(*generator), Sequential(_flat, third, _leaky, last)


def _flat(x):
    return x.reshape(len(x), -1)


def _square(x):
    return x.reshape(-1, 1, SIDE, SIDE)


def _leaky(x):
    return leaky_relu(x, 0.2)


def _around_zero(layer: Module) -> list:
    if isinstance(layer, BatchNorm):
        return [layer.replace(weight=layer.weight - 1)]
    return [layer]


def players(kind: str, key: Array) -> tuple[Module, Module]:
    """Generator and discriminator before their first step."""
    first, second, third = jax.random.split(key, 3)
    if kind == "dense":
        return _dense(first)
    both = (
        DCGANGenerator(LATENT, 1, SIDE, WIDTH, key=first),
        DCGANDiscriminator(1, SIDE, WIDTH, key=second),
    )
    if kind in ("he", "bare"):
        both = tuple(_mapped(model, _he) for model in both)
    if kind == "bare":
        both = tuple(_mapped(model, _bare) for model in both)
    if kind == "scales":
        both = tuple(_mapped(model, _around_zero) for model in both)
    if kind == "pool":
        both = tuple(_mapped(model, lambda layer: _pooled(layer, third)) for model in both)
    if kind == "relu":
        generator, body = both
        both = generator, _mapped(body, lambda x: [relu if isinstance(x, Function) else x])
    return both


def coder(key: Array) -> tuple[Module, Module]:
    """The same generator as a decoder, and the discriminator's body as its encoder."""
    first, second = jax.random.split(key)
    generator, body = players("dcgan", first)
    last = Conv2d(2 * WIDTH, 2 * LATENT, 4, key=second, initializer=normal(0.02))
    return generator, Sequential(*body[:-1], last)


def latents(key: Array, count: int) -> Array:
    """What a generator makes letters of, (count, 32, 1, 1)."""
    return jax.random.normal(key, (count, LATENT, 1, 1))
