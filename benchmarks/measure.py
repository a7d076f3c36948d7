"""One row, from two processes to a line of the table."""

import numpy as np

from benchmarks.agreement import require_agreement
from benchmarks.machine import share
from benchmarks.process import Process
from benchmarks.side import Row
from benchmarks.table import Result
from benchmarks.turns import duel, steady

__all__ = ["machine_limits", "measure"]


def machine_limits() -> tuple[str, tuple[float, float]]:
    """Return what the device is called, and its operations and bytes in a second."""
    process = Process("", "limits")
    try:
        _, _, most = process.build()
        return process.device(), most
    finally:
        process.end()


def measure(
    name: str, row: Row, device: str, most: tuple[float, float], seconds: float, rounds: int
) -> Result:
    """Measure a row against the fastest of its peers; refuse one whose sides do not agree."""
    processes = {"ours": Process(name, "ours")}
    try:
        ours = processes["ours"]
        (variant,), weights, work = ours.build()
        mine, first = ours.block(variant), ours.seconds(variant, 1)
        once = steady(mine)
        peak, answer = ours.peak_mb(), ours.answer()
        times, blocks = {}, {}
        for side in row.peers:
            processes[side] = peer = Process(name, side, device.partition(":")[0])
            variants, _, _ = peer.build(weights)
            print(
                f"{name:20} {side}: {require_agreement(answer, peer.answer(), row.tolerance)}",
                flush=True,
            )
            blocks |= {(side, other): peer.block(other) for other in variants}
            for other in variants:
                peer.seconds(other, 1)
                times[side, other] = steady(peer.block(other))
        side, other = fastest = min(times, key=times.get)
        for loser in set(row.peers) - {side}:
            processes.pop(loser).end()
        both = duel(mine, blocks[fastest], (once, times[fastest]), seconds, rounds)
        version = processes[side].version(side)
    finally:
        for process in processes.values():
            process.end()
    low, high = both.quartiles
    ours_ms, peer_ms = (1e3 * np.median(side) for side in (both.ours, both.theirs))
    print(f"{name:20} {ours_ms:.2f} ms, {version} {other} {peer_ms:.2f} ms", flush=True)
    return Result(
        row=name,
        peer=", ".join(part for part in (version, other) if part),
        ratio=both.ratio,
        ratio_p25=low,
        ratio_p75=high,
        compile_s=max(0.0, first - once),
        peak_mb=peak,
        limit_share=share(work, float(np.median(both.ours)), most),
        target=row.target,
        device=device,
    )
