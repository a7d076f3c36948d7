"""The settings of the tests: a compilation cache that other processes write to as well."""

import subprocess
import sys
import warnings

TORN = """
import jax, pathlib, sys

def six():
    jax.clear_caches()
    return jax.jit(lambda: 2.0 * 3.0)()

six()
entries = list(pathlib.Path(sys.argv[1]).glob("*-cache"))
assert entries
for entry in entries:
    entry.write_bytes(entry.read_bytes()[:-9])
assert six() == 6
"""


def test_an_entry_that_is_half_written_is_passed_over(tmp_path, monkeypatch):
    for name, value in {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-c", TORN, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_no_test_fails_by_it():
    warnings.warn("Error reading persistent compilation cache entry for 'jit_f'", stacklevel=1)
