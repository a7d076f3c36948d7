"""How well networks do that are drawn at random from the design spaces AnyNet A to E.

Each network has a stem, three stages of bottlenecks, and about 50,000 multiply-adds for a letter of
12 × 12 pixels. All learn at one rate, the best for networks of A, E and both controls ("tuning").
Then each network of a space learns once with a seed of its own ("test"), and the first ones of A
with two seeds more, to see what is luck ("again"). Two more spaces are controls: D and E with their
order turned around.

All run in one compiled step, that of the largest network: a smaller one is the largest with zeros
for what it lacks, and zeros that stay zeros.
"""

import dataclasses
import functools
import itertools
import random

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from benchmarks.experiments._letters import CosineAdam, letters
from benchmarks.experiments._scored import scores_after
from dl_lib.core import Module, named, partition, with_arrays
from dl_lib.losses import cross_entropy
from dl_lib.models import AnyNet
from dl_lib.optim import Optimizer

__all__ = ["CHOICES", "RUNS", "SPACES", "Kept", "Network", "build", "inside", "measure", "sample"]

STAGES, CLASSES, SIZE = 3, 10, 12  # pixels of a side
BATCH, EPOCHS, LEARNED = 64, 4, 2_560
STEM, FIRST = (3, 1, 1), 8  # kernel, stride and padding of the stem, and its channels
NUMBER = 24  # of networks drawn from a space
RATES, BEST = (0.015, 0.05, 0.15), 0.05
WORK = 40_000, 60_000  # multiply-adds of a network, at least and at most


@dataclasses.dataclass(frozen=True)
class Network:
    """A point of the design space: a number of each kind for each stage."""

    depths: tuple[int, ...]
    widths: tuple[int, ...]
    ratios: tuple[int, ...]
    groups: tuple[int, ...]


CHOICES = Network((1, 2, 3), (4, 8, 12, 16), (1, 2), (1, 2, 4))  # for each stage
LARGEST = Network(*((max(numbers),) * STAGES for numbers in ((3,), CHOICES.widths, (1,), (16,))))


def _same(numbers):
    return len(set(numbers)) == 1


def _rising(numbers):
    return list(numbers) == sorted(numbers)


def _falling(numbers):
    return _rising(numbers[::-1])


# Which networks belong to a space: what is asked of the numbers of a kind.
_C = {"ratios": _same, "groups": _same}
SPACES = {
    "A": {},
    "B": {"ratios": _same},
    "C": _C,
    "D": _C | {"widths": _rising},
    "E": _C | {"widths": _rising, "depths": _rising},
    "D turned": _C | {"widths": _falling},
    "E turned": _C | {"widths": _rising, "depths": _falling},
}


def work(network: Network) -> int:
    """Return the multiply-adds for an image: 12 × 12 pixels behind the stem, then 6, 3 and 2."""
    total, before, side = 9 * FIRST * SIZE**2, FIRST, SIZE
    for depth, width, ratio, group in zip(*dataclasses.astuple(network), strict=True):
        within, half = width // ratio, -(-side // 2)
        total += before * within * side**2 + before * width * half**2  # the first, and around it
        total += (9 * within * group + within * width) * half**2 * depth
        total += width * within * half**2 * (depth - 1)
        before, side = width, half
    return total + before * CLASSES


