"""Reinforcement learning: worlds to act in, and how to act in them."""

from dl_lib.rl.cart_pole import CartPole
from dl_lib.rl.grids import LARGE_LAKE, SMALL_LAKE, cliff_walking, frozen_lake
from dl_lib.rl.planning import (
    action_values,
    bellman_update,
    evaluate_policy,
    greedy_policy,
    policy_iteration,
    value_iteration,
)
from dl_lib.rl.process import MarkovDecisionProcess, random_process
from dl_lib.rl.rollouts import Trajectory, discounted_returns, rollout

__all__ = [
    "LARGE_LAKE",
    "SMALL_LAKE",
    "CartPole",
    "MarkovDecisionProcess",
    "Trajectory",
    "action_values",
    "bellman_update",
    "cliff_walking",
    "discounted_returns",
    "evaluate_policy",
    "frozen_lake",
    "greedy_policy",
    "policy_iteration",
    "random_process",
    "rollout",
    "value_iteration",
]
