"""Each side works in a process of its own: it shares no thread pool and no memory with the other.

The process does what it is told, and nothing while it waits: the sides take turns.
"""

import contextlib
import gc
import importlib.metadata
import multiprocessing
import os
import sys
import time
import traceback

from benchmarks import machine
from benchmarks.rows import find

__all__ = ["Process"]

PACKAGES = {name: name for name in ("optax", "gymnasium")}
PACKAGES |= {"PyTorch": "torch", "Flax NNX": "flax", "Equinox": "equinox"}
GONE = "the process of this side ended: it may have run out of memory"


class Process:
    """A side of a row, elsewhere; calls are answered by the methods of `_Worker`."""

    def __init__(self, row: str, side: str, platform: str = ""):
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, row, side, platform))
        self._process.start()
        other.close()

    def __getattr__(self, method):
        def call(*arguments):
            self._pipe.send((method, arguments))
            try:
                worked, result = self._pipe.recv()
            except EOFError:
                raise RuntimeError(GONE) from None
            if not worked:
                raise RuntimeError(result)
            return result

        return call

    def block(self, variant):
        """A function of a number of calls that says how long each took."""
        return lambda calls: self.seconds(variant, calls)

    def end(self) -> None:
        """End the process."""
        self._pipe.close()  # ends its loop
        self._process.join(20)
        self._process.kill()


class _Worker:
    """What such a process can be asked for."""

    def __init__(self, row, side):
        self.row, self.side, self.does = row, side, None

    def build(self, *weights):
        """Make the side; return its variants, its weights, and its operations and bytes."""
        if self.side == "limits":
            make = machine.limits
        else:
            row = find(self.row)
            make = row.ours if self.side == "ours" else row.peers[self.side]
        self.does = make(*weights)
        return list(self.does.work), self.does.weights, (self.does.flops, self.does.bytes)

    def device(self):
        """What the device is called."""
        return machine.device()

    def answer(self):
        """Values and gradients."""
        return self.does.answer()

    def seconds(self, variant, calls):
        """Of a call, as a mean over so many."""
        work = self.does.work[variant]
        gc.collect()
        gc.disable()  # a collection would fall into the block of one of them
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        taken = (time.perf_counter() - begun) / calls
        gc.enable()
        return taken

    def peak_mb(self):
        """The most memory that the process had so far; on a GPU, that its arrays had there."""
        device = sys.modules["jax"].local_devices()[0]
        if device.platform != "cpu":
            return device.memory_stats()["peak_bytes_in_use"] / 1e6
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1e6 if sys.platform == "darwin" else 1e3)

    def version(self, peer):
        """The name of a peer with its version."""
        package = PACKAGES.get(peer.partition(",")[0], "jax")
        return f"{peer.partition(',')[0]} {importlib.metadata.version(package).partition('+')[0]}"


def _serve(pipe, row, side, platform):
    os.environ["BENCHMARKS_PLATFORM"] = platform
    # Compiling is measured; and two processes share what memory a GPU has.
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    worker = _Worker(row, side)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the end of the other process
        while True:
            method, arguments = pipe.recv()
            try:
                answer = True, getattr(worker, method)(*arguments)
            except Exception:
                answer = False, traceback.format_exc()
            pipe.send(answer)
