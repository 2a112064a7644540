"""Mutants: changes every condition of some modules, and looks whether a test notices.

`python -m bench.mutants AREA` sweeps an area (see areas.py) and writes what became of each mutant
to a file; run again, it goes on where it was. `--again` tries those that survived once more, and
`--module` takes only modules with that in their path. `--summary` counts what is in the files, of
the code as it is today.
docs/mutants.md says what was found, and why some survive.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.mutants.areas import AREAS, Area
from bench.mutants.sweep import Sweep, known, of_modules

RESULTS = Path("build/mutants")
NOTICED = ("killed", "hung")


def main() -> int:
    given = _given()
    if given.summary:
        return _summary(given.results)
    area = AREAS[given.area]
    chosen = [path for path in _modules(area) if given.module in str(path)]
    tests = given.tests or [path for path in area.tests if Path(path).exists()]
    given.results.mkdir(parents=True, exist_ok=True)
    sweep = Sweep(chosen, given.results / f"{given.area}.jsonl", given.at_once, given.again)
    options = ["-q", "-k", "not postgresql", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # A folder of its own: pytest clears those of older sessions away, also while they run.
    options += ["-o", "tmp_path_retention_policy=none", f"--basetemp={given.results}/{given.area}"]
    return pytest.main([*options, *tests], plugins=[sweep])


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("area", choices=AREAS, nargs="?", default="domain")
    parser.add_argument("--module", default="", help="only modules with this in their path")
    parser.add_argument("--tests", nargs="+", help="in place of the area's: any without a server")
    parser.add_argument("--results", type=Path, default=RESULTS, help=f"default: {RESULTS}")
    parser.add_argument("--at-once", type=int, default=2, help="mutants at a time")
    parser.add_argument("--again", action="store_true", help="try again those that survived")
    parser.add_argument("--summary", action="store_true", help="only count what was found")
    return parser.parse_args()


def _summary(results: Path) -> int:
    """What was found of lines that are gone does not count."""
    for name, area in AREAS.items():
        states = known(results / f"{name}.jsonl")
        today = [mutant.key for mutant in of_modules(_modules(area))]
        counts = Counter(states.get(key, "not tried") for key in today)
        noticed = sum(counts[state] for state in NOTICED)
        print(f"{name}: {noticed} of {len(today)} noticed ({noticed / len(today):.1%})")
        for key in today:
            if (state := states.get(key, "not tried")) not in NOTICED:
                print(f"  {state:<9} {key}")
    return 0


def _modules(area: Area) -> list[Path]:
    return [path for pattern in area.modules for path in sorted(Path().glob(pattern))]


if __name__ == "__main__":
    sys.exit(main())
