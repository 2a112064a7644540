"""Reading a policy from a file, with errors that name file, key path, value and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from partners import calendars
from partners.domain.overrides.override import EARLIEST, LATEST
from partners.domain.policy.policy import Policy
from partners.domain.policy.tiers import holes
from partners.errors import UserError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a policy file; `key` and `value` are blank for the file as a whole."""

    key: str
    value: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        found = f"{self.key} = {self.value}: " if self.value else f"{self.key}: "
        return f"{found if self.key else ''}{self.wrong}; {self.remedy}"


class PolicyError(UserError):
    """Everything that is wrong with a policy file, one line a problem."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path = path
        self.problems = problems


def default_policy_path() -> Path:
    """The sample policy at the root of the repository: the default where none is named."""
    return Path(__file__).parent.parent / "program.toml"


def read_policy(path: Path) -> tuple[Policy, str]:
    """Read and validate a policy; returns it with the file's text, as it is kept.

    Raises PolicyError, which lists every problem found.
    """
    source = _read_text(path)
    data = _parse(path, source)
    problems: dict[str, Problem] = {}
    policy = _validate(data, problems)
    _check_holiday_calendar(data, problems)
    _check_ladder(policy, problems)
    if problems or policy is None:
        raise PolicyError(path, list(problems.values()))
    return policy, source


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problem = Problem("", "", "there is no such file", "name one, or use program.toml")
    except UnicodeDecodeError as error:
        problem = Problem(
            "", "", f"byte {error.start + 1} is not UTF-8", "save the file in that encoding"
        )
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem("", "", f"cannot be read ({reason})", "name a file that can be read")
    raise PolicyError(path, [problem])


def _parse(path: Path, source: str) -> dict[str, Any]:
    """TOML to plain data; floats become exact decimals."""
    try:
        data = tomllib.loads(source.replace("\r\n", "\n"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        wrong = f"is not TOML: {error}"
        remedy = "mend that line (values in quotes, tables in brackets, each key once)"
        raise PolicyError(path, [Problem("", "", wrong, remedy)]) from None
    problems = [Problem(key_path(at), "", *words) for at, words in _out_of_bounds(data)]
    if problems:
        raise PolicyError(path, problems)
    return data


_DEEPEST = 12
_LARGEST = 10**12


def _out_of_bounds(data: Any, at: KeyPath = ()) -> Iterator[tuple[KeyPath, tuple[str, str]]]:
    """What no policy can mean, and no calendar or database could hold."""
    if len(at) > _DEEPEST:
        yield at[:3], ("is nested too deeply", "write tables as program.toml does")
    elif isinstance(data, dict | list):
        pairs: Iterable[Any] = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in pairs:
            yield from _out_of_bounds(value, (*at, key))
    elif isinstance(data, int | Decimal) and not _is_sane(data):
        yield at, ("is out of all proportion", f"write a number up to {_LARGEST:,}")
    elif isinstance(data, date) and not EARLIEST <= date(*data.timetuple()[:3]) <= LATEST:
        yield at, ("is no day to count from", f"write one from {EARLIEST} to {LATEST}")


def _is_sane(number: int | Decimal) -> bool:
    exact = Decimal(number)
    return exact.is_finite() and -_LARGEST <= exact <= _LARGEST


def _validate(data: dict[str, Any], problems: dict[str, Problem]) -> Policy | None:
    """Collect the problems of the data; None if there are any.

    An error in one place hides those that are only looked for once that place is sound, so what
    is wrong is taken out and the rest validated again, until nothing more can be taken out.
    """
    reported: list[KeyPath] = []
    rest: Any = data
    while True:
        try:
            policy = Policy.model_validate(rest)
        except ValidationError as error:
            errors = error.errors()
        else:
            return None if problems else policy
        before = rest
        for found in errors:
            if not _follows_from(found["loc"], reported):
                problem = _problem(found)
                problems.setdefault(problem.key, problem)
                reported.append(found["loc"])
            for path in _taken_out_with(found["loc"]):
                rest = _without(rest, path)
        if rest == before:
            return None


def _follows_from(path: KeyPath, reported: list[KeyPath]) -> bool:
    """Whether an error lies at, inside or around one that is reported already."""
    return any(path[: len(known)] == known[: len(path)] for known in reported)


def _taken_out_with(path: KeyPath) -> Iterator[KeyPath]:
    """What goes with a wrong value: of a list all, of an enter criterion the keep one too."""
    yield path[:-1] if isinstance(path[-1], int) else path
    match path:
        case ("tiers", number, "enter", name, *_):
            yield ("tiers", number, "keep", name)


_STAND_INS = {"kind": "preferred", "key": "stand-in"}
"""For what a tier cannot be read without, so that the rest of a ladder is still validated."""


def _without(data: Any, path: KeyPath) -> Any:
    """The data without the value under a key path; the same data if there is none."""
    first, *others = path
    if isinstance(data, list) and isinstance(first, int) and others:
        return [_without(v, tuple(others)) if n == first else v for n, v in enumerate(data)]
    if isinstance(data, dict) and others:
        return {k: _without(v, tuple(others)) if k == first else v for k, v in data.items()}
    if isinstance(data, dict):
        rest = {k: v for k, v in data.items() if k != first}
        return rest | {first: _STAND_INS[first]} if first in _STAND_INS else rest
    return data


def _check_holiday_calendar(data: dict[str, Any], problems: dict[str, Problem]) -> None:
    key = "program.holiday_calendar"
    program = data.get("program")
    code = program.get("holiday_calendar") if isinstance(program, dict) else None
    if isinstance(code, str) and key not in problems and not calendars.is_known(code):
        remedy = "write a country (DE), a part of one (US-CA), or list days in program.holidays"
        problems[key] = Problem(key, _written(code), "there is no such holiday calendar", remedy)


def _check_ladder(policy: Policy | None, problems: dict[str, Problem]) -> None:
    for hole in holes(policy.tiers) if policy is not None else ():
        key = key_path(("tiers", *hole.at))
        wrong, _, remedy = hole.message.partition("; ")
        problems[key] = Problem(key, _written(hole.value), wrong, remedy)


def _problem(error: ErrorDetails) -> Problem:
    wrong, remedy = _words(error)
    value = "" if error["type"] == "missing" else _written(error["input"])
    return Problem(key_path(error["loc"]), value, wrong, remedy)


def key_path(path: KeyPath) -> str:
    """A key path as people write it: `tiers[0].keep.acceptance_rate.at_least`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _written(value: object) -> str:
    """A value as it stands in the file, shortened."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = f'"{value}"'
        case list() | tuple():
            text = f"[{', '.join(map(_written, value))}]"
        case dict():
            text = f"{{ {', '.join(f'{k} = {_written(v)}' for k, v in value.items())} }}"
        case BaseModel():
            text = _written(value.model_dump(exclude_unset=True))
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _words(error: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value, and what to do about it."""
    context = error.get("ctx", {})
    match error["type"]:
        case "policy":
            wrong, _, remedy = str(context["message"]).partition("; ")
            return wrong, remedy
        case "extra_forbidden":
            return "is not a setting", _nearest(error["loc"])
        case "missing":
            return "is missing", "add it (program.toml shows every setting)"
        case "enum":
            return "is not one of the choices", f"write {context['expected']}"
        case "string_pattern_mismatch":
            return "has the wrong form", _form(error["loc"], context["pattern"])
        case _:
            wrong = re.sub("^(Input|Value|List|Tuple|String|Decimal input) ", "", error["msg"])
            return wrong[:1].lower() + wrong[1:], "correct the value"


