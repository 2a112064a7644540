"""`partners init`: a policy and sample files in this folder, to begin with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from partners import starter
from partners.cli import common
from partners.errors import UserError
from partners.loading import on_use
from partners.starter import Facts

with on_use():
    from partners.mail.words import catalogues

QUESTIONS = {
    "provider": "Who runs the program, as partners know it",
    "contact": "The address that partners can write to, told also of what waits for staff",
    "zone": "The time zone that decides when a day ends, such as Europe/Berlin",
    "language": "The language of e-mails: en, de or es",
}
NEXT = """
Next:
  partners policy check program.toml
  partners setup --policy program.toml --database-only
  partners import partners partners.csv
  partners import orders orders.csv
  partners import metrics metrics.csv
  partners assess
  partners dev
"""


def init(
    provider: Annotated[str | None, typer.Option(help="Who runs the program.")] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Whom partners can write to.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Such as Europe/Berlin.")] = None,
    language: Annotated[str | None, typer.Option(help="Of e-mails: en, de or es.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask: the defaults, where nothing is said.")
    ] = False,
) -> None:
    """Begin a program in this folder: writes a policy and sample files, and says what is next.

    Asks for what is not said as an option. Writes program.toml, partners.csv, orders.csv and
    metrics.csv; refuses where one of them is there.
    """
    today = common.now().date()
    _refuse_to_overwrite(starter.files(Facts(), today))
    said = {"provider": provider, "contact": contact, "zone": zone, "language": language}
    facts = replace(Facts(), **{name: value for name, value in said.items() if value is not None})
    _refuse_what_is_wrong(facts, [name for name, value in said.items() if value is not None])
    if not yes:
        for name in (name for name, value in said.items() if value is None):
            facts = _asked(facts, name)
    for name, text in starter.files(facts, today).items():
        _write(Path(name), text)
        common.out.print(f"wrote {name}")
    common.out.write(NEXT)


def _refuse_to_overwrite(names: dict[str, str]) -> None:
    if there := [name for name in names if Path(name).exists()]:
        raise UserError(
            f"{', '.join(there)} in {Path.cwd()} would be overwritten; begin in an empty folder"
        )


def _refuse_what_is_wrong(facts: Facts, names: list[str]) -> None:
    wrong = _wrong(facts)
    if said := [f"--{name}: {wrong[name]}" for name in names if name in wrong]:
        raise UserError("\n".join(said))


def _wrong(facts: Facts) -> dict[str, str]:
    """What cannot be right, and what to write, by the fact's name."""
    found = {
        name: f"{problem.value} {problem.wrong}; {problem.remedy}"
        for name, problem in starter.problems(facts).items()
    }
    known = catalogues.languages()
    if "language" not in found and facts.language.split("-")[0] not in known:
        found["language"] = f"{facts.language!r} has no texts; write one of {', '.join(known)}"
    return found


def _asked(facts: Facts, name: str) -> Facts:
    """With a person's answer; asked again until it can be right."""
    while True:
        answer = typer.prompt(QUESTIONS[name], default=getattr(facts, name))
        answered = replace(facts, **{name: answer.strip()})
        wrong = _wrong(answered).get(name)
        if wrong is None:
            return answered
        common.err.print(wrong, soft_wrap=True)


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="") as out:
            out.write(text)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"cannot write {file.absolute()}: {reason}") from error
