"""Reinforcement learning: worlds to act in, and how to act in them."""

from dl_lib.rl.cart_pole import CartPole
from dl_lib.rl.deep_q import q_learning_loss
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
from dl_lib.rl.replay import ReplayBuffer, replay_buffer
from dl_lib.rl.rollouts import Trajectory, discounted_returns, rollout
from dl_lib.rl.tables import TableRun, learn_action_values
from dl_lib.rl.target_networks import hard_update, soft_update
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
    "ReplayBuffer",
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
    "hard_update",
    "lambda_returns",
    "learn_action_values",
    "policy_gradient_loss",
    "policy_iteration",
    "q_learning_error",
    "q_learning_loss",
    "random_process",
    "replay_buffer",
    "rollout",
    "sarsa_error",
    "soft_update",
    "softmax_policy",
    "td_error",
    "value_iteration",
]
