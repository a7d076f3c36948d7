"""Stored values of rlax: the losses of Q-learning and double Q-learning, and their gradients.

rlax 0.1.9 needs an environment of its own, with jax 0.6.2, in which there is no PyTorch.
"""

from pathlib import Path

import jax
import numpy as np
import rlax

ROWS, ACTIONS = 6, 3
FILE = Path(__file__).resolve().parent / "deep_q.npz"


def losses(delta):
    """Of a batch, by rlax: squares or Huber's, of its errors, whose targets are constants."""

    def shape(errors):
        return (rlax.l2_loss(errors) if delta is None else rlax.huber_loss(errors, delta)).mean()

    def single(q, a, r, discount, value, selector):
        return shape(jax.vmap(rlax.q_learning)(q, a, r, discount, value))

    def double(q, a, r, discount, value, selector):
        return shape(jax.vmap(rlax.double_q_learning)(q, a, r, discount, value, selector))

    return {"single": single, "double": double}


def main():
    """Store inputs, outputs and gradients by all that the loss is a function of."""
    jax.config.update("jax_enable_x64", True)
    rng, stored = np.random.default_rng(0), {}
    q, value, selector = rng.normal(size=(3, ROWS, ACTIONS)) * 2
    taken = rng.integers(ACTIONS, size=ROWS).astype(np.int32)
    inputs = q, taken, rng.normal(size=ROWS), np.float64([0.9, 0, 1, 0.5, 0.9, 0]), value, selector
    wanted = (0, 2, 4, 5)
    for delta in (None, 1.0, 0.25):
        for kind, loss in losses(delta).items():
            found, slopes = jax.value_and_grad(loss, wanted)(*inputs)
            case = f"{kind}/{delta or 'squares'}"
            stored |= {f"{case}/input{i}": np.asarray(x) for i, x in enumerate(inputs)}
            stored |= {
                f"{case}/gradient{i}": np.asarray(x) for i, x in zip(wanted, slopes, strict=True)
            }
            stored[f"{case}/output"] = np.asarray(found)
    np.savez_compressed(FILE, **stored)


if __name__ == "__main__":
    main()
