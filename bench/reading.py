"""What the commands that read cost: `python -m bench.reading [--partners N] [--cases N]`.

Each runs as people run it, in a process of its own, on a database of many partners or one of many
open cases: the most memory that it takes, and its processor time. Nobody may wait more than two
seconds without being told how far it is: how long a command ran without a word of it on stderr is
a row of its own.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import _review_data, watch
from bench.common import Row, finish, said

MOST_MB = 200
WAITS = 2.0
"""Seconds that a person waits without a word, the start of the program included."""
TOLD = re.compile(r"\(\d+ s\)$")
"""How a line of progress ends."""
OF_PARTNERS = (
    ("list", "--csv"),
    ("list",),
    ("assess", "--json"),
    ("review", "--dry-run"),
)
OF_CASES = (("cases",), ("cases", "--json"), ("inbox",))


@dataclass(frozen=True)
class Ran:
    """One run of a command: processor and wall-clock seconds, and its peak memory."""

    cpu: float
    seconds: float
    silent: float  # until the first word of progress, or the end
    peak_mb: float


def run(url: str, *arguments: str) -> Ran:
    """Run `partners` on that database; its output is read and thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    command = [sys.executable, "-m", "bench._peak", *arguments]
    words, told = [], None
    with subprocess.Popen(
        command,
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            words.append(line.rstrip())
            if told is None and TOLD.search(words[-1]):
                told = time.perf_counter() - started
    seconds = time.perf_counter() - started
    *words, peak = words
    assert running.returncode == 0, "\n".join(words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(cpu, seconds, seconds if told is None else told, float(peak))


def rows_of(url: str, commands: tuple[tuple[str, ...], ...]) -> list[Row]:
    rows = []
    for arguments in commands:
        name = " ".join(arguments)
        ran = run(url, *arguments)
        remark = f"{ran.cpu:.1f} s of processor time, {ran.seconds:.1f} s"
        rows.append(Row(f"partners {name}: memory", ran.peak_mb, MOST_MB, "MB", remark))
        rows.append(Row(f"partners {name}: silent for", ran.silent, WAITS, "s"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partners", type=int, default=100_000)
    parser.add_argument("--cases", type=int, default=20_000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-reading-"))
    try:
        many, cases = (f"sqlite:///{folder / name}.db" for name in ("partners", "cases"))
        with said(f"{given.partners:,} partners, {given.cases:,} open cases"):
            _review_data.fill(many, given.partners)
            watch.fill(cases, given.cases)
        rows = rows_of(many, OF_PARTNERS) + rows_of(cases, OF_CASES)
    finally:
        shutil.rmtree(folder)
    return finish(rows)


if __name__ == "__main__":
    sys.exit(main())
