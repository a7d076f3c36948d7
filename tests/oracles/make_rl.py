"""Stored values of gymnasium for dl_lib.rl: tables, walks through them, a pole on a cart."""

import gymnasium
import numpy as np
from recording import Recording

LAKES = {
    "small": {"map_name": "4x4"},
    "large": {"map_name": "8x8"},
    "sure": {"map_name": "4x4", "is_slippery": False},
    "rarely": {"map_name": "4x4", "success_rate": 0.75},
}


def table(environment):
    """The probabilities, what each passage pays, and which states end an episode."""
    world = environment.unwrapped
    states, actions = environment.observation_space.n, environment.action_space.n
    transitions, rewards = np.zeros((2, states, actions, states))
    terminal = np.zeros(states, bool)
    for s, choices in world.P.items():
        for a, outcomes in choices.items():
            for probability, after, reward, ended in outcomes:
                transitions[s, a, after] += probability
                rewards[s, a, after] = reward
                terminal[after] |= ended
    return {
        "transitions": transitions,
        "rewards": rewards,
        "terminal": terminal,
        "start": world.initial_state_distrib,
    }


def walk(environment, steps, seed=0):
    """Steps of a walk by actions drawn, through as many episodes as there are."""
    actions = np.random.default_rng(seed)
    state, _ = environment.reset(seed=seed)
    seen = []
    for _ in range(steps):
        action = int(actions.integers(environment.action_space.n))
        after, reward, terminated, truncated, _ = environment.step(action)
        seen.append((state, action, after, reward, terminated))
        state = after
        if terminated or truncated:
            state, _ = environment.reset()
    names = ("states", "actions", "after", "rewards", "terminated")
    return dict(zip(names, map(np.array, zip(*seen, strict=True)), strict=True))


def push(policy, steps, seed):
    """One episode of CartPole in float64, which gymnasium computes in and does not return."""
    environment = gymnasium.make("CartPole-v1").unwrapped
    environment.reset(seed=seed)
    states, actions, rewards, terminated = [np.array(environment.state)], [], [], []
    while len(actions) < steps and not any(terminated):
        actions.append(policy(states[-1], len(actions)))
        _, reward, ended, _, _ = environment.step(actions[-1])
        states.append(np.array(environment.state))
        rewards.append(reward)
        terminated.append(ended)
    return {
        "states": np.array(states),
        "actions": np.array(actions),
        "rewards": np.array(rewards),
        "terminated": np.array(terminated),
    }


def main():
    recording = Recording("rl")
    for name, settings in LAKES.items():
        environment = gymnasium.make("FrozenLake-v1", max_episode_steps=100, **settings)
        recording.put(f"lake/{name}", **table(environment))
        recording.put(f"walk/{name}", **walk(environment, 4000))
    cliff = gymnasium.make("CliffWalking-v1", max_episode_steps=1000)
    recording.put("lake/cliff", **table(cliff))
    recording.put("walk/cliff", **walk(cliff, 4000))
    recording.put("pole/balanced", **push(lambda s, t: int(s[2] + s[3] > 0), 300, 0))
    recording.put("pole/right", **push(lambda s, t: 1, 300, 1))
    recording.put("pole/turns", **push(lambda s, t: t % 2, 300, 2))
    recording.save()


if __name__ == "__main__":
    main()
