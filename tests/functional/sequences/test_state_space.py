import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from dl_lib.functional import (
    causal_convolution,
    diagonal_scan,
    discretize,
    discretize_diagonal,
    selective_scan,
    selective_step,
    state_space_kernel,
    state_space_recurrence,
)
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
from tests.programs import entries_written

STORED = load_oracle("state_space")
RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 3)) - 1.5 * np.eye(3)
B, C, U = RNG.normal(size=(3, 2)), RNG.normal(size=(1, 3)), RNG.normal(size=(9, 2))


@pytest.mark.parametrize("method", ["zoh", "bilinear", "euler"])
@pytest.mark.parametrize("singular", [False, True])
def test_discretize_equals_scipy(method, singular):
    matrix = np.diag([0.0, -1.0, 0.5]) if singular else A
    oracle = scipy.signal.cont2discrete((matrix, B, C, np.zeros((1, 2))), 0.3, method)[:2]
    with jax.enable_x64(True):
        actual = compiled(discretize)(jnp.asarray(matrix), jnp.asarray(B), 0.3, method)
        agree("state space, float64", actual, oracle, 1e-11, 1e-13)
    actual = compiled(discretize)(
        jnp.asarray(matrix, jnp.float32), jnp.asarray(B, jnp.float32), 0.3, method
    )
    agree("state space, float32", actual, oracle, 1e-5, 1e-6)


@pytest.mark.parametrize("size", [2, 3])
def test_systems_equal_torch_in_value_and_gradient(size):
    for method in ("zoh", "bilinear"):
        both = lambda a, b, m=method: jnp.concatenate(discretize(a, b, 0.3, m), 1)  # noqa: E731
        check_stored(
            "state space", both, STORED[f"discretize/{method}/{size}"], 1e-11, 1e-12, 1e-5, 1e-5
        )
    check_stored("state space", state_space_recurrence, STORED[f"recurrence/{size}"])
    kernel = lambda *system: state_space_kernel(*system, 4)  # noqa: E731
    check_stored("state space", kernel, STORED[f"kernel/{size}"])


def test_discretize_diagonal_is_the_zero_order_hold_of_a_diagonal():
    decay = np.asarray([-0.5, 0.0, -3.0])
    oracle = scipy.signal.cont2discrete((np.diag(decay), np.eye(3), np.eye(3), 0 * A), 0.2, "zoh")
    actual = discretize_diagonal(jnp.asarray(decay, jnp.float32), jnp.asarray(0.2))
    agree("state space, float32", actual, [np.diag(x) for x in oracle[:2]], 1e-6)
    kept, factor = discretize_diagonal(jnp.asarray(0.5j), jnp.asarray(0.2))
    np.testing.assert_allclose(kept, np.exp(0.1j), rtol=1e-6)
    np.testing.assert_allclose(factor, (np.exp(0.1j) - 1) / 0.5j, rtol=1e-6)
    check_jit(discretize_diagonal, jnp.asarray(decay, jnp.float32), jnp.asarray(0.2))
    check_vmap(discretize_diagonal, jnp.asarray(decay, jnp.float32), jnp.asarray(0.2))
    check_gradient(discretize_diagonal, decay[[0, 2]], np.asarray(0.2))


def test_recurrence_equals_scipy_and_is_a_convolution_with_the_kernel():
    with jax.enable_x64(True):
        a, b, c, u = (jnp.asarray(x) for x in (A / 3, B, C, U))
        # SciPy's x_{k+1} = A x_k + B u_k, y_k = C x_k is one step behind ours.
        system = (np.asarray(a), B, C, np.zeros((1, 2)), 1.0)
        _, oracle, _ = scipy.signal.dlsim(system, np.concatenate([U, np.zeros((1, 2))]))
        y = compiled(state_space_recurrence)(a, b, c, u)
        agree("state space, float64", y, oracle[1:], 1e-10, 1e-12)
        kernel = compiled(state_space_kernel)(a, b, c, 9)
        _, impulse = scipy.signal.dimpulse(system, n=10)
        agree("state space, float64", kernel[:, 0, 0], impulse[0][1:, 0], 1e-10, 1e-12)
        both = [
            compiled(causal_convolution)(u[:, i : i + 1], kernel[:, 0, i][None]) for i in range(2)
        ]
        np.testing.assert_allclose(sum(both), y, atol=1e-12)
        later = compiled(state_space_recurrence)(a, b, c, u[4:], initial=_state(a, b, u[:4]))
        np.testing.assert_allclose(later, y[4:], atol=1e-12)


