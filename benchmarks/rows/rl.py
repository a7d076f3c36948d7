"""Q-learning on a frozen lake: for each step a peer goes through an environment in Python."""

import numpy as np

from benchmarks.side import Row, Side

SEEDS, STEPS, EPSILON, RATE, DISCOUNT = 256, 200, 0.1, 0.1, 0.99


def ours():
    """`learn_action_values`: all steps are one scan, and the seeds go side by side."""
    import jax
    import jax.numpy as jnp

    from benchmarks.ours import KEY, waiting
    from dl_lib.rl import epsilon_greedy, frozen_lake, learn_action_values

    def explore(q, step):
        return epsilon_greedy(q, EPSILON)

    def first_of_the_best(q, step):
        return jax.nn.one_hot(q.argmax(), 4)

    def learn(key, lake, policy, start):
        Q = jnp.full((16, 4), start)
        return learn_action_values(lake, Q, policy, RATE, DISCOUNT, key, STEPS).values

    @jax.jit
    def every(keys):
        return jax.vmap(lambda key: learn(key, frozen_lake(), explore, 0.0))(keys)

    def answer():
        one = jax.jit(lambda key: learn(key, frozen_lake(slip=0), first_of_the_best, 1.0))
        return {"values": np.asarray(one(KEY))}

    keys = jax.random.split(KEY, SEEDS)
    traffic = 4 * (16 + 2 * 4 + 3) * SEEDS * STEPS  # a row of chances, two of values, one number
    return Side({"learn_action_values": waiting(every, keys)}, answer, bytes=traffic)


def gymnasium(weights):
    """A loop over the steps of an environment, with a table of NumPy's."""
    import gymnasium

    del weights

    def explore(rng, q):
        return rng.integers(4) if rng.random() < EPSILON else q.argmax()

    def learn(seed, slippery, policy, start):
        world = gymnasium.make("FrozenLake-v1", is_slippery=slippery, max_episode_steps=STEPS)
        rng = np.random.default_rng(seed)
        Q, (state, _) = np.full((16, 4), start), world.reset(seed=seed)
        action = policy(rng, Q[state])
        for _ in range(STEPS):
            after, reward, ended, _, _ = world.step(action)
            later = 0.0 if ended else DISCOUNT * Q[after].max()
            before = state, action
            state = world.reset()[0] if ended else after
            action = policy(rng, Q[state])
            Q[before] += RATE * (reward + later - Q[before])
        return Q

    def answer():
        return {"values": learn(0, False, lambda _, q: q.argmax(), 1.0)}

    def every():
        return [learn(seed, True, explore, 0.0) for seed in range(SEEDS)]

    return Side({"a loop": every}, answer)


ROWS = {
    "frozenlake": Row(
        "Q-learning on FrozenLake, 256 seeds of 200 steps each.",
        1 / 150,
        ours,
        {"gymnasium, a loop": gymnasium},
    )
}
