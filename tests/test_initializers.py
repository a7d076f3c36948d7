import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from dl_lib import initializers
from dl_lib.initializers import fans
from tests.checks import agree, load_oracle

KEY = jax.random.key(0)
SHAPE = (400, 100)
# What the standard deviation of a (400, 100) weight should be.
NORMAL = {"normal": 0.01, "xavier_normal": (2 / 500) ** 0.5, "he_normal": (2 / 400) ** 0.5}
UNIFORM = {"uniform": 0.01, "xavier_uniform": (6 / 500) ** 0.5, "he_uniform": (6 / 400) ** 0.5}


@pytest.mark.parametrize("name", NORMAL)
def test_normal_ones_have_the_law_they_name(name):
    weight = getattr(initializers, name)()(KEY, SHAPE)
    # 40,000 draws with a fixed key: a 3 % error of the scale would give p < 1e-4.
    law = scipy.stats.norm(0, NORMAL[name])
    assert scipy.stats.kstest(np.asarray(weight).ravel(), law.cdf).pvalue > 0.01
    np.testing.assert_allclose(weight.std(), NORMAL[name], rtol=0.02)


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_ones_have_the_law_they_name(name):
    weight = getattr(initializers, name)()(KEY, SHAPE)
    limit = UNIFORM[name]
    law = scipy.stats.uniform(-limit, 2 * limit)
    assert scipy.stats.kstest(np.asarray(weight).ravel(), law.cdf).pvalue > 0.01
    assert limit * 0.99 < jnp.abs(weight).max() <= limit


def test_the_two_forms_have_one_variance():
    for family in ("xavier", "he"):
        variances = [
            getattr(initializers, f"{family}_{law}")()(KEY, SHAPE).var()
            for law in ("normal", "uniform")
        ]
        np.testing.assert_allclose(*variances, rtol=0.03)


def test_variances_equal_jax():
    for name in ("xavier_normal", "xavier_uniform", "he_uniform"):
        ours, theirs = getattr(initializers, name), getattr(jax.nn.initializers, name)
        oracle = theirs()(jax.random.key(1), SHAPE).var()
        # A sampled variance: its own error is about 1 %, so it is not recorded.
        np.testing.assert_allclose(ours()(KEY, SHAPE).var(), oracle, rtol=0.05)


def test_fans_equal_torch():
    for case, values in load_oracle("optim").items():
        if case.startswith("fans"):
            agree("initializers", fans(tuple(values["shape"].tolist())), tuple(values["fans"]))


def test_kernels_count_their_field():
    weight = initializers.he_normal()(KEY, (64, 16, 3, 3))
    np.testing.assert_allclose(weight.std(), (2 / (16 * 9)) ** 0.5, rtol=0.03)


def test_gain_slope_and_settings():
    np.testing.assert_allclose(
        initializers.xavier_normal(gain=2.0)(KEY, SHAPE),
        2 * initializers.xavier_normal()(KEY, SHAPE),
    )
    leaky = initializers.he_uniform(slope=1.0)(KEY, SHAPE)
    np.testing.assert_allclose(leaky * 2**0.5, initializers.he_uniform()(KEY, SHAPE), rtol=1e-6)
    assert initializers.uniform(5)(KEY, (100,)).max() > 4


def test_constants_need_no_key():
    np.testing.assert_array_equal(initializers.zeros(None, (2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(initializers.ones(None, (3,)), np.ones(3))
    np.testing.assert_array_equal(initializers.constant(0.5)(None, (2,)), [0.5, 0.5])


@pytest.mark.parametrize("name", [*NORMAL, *UNIFORM, "zeros", "ones", "constant"])
def test_compiled_and_in_the_type_asked_for(name):
    init = getattr(initializers, name)
    if name not in ("zeros", "ones"):
        init = init(0.5) if name == "constant" else init()
    eager = init(KEY, (4, 2))
    compiled = jax.jit(lambda key: init(key, (4, 2)))(KEY)
    assert eager.dtype == compiled.dtype == jnp.float32
    np.testing.assert_allclose(eager, compiled, rtol=1e-6)
    assert init(KEY, (4, 2), jnp.bfloat16).dtype == jnp.bfloat16


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"fans need a shape of two axes or more, got \(3,\)"):
        initializers.he_normal()(KEY, (3,))
    with pytest.raises(ValueError, match="std must not be negative, got -1"):
        initializers.normal(-1.0)
    with pytest.raises(ValueError, match="limit must not be negative, got -1"):
        initializers.uniform(-1.0)