def _state(a, b, u):
    return state_space_recurrence(a, b, put.eye(3), u)[-1]


@pytest.mark.parametrize("case", ["short", "long"])
def test_causal_convolution_equals_torch_and_scipy(case):
    check_stored("state space", causal_convolution, STORED[f"filter/{case}"], atol=1e-12)
    x, kernel = (STORED[f"filter/{case}"][f"input{i}"] for i in range(2))
    for channel in range(3):
        oracle = scipy.signal.lfilter(kernel[channel], 1.0, x[0, :, channel])
        y = compiled(causal_convolution)(jnp.asarray(x), jnp.asarray(kernel))[0, :, channel]
        agree("state space, float32", y, oracle, 1e-5, 1e-5)


def test_selective_steps_are_what_the_scan_does():
    keys = ("input0", "input1", "input2", "input3", "input4", "input5")
    x, step, decay, into, out, skip = (STORED["selective"][key] for key in keys)
    h, rows = put.zeros((len(x), *decay.shape)), []
    for t in range(x.shape[1]):
        now = (put.array(a[:, t]) for a in (x, step))
        both = (put.array(a[:, t]) for a in (into, out))
        y, h = compiled(selective_step)(h, *now, put.array(decay), *both, put.array(skip))
        rows.append(y)
    agree("state space", np.stack(rows, 1), STORED["selective"]["output"], 1e-5, 1e-6)
    # h = exp(−2 ln 2) · 4 + 2 · 3 · 5 = 31, y = 31 · 0.5 + 10 · 3
    numbers = ([[3.0]], [[2.0]], [[-np.log(2)]], [[5.0]], [[0.5]])
    y, h = selective_step(put.array([[[4.0]]]), *map(put.array, numbers), put.array([10.0]))
    np.testing.assert_allclose([y[0, 0], h[0, 0, 0]], [45.5, 31], rtol=1e-6)
    with pytest.raises(ValueError, match=r"h must have shape \(1, 1, 1\), got \(1, 1, 2\)"):
        selective_step(put.zeros((1, 1, 2)), *map(put.array, numbers))


def test_selective_scan_equals_a_loop_of_torch():
    check_stored("state space", selective_scan, STORED["selective"])


def test_scans_by_hand():
    decay = put.array([[[0.5], [2.0], [0.0]]])
    inputs = put.array([[[1.0], [3.0], [4.0]]])
    assert diagonal_scan(decay, inputs)[0, :, 0].tolist() == [1, 5, 4]
    started = diagonal_scan(decay, inputs, put.array([[8.0]]))
    assert started[0, :, 0].tolist() == [5, 13, 4]
    one = put.ones((1, 3, 1))
    y = selective_scan(inputs, one, put.zeros((1, 1)), one, one, put.array([10.0]))
    assert y[0, :, 0].tolist() == [11, 34, 48]  # nothing decays: running sums, and ten times x


