"""Every benchmark runs to its end, at its smallest size.

Whether it meets its targets is not asked: at this size, and beside other tests, figures mean
nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ONCE = ("--runs", "1")
SMALLEST = {
    "audit": ("--transactions", "16", "--writers", "2", "--cases", "20", *ONCE),
    "cases": ("--cases", "2", *ONCE),
    "import_orders": ("--orders", "200", *ONCE),
    "incentives": ("--partners", "100", *ONCE),
    "offers": ("--partners", "50", "--offers", "12", *ONCE),
    "mutants": ("steps", "--module", "engine", "--results", "{folder}"),
    "reading": ("--partners", "50", "--cases", "20"),
    "rendering": ("--messages", "30", "--long", "30", *ONCE),
    "reviews": ("--partners", "100", "--few", "3", *ONCE),
    "sending": ("--count", "8", "--messages", "60", *ONCE),
    "startup": ONCE,
    "tpch": ("--scale", "0.001"),
    "watch": ("--cases", "100", *ONCE),
    "watch_server": ("--cases", "100"),
}
QUICK = ("audit", "rendering")
"""At most three seconds of processor time, and nothing that only `dev` installs."""
SAYS = {"mutants": "mutants, "}
"""What a benchmark without a table of targets says."""
MET_OR_MISSED = (0, 1)
"""Exit statuses of a benchmark that came to its table; a crash has status 1 too."""


def benchmarks() -> list[str]:
    """What `make bench` runs, and what is a package."""
    modules = {path.stem for path in (ROOT / "bench").glob("[a-z]*.py")} - {"common"}
    return sorted(modules | {path.parent.name for path in (ROOT / "bench").glob("*/__main__.py")})


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in benchmarks()],
)
@pytest.mark.timeout(900)
def test_a_benchmark_runs_to_its_end(name: str, tmp_path: Path) -> None:
    options = (option.format(folder=tmp_path) for option in SMALLEST[name])
    command = [sys.executable, "-m", f"bench.{name}", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.returncode in MET_OR_MISSED, ended.stderr
    assert SAYS.get(name, "target ≤") in ended.stdout + ended.stderr


def test_every_benchmark_has_a_smallest_size() -> None:
    missing = set(benchmarks()) - SMALLEST.keys()
    assert not missing, f"how small can they be? {missing}"
