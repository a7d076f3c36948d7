"""Reinforcement learning: worlds to act in, and how to act in them."""

from dl_lib.rl.cart_pole import CartPole
from dl_lib.rl.exploration import epsilon_greedy, softmax_policy
from dl_lib.rl.grids import LARGE_LAKE, SMALL_LAKE, cliff_walking, frozen_lake
from dl_lib.rl.planning import (
    action_values,
    bellman_update,
    evaluate_policy,
    greedy_policy,
    policy_iteration,
    value_iteration,
)
from dl_lib.rl.policy_gradients import (
    discounted_visits,
    exact_policy_gradient,
    policy_gradient_loss,
)
from dl_lib.rl.process import MarkovDecisionProcess, random_process
from dl_lib.rl.rollouts import Trajectory, discounted_returns, rollout
from dl_lib.rl.tables import TableRun, learn_action_values
from dl_lib.rl.temporal_difference import (
    double_q_learning_error,
    expected_sarsa_error,
    lambda_returns,
    q_learning_error,
    sarsa_error,
    td_error,
)

__all__ = [
    "LARGE_LAKE",
    "SMALL_LAKE",
    "CartPole",
    "MarkovDecisionProcess",
    "TableRun",
    "Trajectory",
    "action_values",
    "bellman_update",
    "cliff_walking",
    "discounted_returns",
    "discounted_visits",
    "double_q_learning_error",
    "epsilon_greedy",
    "evaluate_policy",
    "exact_policy_gradient",
    "expected_sarsa_error",
    "frozen_lake",
    "greedy_policy",
    "lambda_returns",
    "learn_action_values",
    "policy_gradient_loss",
    "policy_iteration",
    "q_learning_error",
    "random_process",
    "rollout",
    "sarsa_error",
    "softmax_policy",
    "td_error",
    "value_iteration",
]