@pytest.mark.parametrize("kind", ["real", "complex"])
def test_a_scan_is_what_an_associative_scan_computes(kind):
    decay, inputs = RNG.normal(size=(2, 2, 17, 3)).astype(np.float32)
    if kind == "complex":
        decay = decay * np.exp(1j * inputs).astype(np.complex64)
        inputs = inputs.astype(np.complex64)

    def combine(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    def associative(a, b):
        return jax.lax.associative_scan(combine, (a, b), axis=1)[1]

    @jax.jit
    def both(*args):
        value, pull = jax.vjp(diagonal_scan, *args)
        expected, pull_expected = jax.vjp(associative, *args)
        return value, expected, pull(value), pull_expected(value)

    value, expected, *slopes = both(decay / 2, inputs)
    np.testing.assert_allclose(value, expected, atol=1e-5)
    for a, b in zip(*slopes, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_the_work_of_the_recurrence_grows_with_the_length():
    system = [jnp.asarray(a, jnp.float32) for a in (A, B, C)]

    def work(length):
        u = jax.ShapeDtypeStruct((length, 2), jnp.float32)
        return entries_written(jax.make_jaxpr(state_space_recurrence)(*system, u))

    assert 1.9 < work(2000) / work(1000) < 2.1


def test_a_decay_that_varies_has_no_kernel():
    jacobian = jax.jit(jax.jacobian(diagonal_scan, 1))

    def matrix(*decay):
        table = jacobian(put.array([[[d] for d in decay]]), put.ones((1, 4, 1)))
        return np.asarray(table)[0, :, 0, 0, :, 0]

    steady = matrix(0.5, 0.5, 0.5, 0.5)
    varying = matrix(0.5, 0.9, 0.1, 0.7)
    for lag in (1, 2):  # a convolution has one number for each lag
        np.testing.assert_allclose(np.diagonal(steady, -lag), 0.5**lag, rtol=1e-6)
        assert np.ptp(np.diagonal(varying, -lag)) > 0.01


@pytest.mark.parametrize("wide", range(5))
def test_a_selective_scan_takes_the_wider_of_two_types(wide):
    x = RNG.normal(size=(1, 3, 2)).astype(np.float32)
    args = [x, abs(x), -abs(x[0, :2]), x, x]
    args[wide] = args[wide].astype(np.float64)
    with jax.enable_x64(True):
        loss = lambda *args: selective_scan(*args).sum()  # noqa: E731
        y, slopes = jax.eval_shape(jax.value_and_grad(loss, range(5)), *args)
    assert y.dtype == np.float64
    assert [slope.dtype for slope in slopes] == [a.dtype for a in args]


def test_compiled_and_differenced():
    x = RNG.normal(size=(1, 3, 2)).astype(np.float32)
    weights = RNG.normal(size=(1, 3, 2)).astype(np.float32)
    args = [jnp.asarray(a) for a in (x, abs(x), -abs(x[0, :2]), weights, weights)]
    check_jit(selective_scan, *args)
    check_vmap(selective_scan, *args)
    check_gradient(selective_scan, *args)
    scanned = jnp.asarray(x), jnp.asarray(weights), put.ones((1, 2))
    check_jit(diagonal_scan, *scanned)
    check_vmap(diagonal_scan, *scanned)
    check_gradient(diagonal_scan, *scanned)
    system = [jnp.asarray(a, jnp.float32) for a in (A[:2, :2], B[:2], C[:, :2])]
    check_jit(lambda a, b: discretize(a, b, 0.3), *system[:2])
    check_vmap(lambda a, b: discretize(a, b, 0.3), *system[:2])
    check_gradient(lambda a, b: discretize(a, b, 0.3), *system[:2])
    kernel = lambda *s: state_space_kernel(*s, 3)  # noqa: E731
    for function, inputs in (
        (state_space_recurrence, (*system, args[0][0])),
        (kernel, system),
        (causal_convolution, (args[0], put.ones((2, 2)))),
    ):
        check_jit(function, *inputs)
        check_vmap(function, *inputs)
        check_gradient(function, *inputs)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: discretize(put.eye(2), put.ones((3, 1)), 0.1), r"A of shape \(2, 2\) .* \(3, 1\)"),
        (lambda: discretize(put.eye(2), put.ones((2, 1)), 0.1, "tustin"), "got 'tustin'"),
        (
            lambda: state_space_kernel(put.eye(2), put.ones((2, 1)), put.ones((1, 3)), 4),
            r"A \(2, 2\), B \(2, 1\) and C \(1, 3\) are not one system",
        ),
        (
            lambda: state_space_recurrence(
                put.eye(2), put.ones((2, 1)), put.ones((1, 2)), put.ones((4, 3))
            ),
            r"u of shape \(4, 3\) does not fit B of shape \(2, 1\)",
        ),
        (lambda: causal_convolution(put.ones((4, 3)), put.ones((2, 2))), r"\(4, 3\) does not fit"),
        (lambda: diagonal_scan(put.ones((1, 2, 3)), put.ones((1, 2))), "must be the same"),
        (
            lambda: diagonal_scan(put.ones((1, 2, 3)), put.ones((1, 2, 3)), put.ones(3)),
            r"initial state must have shape \(1, 3\), got \(3,\)",
        ),
        (
            lambda: selective_scan(
                *(put.ones((1, 4, 2)),) * 2, put.ones((3, 5)), *(put.ones((1, 4, 5)),) * 2
            ),
            r"x of shape \(1, 4, 2\) and decay \(3, 5\)",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
