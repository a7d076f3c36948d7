"""Stored values of rlax: the loss of a policy gradient, and its gradient by the logits.

rlax 0.1.9 needs an environment of its own, with jax 0.6.2, in which there is no PyTorch.
"""

from pathlib import Path

import jax
import numpy as np
import rlax

FILE = Path(__file__).resolve().parent / "policy_gradients.npz"


def main():
    """Store inputs, outputs and gradients."""
    jax.config.update("jax_enable_x64", True)
    rng, stored = np.random.default_rng(0), {}
    for case, (time, actions) in {"pushes": (9, 2), "moves": (5, 4)}.items():
        logits = rng.normal(size=(time, actions))
        taken = rng.integers(actions, size=time).astype(np.int32)
        advantages = rng.normal(size=time)

        def loss(logits, taken=taken, advantages=advantages):
            return rlax.policy_gradient_loss(logits, taken, advantages, np.ones_like(advantages))

        value, slope = jax.value_and_grad(loss)(logits)
        found = {"logits": logits, "taken": taken, "advantages": advantages}
        found |= {"output": np.asarray(value), "gradient": np.asarray(slope)}
        stored |= {f"{case}/{name}": array for name, array in found.items()}
    np.savez_compressed(FILE, **stored)


if __name__ == "__main__":
    main()
