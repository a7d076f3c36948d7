import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import sgd
from dl_lib.training.objective import Supervised
from dl_lib.training.run import every_parameter
from dl_lib.training.step import Recipe, copy, initial_state, require_optimizer, train_step
from tests.core.examples import Affine, Net
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()


def test_a_step_by_hand():
    # L = ½ (3w − 6)² at w = 1: L = 4.5, L' = 3 (3 − 6) = −9.
    recipe = Recipe(Supervised(half_square), sgd(0.1), every_parameter)
    batch = jnp.array([3.0]), jnp.array([6.0])
    state, loss = train_step(recipe, initial_state(recipe, Scale(jnp.array(1.0))), batch, None)
    assert float(loss) == 4.5
    assert float(state.model.w) == pytest.approx(1.9)


def test_jit_equals_eager():
    # Not Adam: its first step has the sign of the gradient, be that as small as the rounding.
    recipe = Recipe(Supervised(half_square), optax.sgd(0.1, momentum=0.9), every_parameter)
    state = initial_state(recipe, Net(key=KEY))
    eager = train_step(recipe, state, (X, Y), KEY)
    compiled = jax.jit(train_step, static_argnums=0)(recipe, state, (X, Y), KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-5, 1e-6), eager, compiled)


def test_types_stay():
    recipe = Recipe(Supervised(half_square), optax.adam(0.1), every_parameter)
    model = Scale(jnp.array(1.0, "bfloat16"))
    before = initial_state(recipe, model)
    after, _ = train_step(recipe, before, (jnp.ones(3, "bfloat16"), jnp.zeros(3, "bfloat16")), None)
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
    require_optimizer(sgd(0.1))
    require_optimizer(optax.adam(0.1))
    with pytest.raises(TypeError, match=r"as sgd\(0.1\); function has no init"):
        require_optimizer(lambda grads: grads)
