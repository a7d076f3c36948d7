"""Layers for tests that do not look at what a layer begins with: to build one compiles nothing."""

import jax
import numpy as np

from dl_lib import layers

__all__ = ["L"]


class _Filled:
    """`dl_lib.layers`, but NumPy draws what a layer holds: that compiles nothing."""

    def __getattr__(self, name):
        def make(*args, **kwargs):
            layer = jax.eval_shape(lambda: getattr(layers, name)(*args, **kwargs))
            generator = np.random.default_rng(len(name))
            return jax.tree.map(lambda leaf: self._fill(generator, leaf), layer)

        return make

    @staticmethod
    def _fill(generator, leaf):
        """A kernel of both signs, or a positive vector, since some are variances."""
        drawn = generator.normal(0, 0.5, leaf.shape)
        return jax.device_put((drawn if leaf.ndim > 1 else abs(drawn) + 0.1).astype(leaf.dtype))


L = _Filled()
