"""A process that runs students' code, watched from outside: it ends when its time is over."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dl_lib

__all__ = ["Process"]

STARTING = 300  # seconds for Python and the imports of the chapters, on a machine that is busy
# Of the environment only what is needed: it may hold passwords.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
KEPT += ("XDG_CACHE_HOME", "MPLCONFIGDIR", "DL_LIB_DATA", "JAX_COMPILATION_CACHE_DIR")
ALWAYS = {"JAX_PLATFORMS": "cpu", "MPLBACKEND": "Agg", "PYTHONUTF8": "1", "DL_LIB_STATIC": "1"}
# The checks are the same for all students, and need be compiled once.
ALWAYS |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
ALWAYS |= {"JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}


class Process:
    """One run of `dl_lib.course._worker`."""

    def __init__(self, job: dict, limits):
        self._limits = limits
        self._folder = tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True)
        environment = {name: os.environ[name] for name in KEPT if name in os.environ} | ALWAYS
        environment["PYTHONPATH"] = str(Path(dl_lib.__file__).parents[1])
        cache = Path.home() / ".cache" / "dl_lib" / "jax"
        environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dl_lib.course._worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment,
            start_new_session=True,  # so that what it starts ends with it
        )
        self._queue: queue.Queue = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        with contextlib.suppress(BrokenPipeError):  # it has ended already: the events will tell
            self._process.stdin.write(json.dumps(job).encode())
            self._process.stdin.close()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *exception):
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._listener.join(timeout=5)
        self._folder.cleanup()

    def events(self) -> Iterator[dict]:
        """What the worker tells, with the seconds of each stage; and why it ended too early."""
        label = stage = None
        begun = time.monotonic()
        while True:
            allowed = STARTING if stage is None else self._limits.seconds
            event = self._next(begun + allowed)
            if not event:
                reason = self._reason(timed_out=event is None)
                yield {"ends": label, "stage": stage, "reason": reason}
                return
            if event.get("ends") == "all":
                return
            if "begins" in event:
                label, stage, begun = event["begins"], event["stage"], time.monotonic()
            elif "ends" in event:
                yield {**event, "seconds": time.monotonic() - begun}
            else:
                yield event

    def _next(self, end):
        """The next event; {} at the end of the process, None when the time is over."""
        while not self._limits.canceled.is_set():
            try:
                return self._queue.get(timeout=max(0.0, min(0.2, end - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= end:
                    return None
        raise KeyboardInterrupt

    def _listen(self):
        with self._process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError):  # not ours
                    self._queue.put(json.loads(line))
        self._queue.put({})

    def _reason(self, timed_out):
        if timed_out:
            return f"it did not end within {self._limits.seconds:.0f} seconds"
        status = self._process.wait()
        if status == -9:
            return "it was ended by the system, as happens to what takes too much memory"
        if status < 0:
            return f"it crashed ({signal.Signals(-status).name})"
        return f"it ended its own process (exit status {status})"
