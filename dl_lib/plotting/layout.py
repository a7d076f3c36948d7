"""Where things go: labels that do not touch, and the nodes of a graph in layers."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dl_lib.plotting.types import Number, Numbers

__all__ = ["layers_of", "place_in_layers", "spread"]


def spread(heights: Numbers, gap: Number) -> list[float]:
    """How far to move each height so that neighbors are `gap` apart and groups stay centered.

    Args
        heights: where things would like to be
        gap: the least distance between two of them
    Returns
        one shift per height; the order of the heights stays
    Chapter
        preliminaries/calculus
    """
    groups: list[list[int]] = []
    for index in np.argsort(heights, kind="stable"):
        groups.append([int(index)])
        # Two groups that touch become one, centered on the mean of its members.
        while len(groups) > 1 and _overlap(groups[-2], groups[-1], heights, gap):
            groups[-2:] = [groups[-2] + groups[-1]]
    shifts = [0.0] * len(heights)
    for group in groups:
        middle = np.mean([heights[index] for index in group])
        for place, index in enumerate(group):
            target = middle + gap * (place - (len(group) - 1) / 2)
            shifts[index] = float(target - heights[index])
    return shifts


def _overlap(lower: list[int], upper: list[int], heights: Numbers, gap: Number) -> bool:
    """Whether two stacks, each centered on the mean of its members, come closer than `gap`."""
    distance = np.mean([heights[i] for i in upper]) - np.mean([heights[i] for i in lower])
    return bool(distance < gap * (len(lower) + len(upper)) / 2 - 1e-9)


def layers_of(edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The column of each node of an acyclic graph: after all that it is computed from.

    Args
        edges: (source, target) pairs
    Returns
        node -> column; a node without sources stands just before its first use
    Raises
        ValueError: if the edges run in a circle
    Chapter
        preliminaries/autodiff
    """
    nodes = list(dict.fromkeys(node for edge in edges for node in edge))
    column = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for source, target in edges:
            column[target] = max(column[target], column[source] + 1)
    if any(column[target] <= column[source] for source, target in edges):
        raise ValueError("the edges run in a circle: a computation has a first step and a last")
    computed = {target for _, target in edges}
    for node in nodes:
        if node not in computed:
            column[node] = min(column[target] for source, target in edges if source == node) - 1
    return column


def place_in_layers(edges: Sequence[tuple[str, str]], gap: Number = 1.0) -> dict[tuple, float]:
    """Heights for the nodes of an acyclic graph, so that edges are short and cross little.

    Args
        edges: (source, target) pairs
        gap: the least distance between two nodes of one column
    Returns
        (node,) -> its height, and (source, target, column) -> the height at which a long edge
        passes that column
    Chapter
        preliminaries/autodiff
    """
    column = layers_of(edges)
    where: dict[tuple, int] = {(node,): layer for node, layer in column.items()}
    neighbors: dict[tuple, list[tuple]] = {}
    for source, target in edges:
        between = range(column[source] + 1, column[target])
        chain = [(source,), *((source, target, layer) for layer in between), (target,)]
        where |= {key: key[2] for key in chain[1:-1]}
        for left, right in pairwise(chain):
            neighbors.setdefault(left, []).append(right)
            neighbors.setdefault(right, []).append(left)
    members = [[key for key in where if where[key] == layer] for layer in sorted({*where.values()})]
    height = {key: -gap * place for keys in members for place, key in enumerate(keys)}
    for sweep in range(24):
        for keys in members if sweep % 2 == 0 else members[::-1]:
            wishes = [float(np.mean([height[other] for other in neighbors[key]])) for key in keys]
            # A tie is broken by the order so far, which keeps the picture as the author wrote it.
            wishes = [wish + 1e-3 * height[key] for wish, key in zip(wishes, keys, strict=True)]
            for key, wish, shift in zip(keys, wishes, spread(wishes, gap), strict=True):
                height[key] = wish + shift
    return height
