import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from dl_lib.functional import bilinear, least_squares, linear
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

LAYERS = load_oracle("layers")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3)).astype(np.float32) + 2
Y = RNG.normal(size=(12, 2)).astype(np.float32)


def test_linear_equals_torch():
    check_stored("affine", linear, load_oracle("functional")["linear/batch"])


def test_linear_by_hand():
    x = put.array([[1.0, 2.0]])
    weight, bias = put.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]]), put.array([0.5, 0.0, 1.0])
    np.testing.assert_array_equal(linear(x, weight, bias), [[5.5, 2.0, 0.0]])
    np.testing.assert_array_equal(linear(x[0], weight), [5, 2, -1])
    np.testing.assert_array_equal(linear(x, weight[:, 0], jnp.asarray(3.0)), [8])


def test_linear_compiled_and_differenced():
    args = jnp.asarray(X[:2]), put.ones((3, 2)), put.ones(2)
    check_jit(linear, *args)
    check_vmap(linear, *args)
    check_gradient(linear, *args)


def test_linear_names_both_shapes():
    with pytest.raises(ValueError, match=r"x of shape \(4, 3\) does not fit .* shape \(2, 5\)"):
        linear(put.ones((4, 3)), put.ones((2, 5)))
    with pytest.raises(ValueError, match=r"bias of shape \(3,\) .* must have shape \(5,\)"):
        linear(put.ones((4, 3)), put.ones((3, 5)), put.ones(3))
    with pytest.raises(ValueError, match=r"bias of shape \(1,\) .* must have shape \(\)"):
        linear(put.ones((4, 3)), put.ones(3), put.ones(1))


@pytest.mark.parametrize("case", [case for case in LAYERS if case.startswith("bilinear")])
def test_bilinear_equals_torch(case):
    check_stored("affine", bilinear, LAYERS[case], rtol32=1e-5, atol32=1e-5)


def test_bilinear_by_hand():
    first, second = put.array([1.0, 2]), put.array([10.0, 0, 1])
    weight = jnp.stack([put.ones((2, 3)), put.eye(2, 3)])
    np.testing.assert_array_equal(bilinear(first, second, weight), [33, 10])
    assert bilinear(first, second, weight, put.array([1.0, 2])).tolist() == [34, 12]
    # An outer product holds all products of two entries; the layer is dense in it.
    outer = jnp.outer(first, second).ravel()
    by_hand = linear(outer, weight.reshape(2, 6).T)
    np.testing.assert_array_equal(bilinear(first, second, weight), by_hand)


def test_bilinear_is_linear_in_each_input_and_not_in_both():
    x, y = put.array(RNG.normal(size=(2, 4, 3)), jnp.float32)
    z, weight = jnp.asarray(X[:4, :2]), put.array(RNG.normal(size=(5, 3, 2)), jnp.float32)
    both = bilinear(x, z, weight) - 2 * bilinear(y, z, weight)
    np.testing.assert_allclose(bilinear(x - 2 * y, z, weight), both, rtol=1e-4, atol=1e-4)
    turned = bilinear(z, x, weight.swapaxes(1, 2))
    np.testing.assert_allclose(turned, bilinear(x, z, weight), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(bilinear(2 * x, 2 * z, weight), 4 * turned, rtol=1e-5, atol=1e-5)


def test_bilinear_compiled_differenced_and_each_pair_for_itself():
    args = jnp.asarray(X[:2]), jnp.asarray(Y[:2]), put.ones((4, 3, 2)), put.ones(4)
    check_jit(bilinear, *args)
    check_gradient(bilinear, *args)
    one_by_one = jax.vmap(bilinear, (0, 0, None, None))(*args)
    np.testing.assert_allclose(one_by_one, bilinear(*args), rtol=1e-6)


def test_bilinear_names_the_shapes():
    weight = put.ones((4, 3, 2))
    with pytest.raises(ValueError, match=r"\(5, 2\) and .* shape \(5, 3\) .* \(..., 3\) and"):
        bilinear(put.ones((5, 2)), put.ones((5, 3)), weight)
    with pytest.raises(ValueError, match=r"first of shape \(5, 3\) and second of shape \(1, 2\)"):
        bilinear(put.ones((5, 3)), put.ones((1, 2)), weight)
    with pytest.raises(ValueError, match=r"bias must have shape \(4,\), got \(1,\)"):
        bilinear(put.ones(3), put.ones(2), weight, put.ones(1))


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_least_squares_equals_scikit_learn(ridge):
    oracle = Ridge(alpha=ridge * len(X)) if ridge else LinearRegression()
    for y in (Y, Y[:, 0]):
        oracle.fit(X.astype(float), y.astype(float))
        weight, bias = compiled(least_squares)(jnp.asarray(X), jnp.asarray(y), ridge)
        agree("affine, float32", weight, oracle.coef_.T, rtol=1e-4, atol=1e-6)
        agree("affine, float32", bias, oracle.intercept_, rtol=1e-4, atol=1e-6)


def test_ridge_equals_torch_in_value_and_gradient():
    def weight_and_bias(x, y):
        weight, bias = least_squares(x, y, 0.3)
        return jnp.append(weight, bias)

    stored = load_oracle("functional")["least_squares/ridge"]
    check_stored("affine", weight_and_bias, stored, 1e-10, 1e-12, 1e-4, 1e-5)


def test_least_squares_is_where_the_gradient_of_the_penalized_loss_vanishes():
    x, y = jnp.asarray(X), jnp.asarray(Y[:, 0])

    def objective(weight, bias):
        return 0.5 * jnp.mean((linear(x, weight, bias) - y) ** 2) + 0.05 * jnp.sum(weight**2)

    for gradient in jax.jit(jax.grad(objective, (0, 1)))(*least_squares(x, y, ridge=0.1)):
        np.testing.assert_allclose(gradient, 0, atol=1e-6)


def test_least_squares_with_a_column_that_repeats_another():
    twice = put.array(np.column_stack([X, X[:, 0]]))
    weight, bias = least_squares(twice, jnp.asarray(Y[:, 0]))
    best, best_bias = least_squares(jnp.asarray(X), jnp.asarray(Y[:, 0]))
    fitted = linear(twice, weight, bias)
    np.testing.assert_allclose(fitted, linear(jnp.asarray(X), best, best_bias), atol=1e-4)


def test_least_squares_compiled_and_differenced():
    few = jnp.asarray(X[:5, :2]), jnp.asarray(Y[:5, 0])
    for ridge in (0.0, 0.3):
        check_jit(lambda x, y, r=ridge: least_squares(x, y, r), *few, rtol=1e-4, atol=1e-5)
    check_vmap(lambda x, y: least_squares(x, y, 0.3), *few, rtol=1e-4, atol=1e-5)
    check_gradient(lambda x, y: least_squares(x, y, 0.3), *few)


def test_least_squares_wrong_inputs():
    with pytest.raises(ValueError, match="X has 12 examples but y has 11"):
        least_squares(jnp.asarray(X), jnp.asarray(Y[1:]))
    with pytest.raises(ValueError, match="ridge must not be negative, got -1"):
        least_squares(jnp.asarray(X), jnp.asarray(Y), -1.0)