def _is_network(network):
    within = [width // ratio for width, ratio in zip(network.widths, network.ratios, strict=True)]
    fits = all(w % group == 0 for w, group in zip(within, network.groups, strict=True))
    return fits and WORK[0] <= work(network) <= WORK[1]


def sample(space: str, number: int, seed: int = 0) -> list[Network]:
    """Draw networks of a space, all of its networks with the same probability."""
    lot, found = random.Random(f"{space} {seed}"), []
    while len(found) < number:
        network = Network(*(_drawn(lot, name, space) for name in vars(CHOICES)))
        asked = SPACES[space].items()
        if all(holds(getattr(network, name)) for name, holds in asked) and _is_network(network):
            found.append(network)
    return found


def _drawn(lot, name, space):
    """Numbers of one kind. One for all stages is drawn once, since chance would rarely do it."""
    once = SPACES[space].get(name) is _same
    choices = getattr(CHOICES, name)
    drawn = [choices[int(lot.random() * len(choices))] for _ in range(1 if once else STAGES)]
    return tuple(drawn) * (STAGES if once else 1)


def _run(part, space, network, rate, seed):
    """The settings of a run; the numbers of the stages as text, as in "1-2-3"."""
    numbers = {name: "-".join(map(str, kind)) for name, kind in vars(network).items()}
    return {"part": part, "space": space} | numbers | {"rate": rate, "seed": seed}


RUNS = [
    _run("tuning", space, network, rate, seed)
    for space in ("A", "E", "D turned", "E turned")
    for seed, network in enumerate(sample(space, 3, seed=1), 1)
    for rate in RATES
]
# By turns, so that the spaces are equally far at any time.
RUNS += [
    _run("test", space, network, BEST, seed)
    for seed, networks in enumerate(
        zip(*(sample(space, NUMBER) for space in SPACES), strict=True), 1
    )
    for space, network in zip(SPACES, networks, strict=True)
]
RUNS += [
    _run("again", "A", network, BEST, seed + 100 * more)
    for (seed, network), more in itertools.product(enumerate(sample("A", 6), 1), (1, 2))
]


def build(network: Network, key: jax.Array) -> Module:
    """Return the network, for images with one channel."""
    shape = network.depths, (FIRST, *network.widths), network.groups, network.ratios
    return AnyNet(*shape, CLASSES, 1, 0, STEM, key=key)


@functools.cache
def _largest():
    return build(LARGEST, jax.random.key(0))


def inside(small: Module, whole: Module) -> Module:
    """Put the parameters of a network into a larger one, and zeros where they do not reach.

    Blocks that the small one lacks add nothing then, so the larger one is the same function.
    """
    parts = named(small)
    placed = {name: _placed(parts.get(name), leaf) for name, leaf in named(whole).items()}
    return with_arrays(whole, placed)


def _placed(part, leaf):
    room = np.zeros(leaf.shape, leaf.dtype)
    if part is None:
        return jnp.asarray(room)
    if leaf.shape[2:] == (3, 3) and leaf.shape[0] == leaf.shape[1]:  # groups, on the diagonal
        rows, group = np.arange(len(part))[:, None], part.shape[1]
        room[rows, rows // group * group + np.arange(group)] = part
    else:
        room[tuple(map(slice, part.shape))] = part
    return jnp.asarray(room)


@dataclasses.dataclass(frozen=True)
class Kept:
    """An optimizer that leaves alone what `kept` has zeros for."""

    kept: PyTree = dataclasses.field(compare=False)
    optimizer: Optimizer

    def init(self, parameters: PyTree) -> tuple:
        return self.kept, self.optimizer.init(parameters)

    def update(self, gradient: PyTree, state: tuple, parameters: PyTree = None) -> tuple:
        kept, memory = state
        updates, memory = self.optimizer.update(gradient, memory, parameters)
        return jax.tree.map(jnp.multiply, updates, kept), (kept, memory)


def measure(part: str, space: str, rate: float, seed: int, **numbers: str) -> dict[str, float]:
    """Train a network on 2,560 letters, and count on 2,000 others, for the test on 4,000."""
    network = Network(*(tuple(map(int, numbers[name].split("-"))) for name in vars(CHOICES)))
    first, order = jax.random.split(jax.random.key(seed))
    small = build(network, first)
    ones = inside(jax.tree.map(jnp.ones_like, small), _largest())
    steps = EPOCHS * LEARNED // BATCH
    found = scores_after(
        inside(small, _largest()),
        cross_entropy,
        letters(LEARNED, 0, SIZE),
        letters(2_000, 2, SIZE) if part == "tuning" else letters(4_000, 1, SIZE),
        optimizer=Kept(partition(ones)[0], CosineAdam(rate, steps)),
        epochs=EPOCHS,
        batch_size=BATCH,
        key=order,
    )
    parameters = sum(leaf.size for leaf in jax.tree.leaves(partition(small)[0]))
    return found | {"parameters": parameters, "multiply_adds": work(network)}
