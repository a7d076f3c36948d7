import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from dl_lib import initializers
from dl_lib.initializers import fans
from tests import put
from tests.checks import agree, load_oracle

KEY = jax.random.key(0)
SHAPE = (400, 100)
# What the standard deviation of a (400, 100) weight should be.
NORMAL = {
    "normal": 0.01,
    "xavier_normal": (2 / 500) ** 0.5,
    "he_normal": (2 / 400) ** 0.5,
    "lecun_normal": (1 / 400) ** 0.5,
}
UNIFORM = {
    "uniform": 0.01,
    "xavier_uniform": (6 / 500) ** 0.5,
    "he_uniform": (6 / 400) ** 0.5,
    "lecun_uniform": (3 / 400) ** 0.5,
}


VARIANCE = [name for name in (*NORMAL, *UNIFORM) if "_" in name]


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
    assert limit * 0.99 < np.abs(weight).max() <= limit


def test_the_two_forms_have_one_variance():
    for family in ("xavier", "he", "lecun"):
        variances = [
            getattr(initializers, f"{family}_{law}")()(KEY, SHAPE).var()
            for law in ("normal", "uniform")
        ]
        np.testing.assert_allclose(*variances, rtol=0.03)


def test_only_the_variance_of_he_keeps_the_size_of_the_units_through_fifty_rectified_layers():
    def size(initializer):
        x = jax.random.normal(KEY, (64, 512), float)
        for key in jax.random.split(KEY, 50):
            x = jax.nn.relu(x @ initializer(key, (512, 512), float))
        return np.log10(float(jnp.sqrt(jnp.mean(x**2))))

    with jax.enable_x64(True):  # 2e-40 is no number of float32
        kinds = initializers.he_normal(), initializers.xavier_normal(), initializers.normal(0.01)
        sizes = [size(kind) for kind in kinds]
    # Half of E[x²] is lost in each layer unless the variance is doubled: 2^(−50/2) = 3e-8.
    np.testing.assert_allclose(sizes, np.log10([1.09, 2.1e-8, 2e-40]), atol=0.5)


def test_variances_equal_jax():
    # JAX cuts the tails of the normal ones of He and LeCun, and makes up for it in the scale.
    for name in VARIANCE:
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


def test_fans_of_grouped_and_transposed_kernels():
    # Ones through the layer, and ones back from it, count what meets in a unit away from the rim.
    def counted(kernel, inputs, groups, transposed):
        def layer(x):
            if transposed:
                return jax.lax.conv_transpose(
                    x, kernel, (1,), "VALID", dimension_numbers=("NCH", "OIH", "NCH"),
                    transpose_kernel=True,
                )  # fmt: skip
            return jax.lax.conv_general_dilated(
                x, kernel, (1,), "VALID", feature_group_count=groups
            )

        x = put.ones((1, inputs, 9))
        y, pull = jax.vjp(layer, x)
        return int(y.max()), int(pull(jnp.ones_like(y))[0].max())

    for shape, inputs, groups in (((6, 2, 3), 4, 2), ((8, 1, 3), 8, 8), ((4, 4, 3), 4, 1)):
        assert fans(shape, groups) == counted(put.ones(shape), inputs, groups, False)
    assert fans((4, 6, 3), transposed=True) == counted(put.ones((4, 6, 3)), 4, 1, True) == (12, 18)
    assert fans((4, 6, 3), groups=2, transposed=True) == (6, 18)


def test_a_count_of_its_own():
    depthwise = functools.partial(fans, groups=400)
    weight = initializers.he_normal(count=depthwise)(KEY, (400, 1, 3, 3))
    np.testing.assert_allclose(weight.std(), (2 / 9) ** 0.5, rtol=0.03)
    backwards = lambda shape: fans(shape)[::-1]  # noqa: E731
    weight = initializers.he_uniform(count=backwards)(KEY, SHAPE)
    np.testing.assert_allclose(weight.std(), (2 / 100) ** 0.5, rtol=0.03)


def test_truncated_normal_has_its_law():
    weight = np.asarray(initializers.truncated_normal(0.02, 1.5)(KEY, SHAPE)).ravel()
    law = scipy.stats.truncnorm(-1.5, 1.5, scale=0.02)
    assert scipy.stats.kstest(weight, law.cdf).pvalue > 0.01
    assert 0.0298 < np.abs(weight).max() <= 0.03
    two = initializers.truncated_normal(1.0)(KEY, SHAPE)
    np.testing.assert_allclose(two.std(), scipy.stats.truncnorm(-2, 2).std(), rtol=0.02)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_orthogonal_equals_jax(shape):
    # The same key, the same Gaussian, the same signs: JAX's algorithm is this one.
    theirs = jax.nn.initializers.orthogonal(1.5)(KEY, shape)
    agree("initializers", initializers.orthogonal(1.5)(KEY, shape), theirs, rtol=1e-5, atol=1e-6)


