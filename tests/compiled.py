"""A function of arrays as one program: uncompiled, every operation of it is compiled for itself.

What a value is does not depend on that, as `check_jit` shows of every function; that known values
are checked, the tests of mistakes show.
"""

from functools import lru_cache

import jax
import numpy as np

__all__ = ["compiled", "value_and_pull"]


def compiled(function):
    """Make the function compile as a whole for whatever is no array, and answer in NumPy's arrays.

    What a test does with those compiles nothing either.
    """

    def call(*args, **settings):
        leaves, tree = jax.tree.flatten((function, args, settings))  # a layer has arrays, too
        is_array = [isinstance(leaf, jax.Array | np.ndarray) for leaf in leaves]
        fixed = tuple(None if array else leaf for leaf, array in zip(leaves, is_array, strict=True))
        arrays = [leaf for leaf, array in zip(leaves, is_array, strict=True) if array]
        program = _program(tree, fixed, tuple(map(type, fixed)), tuple(is_array))
        return jax.tree.map(np.asarray, program(arrays))

    return call


@lru_cache(maxsize=128)
def _program(tree, fixed, _, is_array):
    @jax.jit
    def program(arrays):
        rest = iter(arrays)
        leaves = [next(rest) if array else x for x, array in zip(fixed, is_array, strict=True)]
        function, args, settings = jax.tree.unflatten(tree, leaves)
        return function(*args, **settings)

    return program


@lru_cache(maxsize=128)
def _pulling(function):
    @jax.jit
    def both(arguments, cotangent):
        value, pull = jax.vjp(function, *arguments)
        return value, pull(cotangent)

    return both


def value_and_pull(function, *arguments, cotangent):
    """The value, and what a cotangent of it is at each argument, by one program."""
    return _pulling(function)(arguments, cotangent)
