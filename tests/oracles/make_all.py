"""Regenerate all stored values: `python tests/oracles/make_all.py`.

Needs PyTorch, torchvision, sacrebleu, tokenizers, trimesh, ensemble-boxes, d2l, gpytorch,
diffusers and gymnasium; rlax in an environment of its own, where
make_temporal_difference.py is run.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    for script in sorted(HERE.glob("make_*.py")):
        if script.name not in ("make_all.py", "make_temporal_difference.py"):
            subprocess.run([sys.executable, script], check=True)
