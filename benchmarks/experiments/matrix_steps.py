"""What a step is worth that knows a weight matrix from a list of numbers.

A GPT of two blocks, of width 64, guesses the next letter of the language reference of Python, in
pieces of 32 letters, 32 in a batch. All networks have AdamW at its best rate for their vectors,
norms and biases; the rules differ in how the twelve matrices of the blocks step, and all rates
fall to zero along half a cosine. "muon" makes all singular values of the momentum nearly one;
"polar" makes them one, by a polynomial that takes more products; "even" leaves them as they are,
and makes the step as long as that of "polar". "shampoo" has no momentum, and takes its roots in
every twentieth step.

Every rule is tuned by rates a factor of two apart ("tuning": one seed, the ninth tenth of the text
judges), "polar" takes the rate of "muon"; the best run with other seeds ("test", on the last
tenth). Fewer steps keep the rate, and for twice as many it is tuned again.
"""

import functools

import jax
import jax.numpy as jnp

from benchmarks.experiments._language import bits_of, next_letters, tenths, windows
from benchmarks.experiments._streams import trained
from dl_lib.functional import newton_schulz
from dl_lib.models import GPT
from dl_lib.optim import adamw, chain, muon, per_group, scale_by_schedule, sgd, shampoo
from dl_lib.optim.base import stateless

__all__ = ["RUNS", "measure"]

WINDOW, BATCH, STEPS, DECAY = 32, 32, 500, 0.01
EXACT = (15 / 8, -10 / 8, 3 / 8)  # lead every singular value to 1, slowly
OTHERS = 0.004  # the rate of what is no matrix
# rule: the rates tried, and the best
LADDERS = {
    "adamw": ((0.001, 0.002, 0.004, 0.008, 0.016), 0.004),
    "muon": ((0.008, 0.016, 0.032, 0.064, 0.128), 0.032),
    "even": ((0.002, 0.004, 0.008, 0.016, 0.032), 0.004),
    "sgd": ((0.0125, 0.025, 0.05, 0.1, 0.2, 0.4), 0.2),
    "shampoo": ((0.04, 0.08, 0.16, 0.32, 0.64), 0.16),
}
LONGER = {
    "adamw": ((0.001, 0.002, 0.004, 0.008), 0.004),
    "muon": ((0.008, 0.016, 0.032, 0.064), 0.016),
}


def _run(part, rule, rate, seed, steps=STEPS):
    return {"part": part, "rule": rule, "rate": rate, "steps": steps, "seed": seed}


RUNS = [_run("tuning", rule, rate, 0) for rule, (rates, _) in LADDERS.items() for rate in rates]
RUNS += [
    _run("tuning", rule, rate, 0, 2 * STEPS)
    for rule, (rates, _) in LONGER.items()
    for rate in rates
]
TESTS = [(rule, best, STEPS) for rule, (_, best) in LADDERS.items()]
TESTS += [("polar", LADDERS["muon"][1], STEPS)]
TESTS += [(rule, LADDERS[rule][1], STEPS // part) for rule in ("adamw", "muon") for part in (4, 2)]
TESTS += [(rule, best, 2 * STEPS) for rule, (_, best) in LONGER.items()]
RUNS += [_run("test", *test[:2], seed, test[2]) for test in TESTS for seed in (1, 2, 3)]


def network(key: jax.Array) -> GPT:
    """Return the network with its first weights."""
    return GPT(27, None, 64, 4, 2, key=key, rotary_base=10_000.0, bias=False)


def kind(name: str) -> str:
    """Return whether an array is a matrix between two layers of units, or another one."""
    inner = name.startswith("blocks") and name.endswith("weight") and "norm" not in name
    return "matrices" if inner else "others"


def _polar(step):
    """All singular values 1."""
    return newton_schulz(step, 14, EXACT)


def _even(step):
    """As long as `_polar` makes it."""
    return min(step.shape) ** 0.5 * step / (jnp.linalg.norm(step) + 1e-12)


def _momentum(rate, change):
    def changed(step):
        rows, columns = step.shape
        return max(1, columns / rows) ** 0.5 * change(step)  # the factor is muon's

    reshaped = stateless(lambda steps, params: jax.tree.map(changed, steps))
    return chain(sgd(1.0, 0.95, nesterov=True), reshaped, scale_by_schedule(rate))


RULES = {
    "adamw": lambda rate: adamw(rate, weight_decay=DECAY),
    "muon": lambda rate: muon(rate, weight_decay=DECAY),
    "polar": lambda rate: _momentum(rate, _polar),
    "even": lambda rate: _momentum(rate, _even),
    "sgd": lambda rate: sgd(rate, 0.95, nesterov=True),
    "shampoo": lambda rate: shampoo(rate, 0.95, 1e-4, every=20),
}


@functools.partial(jax.jit, static_argnames=("rule", "steps"))
def learn(model: GPT, text: jax.Array, rate, key: jax.Array, rule: str, steps: int) -> GPT:
    """Return the network after so many steps."""

    def loss(model, key, _):
        first = jax.random.randint(key, (BATCH,), 0, len(text) - WINDOW)
        return next_letters(model, text[first[:, None] + jnp.arange(WINDOW + 1)]), ()

    def both(schedule):
        rules = {
            "matrices": RULES[rule](lambda step: rate * schedule(step)),
            "others": RULES["adamw"](lambda step: OTHERS * schedule(step)),
        }
        return per_group(rules, kind)

    return trained(loss, model, jax.random.split(key, steps), 1.0, rule=both)


def measure(part: str, rule: str, rate: float, steps: int, seed: int) -> dict[str, float]:
    """Return the bits that a letter of a text not met costs the network."""
    one, two = jax.random.split(jax.random.key(seed))
    train, ninth, last = tenths()
    model = learn(network(one), jnp.asarray(train), rate, two, rule=rule, steps=steps)
    judged = windows(ninth if part == "tuning" else last, WINDOW + 1)[::WINDOW]
    judged = judged[: len(judged) // 50 * 50].reshape(-1, 50, WINDOW + 1)
    return {"bits": round(float(bits_of(model, jnp.asarray(judged))), 4)}
