"""What it costs to ask for help: `python -m bench.startup [--runs N]`.

The processor time of a command's whole process, against `python -c 'import typer, sqlalchemy'`:
what any program of this kind would load. Runs of both alternate, for the machine may be busy with
other things. Completion is what a shell asks at each press of the tab key.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median

from bench.common import Row, finish, said

PARTNERS = str(Path(sys.executable).parent / "partners")
FLOOR = (sys.executable, "-c", "import typer, sqlalchemy")
MOST = 1.3
HELP = tuple((*words.split(), "--help") for words in ("", "mail", "inbox", "list", "show"))
TYPED = ("partners ", "partners mail p", "partners list --")


def cost(command: tuple[str, ...], **variables: str) -> float:
    """Processor seconds of one run, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=os.environ | variables, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def of_help(arguments: tuple[str, ...]) -> float:
    return cost((PARTNERS, *arguments))


def of_completion(line: str) -> float:
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
    floor, costs = [], {name: [] for name in asked}
    for _ in range(runs):
        floor.append(cost(FLOOR))
        for name, ask in asked.items():
            costs[name].append(ask())
    least = median(floor)
    return [
        Row(name, median(taken) / least, MOST, remark=f"{median(taken):.2f} s")
        for name, taken in costs.items()
    ]


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
