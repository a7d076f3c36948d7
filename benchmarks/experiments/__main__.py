"""Make the runs that are not stored yet: python -m benchmarks.experiments [name ...]."""

import importlib
import sys
from pathlib import Path

from benchmarks.experiments._stored import FOLDER, carry_out

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main(names: list[str]) -> None:
    """Go through the experiments of these names, or through all."""
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"no experiment is called {sorted(unknown)}: expected some of {NAMES}")
    for name in names or NAMES:
        experiment = importlib.import_module(f"benchmarks.experiments.{name}")
        made = carry_out(FOLDER / f"{name}.csv", experiment.RUNS, experiment.measure)
        print(f"{name}: {made} runs made, {len(experiment.RUNS) - made} were stored", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
