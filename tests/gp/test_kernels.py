"""Kernels: by hand, beside scikit-learn and GPyTorch, and as covariances must be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.gaussian_process import kernels as theirs

from dl_lib.gp import (
    RBF,
    ArcCosine,
    Constant,
    DotProduct,
    Kernel,
    Matern12,
    Matern32,
    Matern52,
    NeuralNetwork,
    Periodic,
    Product,
    RationalQuadratic,
    Stationary,
    Sum,
    WhiteNoise,
    settings,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("gp")
X, Z = put.normal((7, 2)), put.normal((4, 2), seed=1)
LINE = put.array([[0.0], [1.0], [3.0]], "f4")
EVERY = {
    "rbf": RBF(0.5),
    "lengths": RBF(put.array([0.5, 2.0], "f4")),
    "matern12": Matern12(0.5),
    "matern32": Matern32(0.5),
    "matern52": Matern52(0.5),
    "rational_quadratic": RationalQuadratic(0.5, 1.5),
    "periodic": Periodic(0.5, 1.5),
    "dot_product": DotProduct(0.5),
    "cubic": DotProduct(0.5, 3),
    "neural_network": NeuralNetwork(2.0, 0.5),
    "arc_cosine": ArcCosine(2.0, 0.5),
    "constant": Constant(2.0),
    "white_noise": WhiteNoise(0.5),
    "sum": 2.0 * RBF(0.5) + DotProduct(0.5),
    "product": Periodic(0.5) * RBF(3.0),
}
SCIKIT_LEARN = {
    "rbf": theirs.RBF(0.5),
    "lengths": theirs.RBF([0.5, 2.0]),
    "matern12": theirs.Matern(0.5, nu=0.5),
    "matern32": theirs.Matern(0.5, nu=1.5),
    "matern52": theirs.Matern(0.5, nu=2.5),
    "rational_quadratic": theirs.RationalQuadratic(0.5, 1.5),
    "dot_product": theirs.DotProduct(0.5),
    "cubic": theirs.DotProduct(0.5) ** 3,
    "constant": theirs.ConstantKernel(2.0),
    "white_noise": theirs.WhiteKernel(0.5),
    "sum": theirs.ConstantKernel(2.0) * theirs.RBF(0.5) + theirs.DotProduct(0.5),
}


def test_rbf_by_hand():
    K = compiled(4.0 * RBF(2.0))(LINE)
    near, far = 4 * np.exp(-1 / 8), 4 * np.exp(-9 / 8)
    np.testing.assert_allclose(K[0], [4, near, far], rtol=1e-6)
    # At one length: .6065 of the variance.
    np.testing.assert_allclose(RBF(3.0)(LINE)[0, 2], 0.60653, rtol=1e-5)


def test_matern_by_hand():
    for kernel, r, factor in (
        (Matern12(2.0), 0.5, 1.0),
        (Matern32(2.0), 3**0.5 / 2, 1 + 3**0.5 / 2),
        (Matern52(2.0), 5**0.5 / 2, 1 + 5**0.5 / 2 + 5 / 12),
    ):
        expected = factor * np.exp(-r)
        np.testing.assert_allclose(kernel(LINE)[0, 1], expected, rtol=1e-6)


def test_the_others_by_hand():
    def value(kernel, x, z):
        return float(kernel(put.array([x], "f4"), put.array([z], "f4"))[0, 0])

    cases = (
        (RationalQuadratic(1.0, 2.0), [0.0], [2.0], (1 + 4 / 4) ** -2),
        (Periodic(2.0, 4.0), [0.0], [1.0], np.exp(-2 * 0.5 / 4)),
        (Periodic(2.0, 4.0), [0.0], [8.0], 1.0),
        (DotProduct(2.0), [1.0, 2.0], [3.0, -1.0], 4 + 1),
        (DotProduct(2.0, 2), [1.0, 2.0], [3.0, -1.0], 25),
        (NeuralNetwork(1.0, 1.0), [0.0], [0.0], 2 / np.pi * np.arcsin(2 / 3)),
        (NeuralNetwork(1.0, 1.0), [1.0], [-1.0], 0.0),
        # Two weights and a bias of variance 1, at (1, x): at a right angle, and along each other.
        (ArcCosine(1.0, 1.0), [1.0], [-1.0], 2 / np.pi),
        (ArcCosine(1.0, 1.0), [2.0], [2.0], 5),
        (Constant(3.0), [0.0], [7.0], 3),
        (WhiteNoise(3.0), [0.0], [7.0], 0),
        (WhiteNoise(3.0), [7.0], [7.0], 3),
        (Constant(3.0) * DotProduct(2.0) + 1.0, [1.0], [1.0], 16),
    )
    for kernel, x, z, expected in cases:
        np.testing.assert_allclose(value(kernel, x, z), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SCIKIT_LEARN)
def test_equal_to_scikit_learn(name):
    with jax.enable_x64(True):
        kernel = jax.tree.map(lambda v: put.array(np.asarray(v), "f8"), EVERY[name])
        # The settings are float32 numbers of logarithms, so theirs are as they are here.
        oracle = SCIKIT_LEARN[name]
        x, z = (put.array(np.asarray(points, "f8")) for points in (X, Z))
        for ours, other in ((kernel(x), oracle(x)), (kernel(x, z), oracle(x, z))):
            agree("gp, kernels, scikit-learn", ours, other, 1e-6, 1e-7)


@pytest.mark.parametrize("name", ["rbf", "matern12", "matern32", "matern52", "rational_quadratic"])
def test_equal_to_gpytorch(name):
    make = dict(rbf=RBF, matern12=Matern12, matern32=Matern32, matern52=Matern52)
    make["rational_quadratic"] = lambda length: RationalQuadratic(length, 1.5)

    def covariance(x, z, length):
        return make[name](length)(x, z)

    check_stored("gp", covariance, STORED[f"kernel/{name}"])


def test_periodic_and_polynomial_equal_gpytorch():
    # GPyTorch's length is the square of ours.
    check_stored("gp", Periodic(0.75, 1.5), STORED["kernel/periodic"])
    check_stored("gp", DotProduct(0.5, 2), STORED["kernel/polynomial"])


@pytest.mark.parametrize("name", EVERY)
def test_a_covariance_is_symmetric_and_has_no_negative_eigenvalue(name):
    kernel = EVERY[name]
    assert isinstance(kernel, Kernel)
    K, diagonal = compiled(lambda k, x: (k(x), k.diagonal(x)))(kernel, X)
    np.testing.assert_allclose(K, K.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.diagonal(K), diagonal, rtol=1e-5)
    assert np.linalg.eigvalsh(K.astype(float))[0] > -1e-5 * np.trace(K)


@pytest.mark.parametrize("name", EVERY)
def test_compiled_and_differenced(name):
    kernel = EVERY[name]
    check_jit(lambda k, x, z: k(x, z), kernel, X[:3], Z[:2], rtol=1e-5)
    leaves, tree = jax.tree.flatten(kernel)

    def covariance(x, *leaves):
        return jax.tree.unflatten(tree, leaves)(x, Z[:2])

    check_gradient(covariance, X[:3], *leaves, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["matern12", "matern32", "matern52", "arc_cosine", "rbf"])
def test_gradients_are_finite_where_points_coincide(name):
    slopes = jax.jit(jax.grad(lambda k, x: jnp.sum(k(x) ** 2), (0, 1)))(EVERY[name], X)
    assert all(np.isfinite(s).all() for s in jax.tree.leaves(slopes))


def test_sums_and_products_are_modules_and_numbers_are_constants():
    kernel = 2.0 * RBF(0.5) + WhiteNoise(0.25)
    assert isinstance(kernel, Sum) and isinstance(kernel.first, Product)
    found = settings(kernel)
    assert list(found) == ["first.first.variance", "first.second.length", "second.variance"]
    np.testing.assert_allclose(list(found.values()), [2, 0.5, 0.25], rtol=1e-6)
    apart = compiled(lambda x: 2 * RBF(0.5)(x) + WhiteNoise(0.25)(x))(X)
    np.testing.assert_allclose(compiled(kernel)(X), apart, rtol=1e-6)
    np.testing.assert_allclose((RBF(1.0) * 3.0)(X), 3 * RBF(1.0)(X), rtol=1e-6)
    np.testing.assert_allclose((3.0 + RBF(1.0))(X), 3 + RBF(1.0)(X), rtol=1e-6)


def test_scikit_learns_periodic_kernel_has_a_negative_eigenvalue_in_the_plane():
    x = np.random.default_rng(0).uniform(0, 3, (60, 2)).astype("f4")
    assert np.linalg.eigvalsh(theirs.ExpSineSquared(1.0, 1.0)(x.astype(float)))[0] < -0.1
    K = np.asarray(Periodic(1.0, 1.0)(put.array(x)), float)
    assert np.linalg.eigvalsh(K)[0] > -1e-4
    line = x[:, :1]
    agree(
        "gp, kernels, scikit-learn",
        Periodic(0.7, 1.3)(put.array(line)),
        theirs.ExpSineSquared(0.7, 1.3)(line.astype(float)),
        1e-4,
        1e-6,
    )


@pytest.mark.parametrize("kernel", [RBF(0.5), Matern12(0.5), Matern32(0.5), Matern52(0.5)])
def test_frequencies_have_the_kernel_as_their_transform(kernel):
    w = compiled(lambda key: kernel.frequencies(key, 40_000, 2))(jax.random.key(0))
    assert w.shape == (40_000, 2)
    shifts = put.array([[0.2, 0.1], [-0.4, 0.6], [1.0, 0.0]], "f4")
    estimate = np.cos(w @ shifts.T).mean(axis=0)
    np.testing.assert_allclose(estimate, kernel(shifts, 0 * shifts[:1])[:, 0], atol=0.015)


class Nameless(Stationary):
    pass


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: RBF(0.0), ValueError, "length must be positive, got 0"),
        (lambda: RationalQuadratic(1.0, -1.0), ValueError, "shape must be positive"),
        (lambda: DotProduct(1.0, 0), ValueError, "degree to be at least 1, got 0"),
        (lambda: RBF(put.ones(3))(X), ValueError, r"lengths \(3,\) do not fit points \(7, 2\)"),
        (lambda: RBF(1.0) + "x", TypeError, "a kernel goes with a kernel or a positive number"),
        (lambda: -1.0 * RBF(1.0), ValueError, "variance must be positive"),
        (lambda: Nameless()(X), NotImplementedError, "Nameless does not say how it falls"),
        (lambda: Kernel()(X), NotImplementedError, "does not say what its covariance is"),
        (
            lambda: RationalQuadratic().frequencies(jax.random.key(0), 2, 1),
            NotImplementedError,
            "has another spectrum",
        ),
    ],
)
def test_mistakes_are_named(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


def test_one_kernel_twice_would_be_untied():
    kernel = RBF(1.0)
    with pytest.raises(ValueError, match="holds one array in two places"):
        _ = kernel + kernel


@pytest.mark.parametrize("half", [jnp.float16, jnp.bfloat16])
def test_sixteen_bits_are_worked_on_in_float32(half):
    x = X.astype(half)
    for kernel in (RBF(0.5), Periodic(0.5), NeuralNetwork(2.0)):
        K = kernel(x)
        assert K.dtype == jnp.float32
        np.testing.assert_allclose(K, kernel(x.astype("f4")), rtol=2e-2, atol=2e-2)
