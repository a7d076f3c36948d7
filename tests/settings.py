"""What is set before JAX is imported, here and in kernels: `-p tests.settings`.

Each program of a test runs a few times on a few numbers, so that to compile it costs more than to
run it: most of XLA's optimizations are left out. With DL_LIB_OPTIMIZED=1 they are all there.
"""

import os

__all__ = ["TORN"]

# JAX does not put its entries in place at once. One that another process is writing, or that a
# killed one left half written, cannot be read: JAX says so, and compiles.
TORN = "ignore:Error reading persistent compilation cache entry"
os.environ.setdefault("PYTHONWARNINGS", TORN)  # for kernels; pytest has warnings of its own

os.environ.setdefault("JAX_PLATFORMS", "cpu")
if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
    # By default JAX keeps only what was slow to compile; the tests compile many small things.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
if not os.environ.get("DL_LIB_OPTIMIZED"):
    os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    # One program in one piece: to cut it up for several cores costs more than these gain.
    flags = "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
    os.environ.setdefault("XLA_FLAGS", flags)
