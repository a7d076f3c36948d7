"""Stored values of rlax: the errors of a step, λ-returns, and the laws of exploration.

rlax 0.1.9 needs an environment of its own, with jax 0.6.2, in which there is no PyTorch.
"""

from pathlib import Path

import distrax
import jax
import jax.numpy as jnp
import numpy as np
import rlax

ROWS, ACTIONS, TIME = 5, 4, 7
FILE = Path(__file__).resolve().parent / "temporal_difference.npz"


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def put(stored, case, function, *inputs):
    """Store inputs and output. No gradient: rlax stops it at the target, the library does not."""
    exact = [np.asarray(x, "f8" if np.asarray(x).dtype.kind == "f" else "i4") for x in inputs]
    stored[f"{case}/output"] = np.asarray(function(*exact))
    stored |= {f"{case}/input{i}": np.asarray(x) for i, x in enumerate(inputs)}


def record_errors(stored):
    rng = np.random.default_rng(0)
    q_tm1, q_t, other = (numbers(seed, ROWS, ACTIONS) for seed in (1, 2, 3))
    a_tm1, a_t = rng.integers(ACTIONS, size=(2, ROWS)).astype(np.int32)
    r_t = numbers(4, ROWS)
    discount_t = np.float32([0.5, 0.75, 0, 1, 0.875])
    policy_t = rng.integers(1, 9, (ROWS, ACTIONS)).astype(np.float32)
    policy_t = (policy_t / policy_t.sum(axis=1, keepdims=True)).astype(np.float32)
    step = (q_tm1, a_tm1, r_t, discount_t, q_t)
    put(stored, "td", jax.vmap(rlax.td_learning), r_t, r_t[::-1], discount_t, q_t[:, 0])
    put(stored, "q_learning", jax.vmap(rlax.q_learning), *step)
    put(stored, "sarsa", jax.vmap(rlax.sarsa), *step, a_t)
    put(stored, "expected_sarsa", jax.vmap(rlax.expected_sarsa), *step, policy_t)
    put(stored, "double_q_learning", jax.vmap(rlax.double_q_learning), *step, other)


def record_returns(stored):
    r_t, v_t = numbers(5, TIME), numbers(6, TIME)
    for case, discount_t in (
        ("goes_on", np.full(TIME, 0.875, np.float32)),
        ("ends", np.float32([0.875] * 3 + [0] + [0.875] * 3)),
    ):
        for decay in (0.0, 0.75, 1.0):
            case_name = f"lambda_returns/{case}/{decay}"
            put(stored, case_name, rlax.lambda_returns, r_t, discount_t, v_t, decay)


def record_exploration(stored):
    values = np.float32([[1, 2, 3, 0], [2, 2, 1, 0], [1, 1, 1, 1]])
    for epsilon in (0.0, 0.125, 1.0):
        policy = distrax.EpsilonGreedy(jnp.asarray(values, "f8"), epsilon)
        stored[f"epsilon_greedy/{epsilon}/input0"] = values
        stored[f"epsilon_greedy/{epsilon}/output"] = np.asarray(policy.probs)
    for temperature in (0.125, 1.0, 16.0):
        policy = distrax.Softmax(jnp.asarray(values, "f8"), temperature)
        stored[f"softmax_policy/{temperature}/input0"] = values
        stored[f"softmax_policy/{temperature}/output"] = np.asarray(policy.probs)


def main():
    jax.config.update("jax_enable_x64", True)
    stored = {}
    record_errors(stored)
    record_returns(stored)
    record_exploration(stored)
    np.savez_compressed(FILE, **stored)
    print(f"{FILE.name}: {len(stored)} arrays, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
