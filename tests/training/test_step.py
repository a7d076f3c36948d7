import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.core import apply
from dl_lib.functional import leaky_relu, relu
from dl_lib.layers import BatchNorm, Linear, Sequential
from dl_lib.losses import discriminator_loss, generator_loss
from dl_lib.optim import adam, chain, reduce_on_plateau, sgd
from dl_lib.training import Recipe, fit, initial_state, objective, train_step
from dl_lib.training.step import copy
from tests import put
from tests.core.examples import Affine, Net
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()
LBFGS = optax.lbfgs()


def test_a_step_by_hand():
    # L = ½ (3w − 6)² at w = 1: L = 4.5, L' = 3 (3 − 6) = −9.
    recipe = Recipe(half_square, sgd(0.1))
    batch = put.array([3.0]), put.array([6.0])
    state, loss = train_step(recipe, initial_state(recipe, Scale(jnp.array(1.0))), batch, None)
    assert float(loss) == 4.5
    assert float(state.model.w) == pytest.approx(1.9)


def test_jit_equals_eager():
    # Not Adam: its first step has the sign of the gradient, be that as small as the rounding.
    recipe = Recipe(half_square, optax.sgd(0.1, momentum=0.9))
    state = initial_state(recipe, Net(key=KEY))
    eager = train_step(recipe, state, (X, Y), KEY)
    compiled = jax.jit(train_step, static_argnums=0)(recipe, state, (X, Y), KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-5, 1e-6), eager, compiled)


def test_types_stay():
    recipe = Recipe(half_square, optax.adam(0.1))
    model = Scale(jnp.array(1.0, "bfloat16"))
    before = initial_state(recipe, model)
    after, _ = train_step(recipe, before, (put.ones(3, "bfloat16"), put.zeros(3, "bfloat16")), None)
    assert [leaf.dtype for leaf in jax.tree.leaves(before)] == [
        leaf.dtype for leaf in jax.tree.leaves(after)
    ]
    assert after.model.w.dtype == "bfloat16"
    assert not any(leaf.weak_type for leaf in jax.tree.leaves(before))


def test_copies_are_copies():
    model, key = Affine(3, 2, key=KEY), jax.random.key(1)
    tree = {
        "model": model,
        "count": 0,
        "rate": 0.5,
        "numpy": np.arange(3),
        "key": key,
    }
    copied = copy(tree)
    jax.jit(lambda tree: jax.tree.map(lambda x: x, tree), donate_argnums=0)(copied)
    assert copied["model"].weight.is_deleted()
    assert model.weight.shape == np.asarray(model.weight).shape  # reads it, so it is there
    assert not key.is_deleted()
    assert copied["count"].dtype == jnp.int32
    assert not copied["count"].weak_type


def test_the_protocol_is_required():
    Recipe(half_square, optax.adam(0.1))
    with pytest.raises(TypeError, match=r"optimizer must be an \(init.* function has no init"):
        Recipe(half_square, lambda grads: grads)
    with pytest.raises(TypeError, match=r"averaging must be an \(init.* float has no init"):
        Recipe(half_square, sgd(0.1), averaging=0.999)


def test_a_gan_is_fifteen_lines():
    fake, real = Recipe(fool, adam(1e-2)), Recipe(tell_apart, adam(1e-2))
    g_key, d_key = jax.random.split(KEY)
    generator = Sequential(Linear(2, 8, key=g_key), BatchNorm(8), relu, Linear(8, 2, key=d_key))
    critic = Sequential(Linear(2, 8, key=d_key), leaky_relu, Linear(8, 1, key=g_key))
    G, D = initial_state(fake, generator), initial_state(real, critic)

    @jax.jit
    def step(G, D, x, key):
        z = jax.random.normal(key, x.shape)
        D, d_loss = train_step(real, D, (x, apply(G.model, z, training=True)[0]))
        G, g_loss = train_step(fake, G, (z, D.model))
        return G, D, d_loss, g_loss

    for number in range(150):
        x_key, z_key = jax.random.split(jax.random.fold_in(KEY, number))
        G, D, d_loss, g_loss = step(G, D, 3 + jax.random.normal(x_key, (32, 2)), z_key)
    assert np.isfinite([d_loss, g_loss]).all()
    # The generator went to where the data are, around 3.
    z = put.normal((256, 2))
    before, after = (abs(float(model(z).mean()) - 3) for model in (generator, G.model))
    assert after < before - 1
    assert G.model[1].running_mean.any()  # statistics of batch normalization come back


@objective
def tell_apart(critic, batch, key, training):
    real, fake = batch
    return discriminator_loss(critic(real), critic(fake)), critic


@objective
def fool(generator, batch, key, training):
    z, critic = batch
    made, generator = apply(generator, z, training=training)
    return generator_loss(critic(made)), generator


@pytest.mark.parametrize("optimizer", [sgd(0.1), optax.sgd(0.1), adam(0.2), optax.adam(0.2)])
def test_complex_parameters_descend(optimizer):
    @objective
    def distance(model, batch, key, training):
        return jnp.mean(jnp.abs(model.w - batch) ** 2), model

    start, data = Scale(jnp.array(0j)), put.full(1, 1 + 2j)
    model, history = fit(start, distance, data, optimizer=optimizer, steps=150)
    np.testing.assert_allclose(model.w, 1 + 2j, atol=1e-3)
    assert history.losses[0] == pytest.approx(5.0)
    clipped, _ = fit(start, distance, data, optimizer=optimizer, steps=150, clip_norm=1.0)
    np.testing.assert_allclose(clipped.w, 1 + 2j, atol=1e-3)


@pytest.mark.parametrize(
    "optimizer",
    [
        chain(adam(0.1), reduce_on_plateau()),
        optax.chain(optax.adam(0.1), optax.contrib.reduce_on_plateau()),
        LBFGS,
        optax.polyak_sgd(),
    ],
    ids=["our plateau", "optax's plateau", "line search", "Polyak"],
)
@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_optimizers_that_ask_for_the_loss(optimizer, loop):
    _, history = fit(
        Affine(3, 2, key=KEY), half_square, (X, Y), optimizer=optimizer, epochs=20, loop=loop
    )
    least = 0.5 * float(np.linalg.lstsq(np.c_[X, np.ones(11)], Y)[1].sum()) / Y.size
    assert history.losses[-1] < history.losses[0]
    if loop == "scan" and optimizer is LBFGS:
        assert history.losses[-1] == pytest.approx(least, rel=1e-3)


@pytest.mark.usefixtures("as_a_reader")
def test_what_a_recipe_refuses():
    with pytest.raises(TypeError, match=r"trained to be a function .*; got \['weight'\]"):
        Recipe(half_square, sgd(0.1), ["weight"])
    with pytest.raises(TypeError, match=r"compute_dtype jnp.bfloat16, .* got 'brain'"):
        Recipe(half_square, sgd(0.1), compute_dtype="brain")
    with pytest.raises(TypeError, match=r"got <class 'jax.numpy.int32'>|got .*int32"):
        Recipe(half_square, sgd(0.1), compute_dtype=jnp.int32)

    @dataclasses.dataclass
    class Loss:
        def __call__(self, prediction, target):
            return jnp.mean(prediction)

    with pytest.raises(TypeError, match=r"expected objective to be hashable|unhashable"):
        fit(Scale(jnp.array(1.0)), Loss(), (X, X), optimizer=sgd(0.1), epochs=1)