def _form(path: KeyPath, pattern: str) -> str:
    forms = {
        "currency": "write three capital letters, such as EUR",
        "language": "write a language such as en or pt-BR",
        "holiday_calendar": "write a country (DE) or a part of one (US-CA)",
        "contact_url": "write an address that begins with https://",
        "contact_email": "write an address such as partners@example.com",
        "emails": "write addresses such as partners@example.com",
        "launch_group": "write partner ids: 1 to 64 letters, digits, dots, dashes, underscores",
        "requires": "write names of qualities, such as expertise",
        "key": "use 1 to 64 letters, digits, dots, dashes and underscores",
    }
    named = next((part for part in reversed(path) if part in forms), None)
    return forms[str(named)] if named else f"write something that matches {pattern}"


def _nearest(path: KeyPath) -> str:
    known = list(_known_keys(path[:-1]))
    near = get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return f"delete it; the settings here are {', '.join(known)}"


def _known_keys(path: KeyPath) -> Iterator[str]:
    """The settings of the table under a key path."""
    annotation: Any = Policy
    for part in path:
        annotation = _table(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[str(part)].annotation
        else:  # dict[str, X] or tuple[X, ...]
            annotation = next(a for a in reversed(get_args(annotation)) if a is not ...)
    yield from (name for name in _table(annotation).model_fields if name != "metric")


def _table(annotation: Any) -> Any:
    """`X` of `X | None`."""
    arguments = get_args(annotation)
    return arguments[0] if type(None) in arguments else annotation
