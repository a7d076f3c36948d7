"""Run every benchmark, one after another: `make benchmarks`."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    for script in (
        "core_overhead.py",
        "training_step.py",
        "convolution.py",
        "transposed_convolution.py",
        "networks.py",
    ):
        print(script, flush=True)
        subprocess.run([sys.executable, HERE / script], check=True)
