"""What the tests of the library share: oracles, jit against eager, gradients by differences."""

from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

__all__ = [
    "agree",
    "agreements",
    "check_gradient",
    "check_jit",
    "check_stored",
    "check_vmap",
    "load_oracle",
    "record",
]

ORACLES = Path(__file__).resolve().parent / "oracles"

# {family: [number of comparisons, largest relative error]}, printed at the end of the run.
agreements: dict[str, list] = {}


def record(family, error, count=1):
    """Note a comparison with an oracle."""
    entry = agreements.setdefault(family, [0, 0.0])
    entry[0] += count
    entry[1] = max(entry[1], float(error))


def agree(family, actual, oracle, rtol=1e-5, atol=0.0):
    """Assert that two trees of arrays agree, and record how well.

    The recorded error is the largest difference in an array over its largest finite value.
    """
    actual_leaves, oracle_leaves = jax.tree.leaves(actual), jax.tree.leaves(oracle)
    assert len(actual_leaves) == len(oracle_leaves)
    for left, right in zip(actual_leaves, oracle_leaves, strict=True):
        a, b = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
        assert a.shape == b.shape, f"shape {a.shape}, the oracle's is {b.shape}"
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)
        finite = np.isfinite(b)
        largest = np.max(np.abs(b[finite]), initial=0)
        difference = np.max(np.abs(a[finite] - b[finite]), initial=0)
        record(family, difference / largest if largest > 0 else 0.0)


@cache
def load_oracle(family):
    """Stored values of another library: {case: {name: array}} from tests/oracles/<family>.npz."""
    cases = {}
    with np.load(ORACLES / f"{family}.npz") as stored:
        for key, array in stored.items():
            case, _, name = key.rpartition("/")
            cases.setdefault(case, {})[name] = array
    return cases


def check_stored(family, function, case, rtol=1e-12, atol=1e-14, rtol32=3e-6, atol32=3e-6):
    """Assert that value and gradients equal a stored case of `Recording.run`.

    float64 shows that it is the same formula, float32 that the value is computed well.
    """
    count = sum(name.startswith("input") for name in case)
    wanted = [i for i in range(count) if f"gradient{i}" in case]
    oracle = case["output"], [case[f"gradient{i}"] for i in wanted]

    def value_and_gradients(*inputs):
        def of_wanted(*some):
            values = dict(zip(wanted, some, strict=True))
            return function(*(values.get(i, x) for i, x in enumerate(inputs)))

        value, pull = jax.vjp(of_wanted, *(inputs[i] for i in wanted))
        return value, list(pull(jnp.asarray(case["cotangent"], value.dtype)))

    legs = (64, value_and_gradients, oracle, rtol, atol), (32, function, oracle[0], rtol32, atol32)
    for bits, computed, expected, *bounds in legs:
        with jax.enable_x64(bits == 64):
            inputs = [_of_bits(case[f"input{i}"], bits) for i in range(count)]
            actual = jax.jit(computed)(*inputs)
            agree(f"{family}, float{bits}", actual, expected, *bounds)


def _of_bits(array, bits):
    """The array as JAX would take it at this width, converted by NumPy: that compiles nothing."""
    kind = "f" if np.issubdtype(array.dtype, np.floating) else "i"
    return array.astype(f"{kind}{bits // 8}")


def check_jit(function, *args, rtol=1e-6, atol=1e-7):
    """Assert that a function of arrays gives the same compiled as uncompiled."""
    eager, compiled = function(*args), jax.jit(function)(*args)
    assert jax.tree.structure(eager) == jax.tree.structure(compiled)
    for a, b in zip(jax.tree.leaves(eager), jax.tree.leaves(compiled), strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def check_vmap(function, *args, same=(), rtol=1e-5, atol=1e-6):
    """Assert that mapping a function over a new axis is a stack of what it gives one by one.

    The second of the two is the first with the leading axis of every array turned by one place, so
    that labels stay labels and distributions stay distributions. What stands in `same` comes first
    of the arguments and is not mapped.
    """
    turned = jax.tree.map(lambda x: _turned(x) if jnp.ndim(x) else x, args)
    axes = (None,) * len(same) + (0,) * len(args)
    both = jax.tree.map(lambda *pair: _stack(pair), args, turned)
    mapped = jax.jit(jax.vmap(function, axes))(*same, *both)
    # Compiled: uncompiled, every operation would be a program of its own.
    compiled = jax.jit(function)
    first, second = compiled(*same, *args), compiled(*same, *turned)
    one_by_one = jax.tree.map(lambda *pair: _stack(pair), first, second)
    assert jax.tree.structure(mapped) == jax.tree.structure(one_by_one)
    for a, b in zip(jax.tree.leaves(mapped), jax.tree.leaves(one_by_one), strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


# NumPy moves arrays about without compiling anything, but knows no random keys.
def _turned(x):
    return (jnp if _is_key(x) else np).roll(x, 1, 0)


def _stack(pair):
    return (jnp if _is_key(pair[0]) else np).stack(pair)


def _is_key(x):
    return jax.dtypes.issubdtype(jnp.result_type(x), jax.dtypes.prng_key)


def check_gradient(function, *args, rtol=1e-6, atol=1e-7):
    """Assert that the gradient in every floating argument is that of central differences.

    All of it runs in float64; arguments that are not floating are held fixed.
    """
    with jax.enable_x64(True):
        args = [np.asarray(a) for a in args]
        floating = [i for i, a in enumerate(args) if np.issubdtype(a.dtype, np.floating)]
        assert floating, "no argument to differentiate"
        args = [a.astype("f8") if i in floating else a for i, a in enumerate(args)]

        # One program for all: its value is also what is differenced.
        @jax.jit
        @partial(jax.value_and_grad, argnums=tuple(floating))
        def scalar(*args):
            # Unequal weights: in the plain sum of a softmax every gradient would be 0.
            outputs = jax.tree.leaves(function(*args))
            return sum(jnp.sum(np.cos(np.arange(y.size)) * y.ravel()) for y in outputs)

        _, gradients = scalar(*args)
        for i, gradient in zip(floating, gradients, strict=True):
            expected = np.zeros(args[i].shape)
            for index in np.ndindex(args[i].shape):
                step = 1e-5 * max(1.0, abs(float(args[i][index])))
                ends = []
                for sign in (1, -1):
                    moved = np.array(args[i])
                    moved[index] += sign * step
                    ends.append(float(scalar(*args[:i], moved, *args[i + 1 :])[0]))
                expected[index] = (ends[0] - ends[1]) / (2 * step)
            np.testing.assert_allclose(gradient, expected, rtol=rtol, atol=atol)
