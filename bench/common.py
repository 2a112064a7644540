"""What benchmarks share: steps in processes of their own, ratios against a floor, a table."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Measured:
    """One run of one step: wall-clock seconds, peak resident memory, and what the step told."""

    seconds: float
    peak_mb: float
    told: dict[str, object]


@dataclass(frozen=True)
class Row:
    """A line of the table: a figure, its floor and its target; lower is better."""

    name: str
    figure: float
    target: float
    unit: str = "×"
    remark: str = ""

    @property
    def passed(self) -> bool:
        return self.figure <= self.target

    def __str__(self) -> str:
        verdict = "pass" if self.passed else "FAIL"
        return (
            f"{self.name:<44}{self.figure:>8.2f} {self.unit:<3} target ≤ {self.target:g}"
            f"   {verdict}   {self.remark}"
        )


def peak_mb() -> float:
    """The most memory this process has had resident, in MB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def run_step(module: str, *arguments: str) -> Measured:
    """Run `python -m MODULE --step …` and read what `tell` printed there."""
    command = [sys.executable, "-m", module, "--step", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, peak, told = json.loads(done.stdout.splitlines()[-1])
    return Measured(seconds, peak, told)


def tell(work: Callable[[], dict[str, object]]) -> None:
    """In a step's process: do the work and print its time, peak memory and result."""
    started = time.perf_counter()
    told = work()
    seconds = time.perf_counter() - started
    print(json.dumps([seconds, peak_mb(), told]))


def ratio(runs: Sequence[Measured], floor: Sequence[Measured]) -> float:
    """Median seconds of the runs, as a multiple of the floor's."""
    return median(r.seconds for r in runs) / median(f.seconds for f in floor)


def finish(rows: Sequence[Row]) -> int:
    """Print the table; the exit status says whether every target was met."""
    print()
    for row in rows:
        print(row)
    return 0 if all(row.passed for row in rows) else 1


@contextmanager
def said(what: str) -> Iterator[None]:
    """Say on stderr what takes long, and how long it took."""
    started = time.perf_counter()
    print(f"{what} …", file=sys.stderr, end=" ", flush=True)
    yield
    print(f"{time.perf_counter() - started:.1f} s", file=sys.stderr)
