"""Two forms of one function, of which a CPU takes one and other devices the other."""

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["check_forms", "elsewhere", "with_xla"]


def elsewhere(monkeypatch, function):
    """The function as it is on a device that is no CPU."""

    def call(*args):
        with monkeypatch.context() as patch:
            patch.setattr(jax, "default_backend", lambda: "gpu")
            return function(*args)

    return call


def with_xla(monkeypatch, compute, *args, transform=jax.jit):
    """What a function gives where no form for a CPU is chosen."""
    return transform(elsewhere(monkeypatch, compute))(*args)


def check_forms(function, expected, *args, rtol=1e-3, atol=1e-4):
    """Assert that a function is the expected one in all that one may do with it.

    These are its value, gradient and second derivative, and gradients that are mapped, scanned and
    made again by `checkpoint`, in float32 and, near that, in bfloat16.
    """
    actual, wanted = (jax.jit(_everything(form))(*args) for form in (function, expected))
    for one, other in zip(jax.tree.leaves(actual), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol, atol * float(np.abs(other).max() + 1e-30))
    halves = jax.jit(_everything(function))(*(np.asarray(a).astype(jnp.bfloat16) for a in args))
    for one, other in zip(jax.tree.leaves(halves), jax.tree.leaves(wanted), strict=True):
        assert one.dtype == jnp.bfloat16
        wide = np.asarray(one, float)
        np.testing.assert_allclose(wide, other, 0.05, 0.05 * float(np.abs(other).max() + 1e-30))


def _everything(function):
    def loss(*args):
        y = function(*args)
        return jnp.sum(jnp.sin(y) * jnp.cos(jnp.arange(y.size)).astype(y.dtype).reshape(y.shape))

    def compute(*args):
        numbers = tuple(range(len(args)))
        gradient = jax.grad(loss, numbers)

        def along(*args):  # times a direction that depends on where the arrays are
            return sum(jnp.sum(jnp.cos(a) * g) for a, g in zip(args, gradient(*args), strict=True))

        pairs = tuple(jnp.stack([a, -a / 2]) for a in args)
        return {
            "value": function(*args),
            "gradient": gradient(*args),
            "second": jax.grad(along, numbers)(*args),
            "mapped": jax.vmap(gradient)(*pairs),
            "scanned": jax.lax.scan(lambda _, each: (None, gradient(*each)), None, pairs)[1],
            "checkpointed": jax.grad(jax.checkpoint(loss), numbers)(*args),
        }

    return compute
