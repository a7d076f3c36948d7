import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import named
from dl_lib.optim import sgd
from dl_lib.training import Recipe, fit, initial_state
from dl_lib.training._data import Plan
from dl_lib.training._epoch import best_loop, has_convolution
from tests import put
from tests.core.examples import Affine, Net
from tests.training.examples import KEY, Conv, half_square, line_data

IMAGES = put.normal((7, 1, 6, 6)), put.ones((7, 2))
RECIPE = Recipe(half_square, sgd(0.1))


def chosen(model, data, batch_size):
    plan = Plan(data, len(data[0]), batch_size, KEY)
    return best_loop(RECIPE, initial_state(RECIPE, model), plan)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_on_a_cpu_convolutions_take_the_loop_and_all_else_the_scan(batch_size, monkeypatch):
    assert chosen(Conv(key=KEY), IMAGES, batch_size) == "loop"
    assert chosen(Affine(3, 2, key=KEY), line_data(), batch_size) == "scan"
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert chosen(Conv(key=KEY), IMAGES, batch_size) == "scan"


def convolve(x):
    return jax.lax.conv(x, put.ones((1, 1, 3, 3)), (1, 1), "SAME")


@jax.custom_vjp
def with_own_gradient(x):
    return convolve(x)


with_own_gradient.defvjp(lambda x: (convolve(x), None), lambda _, g: (g,))


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (convolve, True),
        (jax.jit(convolve), True),
        (jax.checkpoint(convolve), True),
        (with_own_gradient, True),
        (lambda x: jax.lax.scan(lambda c, _: (convolve(c), None), x, None, 2)[0], True),
        (lambda x: jax.lax.cond(x.sum() > 0, convolve, lambda x: x, x), True),
        (jax.vmap(lambda x: convolve(x[None])[0]), True),
        (lambda x: jax.lax.scan(lambda c, _: (c @ c, None), x, None, 2)[0], False),
        (lambda x: jnp.convolve(x.ravel(), put.ones(3)).sum(), True),
        (lambda x: jnp.cumsum(x) @ put.ones(25), False),
    ],
)
def test_convolutions_are_found_wherever_they_hide(function, found):
    assert has_convolution(jax.make_jaxpr(function)(put.ones((1, 1, 5, 5)))) is found


@pytest.mark.parametrize(
    ("model", "data", "batch_size"),
    [
        (Net(key=KEY), line_data(), 4),
        (Net(key=KEY), line_data(12), 4),
        (Net(key=KEY), line_data(), None),
        (Conv(key=KEY), IMAGES, 3),
    ],
    ids=["a smaller last batch", "equal batches", "all data", "convolution"],
)
def test_scan_and_loop_give_the_same_numbers(model, data, batch_size):
    runs = [
        fit(
            model,
            half_square,
            data,
            optimizer=RECIPE.optimizer,
            epochs=2,
            batch_size=batch_size,
            key=KEY,
            loop=loop,
        )
        for loop in ("scan", "loop")
    ]
    (scanned, history), (looped, other) = runs
    np.testing.assert_allclose(history.losses, other.losses, rtol=1e-5)
    for name, array in named(scanned).items():
        np.testing.assert_allclose(array, named(looped)[name], rtol=1e-5, atol=1e-6)
