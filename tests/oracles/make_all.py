"""Regenerate all stored values: `python tests/oracles/make_all.py`.

Needs PyTorch, torchvision, sacrebleu, tokenizers, trimesh, ensemble-boxes, d2l, gpytorch,
diffusers and gymnasium; rlax in an environment of its own, where the scripts of RLAX are run.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RLAX = ("make_deep_q.py", "make_policy_gradients.py", "make_temporal_difference.py")

if __name__ == "__main__":
    for script in sorted(HERE.glob("make_*.py")):
        if script.name not in ("make_all.py", *RLAX):
            subprocess.run([sys.executable, script], check=True)