def test_orthogonal_does_not_stretch():
    for shape in ((7, 3), (3, 7), (8, 2, 3, 3)):
        matrix = initializers.orthogonal(2.0)(KEY, shape).reshape(shape[0], -1)
        values = np.linalg.svd(np.asarray(matrix), compute_uv=False)
        np.testing.assert_allclose(values, 2, rtol=1e-5)


def test_orthogonal_is_uniform_over_the_orthogonal_matrices():
    keys = jax.random.split(KEY, 2000)
    corner = jax.vmap(lambda key: initializers.orthogonal()(key, (3, 3))[0, 0])(keys)
    # An entry of a uniform rotation of space is uniform on [−1, 1], as Archimedes found.
    assert scipy.stats.kstest(np.asarray(corner), scipy.stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_sparse_drops_what_is_small():
    weight = initializers.sparse(initializers.uniform(10.0), 5.0)(KEY, SHAPE)
    np.testing.assert_allclose((weight == 0).mean(), 0.5, atol=0.01)
    assert np.abs(weight)[weight != 0].min() >= 5
    # What is left is what was drawn, at its place, and so uniform from 5 to 10 in size.
    drawn = np.asarray(initializers.uniform(10.0)(KEY, SHAPE))
    np.testing.assert_array_equal(weight, drawn * (np.abs(drawn) >= 5))
    kept = np.abs(weight[weight != 0])
    assert scipy.stats.kstest(kept, scipy.stats.uniform(5, 5).cdf).pvalue > 0.01


OTHERS = {
    "orthogonal": initializers.orthogonal(),
    "truncated_normal": initializers.truncated_normal(),
    "sparse": initializers.sparse(initializers.normal(), 0.01),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_others_compiled_and_in_the_type_asked_for(name):
    init = OTHERS[name]
    eager, compiled = init(KEY, (4, 2)), jax.jit(lambda key: init(key, (4, 2)))(KEY)
    np.testing.assert_allclose(eager, compiled, rtol=1e-5, atol=1e-7)
    rounded = init(KEY, (4, 2), jnp.bfloat16)  # the same draw, in every type
    assert rounded.dtype == jnp.bfloat16
    np.testing.assert_array_equal(rounded, eager.astype(jnp.bfloat16))


def test_a_limit_of_one_over_the_root_has_a_third_of_the_variance_of_lecun():
    # PyTorch's dense layer begins with the first, Flax's with the second.
    limited = initializers.uniform(400**-0.5)
    for init, expected in ((limited, 1 / 3), (initializers.lecun_normal(), 1)):
        np.testing.assert_allclose(400 * init(KEY, SHAPE).var(), expected, rtol=0.03)


@pytest.mark.parametrize("name", ["he_normal", "truncated_normal", "orthogonal", "uniform"])
def test_mapped_over_keys(name):
    init = getattr(initializers, name)()
    keys = jax.random.split(KEY)
    mapped = jax.vmap(lambda key: init(key, (4, 2)))(keys)
    one_by_one = jnp.stack([init(key, (4, 2)) for key in keys])
    np.testing.assert_allclose(mapped, one_by_one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [*NORMAL, *UNIFORM, "zeros", "ones", "constant"])
def test_compiled_and_in_the_type_asked_for(name):
    init = getattr(initializers, name)
    if name not in ("zeros", "ones"):
        init = init(0.5) if name == "constant" else init()
    eager = init(KEY, (4, 2))
    compiled = jax.jit(lambda key: init(key, (4, 2)))(KEY)
    assert eager.dtype == compiled.dtype == jnp.float32
    np.testing.assert_allclose(eager, compiled, rtol=1e-6)
    rounded = init(KEY, (4, 2), jnp.bfloat16)  # the same draw, in every type
    assert rounded.dtype == jnp.bfloat16
    np.testing.assert_array_equal(rounded, eager.astype(jnp.bfloat16))


@pytest.mark.parametrize("name", VARIANCE)
def test_a_bias_has_no_fans(name):
    with pytest.raises(ValueError, match=r"fans need a shape of two axes or more, got \(3,\)"):
        getattr(initializers, name)()(KEY, (3,))


@pytest.mark.parametrize(
    "init", [initializers.zeros, initializers.ones, initializers.constant(2.0)]
)
def test_a_shape_that_is_none(init):
    with pytest.raises(TypeError, match=r"nonnegative, got \(3, -1\)"):
        init(None, (3, -1))


def test_wrong_inputs():
    with pytest.raises(ValueError, match="threshold must not be negative, got -1"):
        initializers.sparse(initializers.normal(), -1.0)
    with pytest.raises(ValueError, match="std must not be negative, got -1"):
        initializers.normal(-1.0)
    with pytest.raises(ValueError, match="limit must not be negative, got -1"):
        initializers.uniform(-1.0)
    with pytest.raises(ValueError, match="bound must be positive, got 0"):
        initializers.truncated_normal(1.0, 0)
    with pytest.raises(ValueError, match=r"orthogonal needs a shape of two axes .*, got \(3,\)"):
        initializers.orthogonal()(KEY, (3,))
    with pytest.raises(ValueError, match="3 groups do not divide the 4 kernels"):
        fans((4, 2, 3), groups=3)
