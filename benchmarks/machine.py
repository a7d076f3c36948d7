"""What the device manages at best, measured: nothing can be faster than these two numbers."""

import platform
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.side import Side

__all__ = ["device", "limits", "share"]

SIZE, LENGTH = 2048, 2**26  # of a product of two matrices, and of a vector that no cache holds


def limits() -> Side:
    """A side without work, whose operations and bytes are those of a second."""
    import jax
    import jax.numpy as jnp

    table, vector = jnp.ones((SIZE, SIZE)), jnp.ones(LENGTH)
    product = jax.jit(lambda a: a @ a)
    copy = jax.jit(lambda v: v + 1, donate_argnums=0)
    held = [vector]

    def move():
        held[0] = copy(held[0])
        return held[0].block_until_ready()

    return Side(
        work={},
        answer=dict,
        flops=2 * SIZE**3 / _best(lambda: product(table).block_until_ready()),
        bytes=2 * 4 * LENGTH / _best(move),
    )


def _best(work: Callable[[], object], times: int = 12) -> float:
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def share(work: tuple[float, float], seconds: float, most: tuple[float, float]) -> float:
    """Return which part of the time the work needs at the limit that is nearer."""
    return max(amount / limit for amount, limit in zip(work, most, strict=True)) / seconds


def device() -> str:
    """Return what the first device of JAX is called; for a CPU, the processor and its cores."""
    import os

    import jax

    first = jax.devices()[0]
    if first.platform != "cpu":
        return f"{first.platform}: {first.device_kind}"
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return f"cpu: {_processor()}, {len(usable)} cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
