"""What it costs to ask for help: `python -m bench.startup [--runs N]`.

The processor time of a command's whole process, against `python -c 'import typer, sqlalchemy'`:
what any program of this kind would load. Runs of both alternate, for the machine may be busy with
other things. Completion is what a shell asks at each press of the tab key.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.common import Row, finish, said

PARTNERS = str(Path(sys.executable).parent / "partners")
FLOOR = (sys.executable, "-c", "import typer, sqlalchemy")
MOST = 1.3
HELP = tuple((*words.split(), "--help") for words in ("", "mail", "inbox", "list", "show"))
TYPED = ("partners ", "partners mail p", "partners list --", "partners show a")


class Cost(NamedTuple):
    """Processor seconds of one run, user and system, and the most memory it had."""

    seconds: float
    peak_mb: float


def cost(command: tuple[str, ...], **variables: str) -> Cost:
    with subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def of_help(arguments: tuple[str, ...]) -> Cost:
    return cost((PARTNERS, *arguments))


def of_completion(line: str) -> Cost:
    """As bash asks, with the cursor at the end of the line."""
    return cost(
        (PARTNERS,),
        _PARTNERS_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split(" ")) - 1),
    )


def measured(runs: int) -> list[Row]:
    asked = {f"partners {' '.join(words)}": partial(of_help, words) for words in HELP}
    asked |= {f"completion of {line!r}": partial(of_completion, line) for line in TYPED}
    floor: list[float] = []
    costs: dict[str, list[Cost]] = {name: [] for name in asked}
    for _ in range(runs):
        floor.append(cost(FLOOR).seconds)
        for name, ask in asked.items():
            costs[name].append(ask())
    rows = []
    for name, taken in costs.items():
        seconds, peak = (median(figures) for figures in zip(*taken, strict=True))
        remark = f"{seconds:.2f} s, {peak:.0f} MB"
        rows.append(Row(name, seconds / median(floor), MOST, remark=remark))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    with said(f"{given.runs} runs of each"):
        for command in (FLOOR, (PARTNERS, "--help")):
            cost(command)  # compiled, and in memory
        rows = measured(given.runs)
    return finish(rows)


if __name__ == "__main__":
    sys.exit(main())
