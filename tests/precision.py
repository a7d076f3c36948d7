"""float16 and bfloat16 against float32: the same value within the last digit of the answer."""

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["check_precision"]

HALVES = (jnp.float16, jnp.bfloat16)


def check_precision(function, *args, wide=False, of_largest=False):
    """Assert that a function of numbers of 16 bits gives what it gives of them in float32.

    Args
        function: of arrays
        args: what it is called with; floating arrays are rounded to 16 bits
        wide: whether the answer is float32; else it is of the 16 bits that were given
        of_largest: whether its last digit is that of the largest number of the answer
    Returns
        nothing
    """
    cases = [jax.tree.map(lambda x, half=half: _rounded(half, x), args) for half in HALVES]

    def every_type(cases):
        return [(function(*case), function(*jax.tree.map(_in_float32, case))) for case in cases]

    # Without this setting XLA leaves out the rounding between two steps of one program, and what
    # is wrong step by step would look right.
    options = {"xla_allow_excess_precision": False}
    answers = jax.jit(every_type).lower(cases).compile(options)(cases)
    for half, (halves, expected) in zip(HALVES, answers, strict=True):
        pairs = zip(jax.tree.leaves(halves), jax.tree.leaves(expected), strict=True)
        for actual, reference in pairs:
            assert actual.shape == reference.shape
            if not jnp.issubdtype(reference.dtype, jnp.floating):
                assert actual.dtype == reference.dtype
                np.testing.assert_array_equal(actual, reference)
                continue
            assert actual.dtype == (jnp.float32 if wide else half), actual.dtype
            rtol = 1e-6 if wide else float(jnp.finfo(half).eps)
            atol = 1e-6 if wide else float(jnp.finfo(half).smallest_subnormal)
            wanted = np.asarray(reference, float)
            assert np.isfinite(wanted).all(), "a case whose float32 says nothing"
            atol += rtol * np.max(np.abs(wanted)) if of_largest else 0
            given = np.asarray(actual, float)
            np.testing.assert_allclose(given, wanted, rtol, atol, err_msg=str(half))


def _rounded(dtype, x):
    return np.asarray(x).astype(dtype) if _is_floating(x) else x  # by NumPy: that compiles nothing


def _in_float32(x):
    return x.astype(jnp.float32) if _is_floating(x) else x


def _is_floating(x):
    return hasattr(x, "dtype") and jnp.issubdtype(x.dtype, jnp.floating)
