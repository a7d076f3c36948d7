import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from dl_lib import layers as L  # noqa: N812
from dl_lib.layers.flows import FlowLayer
from tests import put
from tests.checks import check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("flows")
KEY, FEATURES = jax.random.key(0), 4
X = put.normal((5, FEATURES))
LEAVES = {
    "ActNorm": ("loc", "log_scale"),
    "InvertibleLinear": ("below", "above", "log_diagonal"),
}


def made(name, **more):
    if name in ("AffineCoupling", "MaskedAutoregressive"):
        return getattr(L, name)(FEATURES, 6, key=KEY, **more)
    return L.ActNorm(FEATURES) if name == "ActNorm" else L.InvertibleLinear(FEATURES, key=KEY)


def moved(layer, seed=0):
    """The layer with other numbers: as it starts it does too little."""
    generator = np.random.default_rng(seed)

    def other(leaf):
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            return leaf
        return put.array(leaf + 0.5 * generator.normal(size=leaf.shape), leaf.dtype)

    return jax.tree.map(other, layer)


ONE = {name: moved(made(name)) for name in STORED}
ONE["turned"] = moved(made("AffineCoupling", turned=True))
WHOLE = L.NormalizingFlow(*ONE.values())
EVERY = {**ONE, "NormalizingFlow": WHOLE}


def filled(name, weights, order):
    layer = made(name)
    if name in LEAVES:
        given = dict(zip(LEAVES[name], weights, strict=True))
        return layer.replace(**given, **({} if order is None else {"order": order}))
    # A network's parameters come as weight and bias, layer by layer.
    return jax.tree.unflatten(jax.tree.structure(layer), weights)


@pytest.mark.parametrize("name", STORED)
def test_density_and_gradient_equal_the_jacobians_of_torch(name):
    order = None if "order" not in STORED[name] else STORED[name]["order"].astype("i4")

    def log_density(x, *weights):
        return L.NormalizingFlow(filled(name, weights, order)).log_prob(x)

    check_stored("flows", log_density, STORED[name], rtol=1e-10, atol=1e-12, atol32=3e-5)


@pytest.mark.parametrize("name", EVERY)
def test_the_log_determinant_is_that_of_the_jacobian_and_the_inverse_inverts(name):
    layer = EVERY[name]
    z, log_det = compiled(lambda f, x: f.forward_and_log_det(x))(layer, X)
    jacobian = compiled(lambda f, x: jax.vmap(jax.jacobian(f))(x))(layer, X)
    np.testing.assert_allclose(log_det, np.linalg.slogdet(jacobian)[1], atol=2e-5)
    np.testing.assert_allclose(compiled(lambda f, z: f.inverse(z))(layer, z), X, atol=1e-4)
    check_jit(lambda f, x: f.forward_and_log_det(x), layer, X, rtol=1e-5, atol=1e-5)


def test_who_sees_whom():
    jacobian = compiled(lambda f, x: jax.jacobian(f)(x))
    one_by_one = jacobian(ONE["MaskedAutoregressive"], X[0])
    assert not np.triu(one_by_one, 1).any() and np.all(one_by_one[np.tril_indices(4)])
    halves = jacobian(ONE["AffineCoupling"], X[0])
    np.testing.assert_array_equal(halves[:2], np.eye(4)[:2])
    np.testing.assert_array_equal(jacobian(ONE["turned"], X[0])[2:], np.eye(4)[2:])


def test_a_layer_starts_as_nothing_or_as_an_order():
    np.testing.assert_array_equal(made("AffineCoupling")(X), X)
    np.testing.assert_array_equal(made("MaskedAutoregressive")(X), X)
    mixed = made("InvertibleLinear")
    np.testing.assert_array_equal(mixed(X), np.asarray(X)[:, np.asarray(mixed.order)])


def test_no_number_is_scaled_by_more_than_the_bound():
    wild = jax.tree.map(lambda leaf: 100 * leaf, moved(made("AffineCoupling", bound=0.5)))
    _, log_det = compiled(lambda f, x: f.forward_and_log_det(x))(wild, X)
    assert np.abs(log_det).max() <= 2 * 0.5 + 1e-6


def test_a_flow_of_norms_is_fitted_as_scikit_learn_standardizes():
    data = 3 + 2 * np.asarray(put.normal((200, FEATURES), seed=1))
    flow = L.NormalizingFlow(L.ActNorm(FEATURES), made("InvertibleLinear"), L.ActNorm(FEATURES))
    flow = compiled(lambda f, x: f.fitted(x))(flow, data)
    z = compiled(lambda f, x: f(x))(flow, data)
    order = np.asarray(flow.layers[1].order)
    expected = (data - data.mean(axis=0)) / data.std(axis=0)
    np.testing.assert_allclose(z, expected[:, order], atol=1e-4)
    law = stats.norm(data.mean(axis=0), data.std(axis=0)).logpdf(data).sum(axis=1)
    found = compiled(lambda f, x: f.log_prob(x))(flow, data)
    np.testing.assert_allclose(found, law, rtol=1e-4)


def test_samples_come_from_the_law_that_is_claimed():
    flow = L.NormalizingFlow(L.ActNorm(2).replace(loc=put.array([3.0, -1.0])))
    drawn = compiled(lambda f, key: f.sample(key, (2000, 2)))(flow, jax.random.key(1))
    assert drawn.shape == (2000, 2)
    assert stats.kstest(drawn[:, 0], stats.norm(3, 1).cdf).pvalue > 0.01


def test_the_total_is_kept_in_float32():
    half = jax.tree.map(
        lambda a: a.astype(jnp.float16) if jnp.issubdtype(a.dtype, jnp.floating) else a, WHOLE
    )
    found = compiled(lambda f, x: f.log_prob(x))(half, np.asarray(X, "f2"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, compiled(lambda f, x: f.log_prob(x))(WHOLE, X), atol=0.3)


def test_what_cannot_be_built_or_undone_is_named():
    with pytest.raises(ValueError, match="expected features to be at least 2, got 1"):
        L.AffineCoupling(1, 3, key=KEY)
    with pytest.raises(ValueError, match="expected hidden to be at least 3, got 2"):
        L.MaskedAutoregressive(4, 2, key=KEY)
    with pytest.raises(ValueError, match="the last axis of x must be 4, got shape"):
        ONE["InvertibleLinear"].inverse(X[:, :3])
    with pytest.raises(NotImplementedError, match="FlowLayer defines no forward_and_log_det"):
        FlowLayer().forward_and_log_det(X)
    with pytest.raises(NotImplementedError, match="FlowLayer defines no inverse"):
        FlowLayer().inverse(X)
