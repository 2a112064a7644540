"""`partners track show|done|confirm|undo|list`: what partners are to do, and what of it counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.bounds import MOST
from partners.cli.ladder.ladder import PartnerArgument, Reason
from partners.cli.paging import Json, Limit, print_list
from partners.domain.ladder.track import StepState
from partners.use_cases.ladder import tracks
from partners.use_cases.ladder.tracks import Step, StepActed

StepArgument = Annotated[
    str, typer.Argument(metavar="STEP", help="The step's key, as `partners track show` says.")
]
TrackName = Annotated[
    str | None,
    typer.Option("--track", help="Which track, where several have such a step."),
]
Day = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        formats=["%Y-%m-%d"],
        callback=common.real_day,
        metavar="DATE",
        help="The day on which it was done. Default: today.",
    ),
]
ConfirmedDay = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        formats=["%Y-%m-%d"],
        callback=common.real_day,
        metavar="DATE",
        help="The day on which it was done. Default: the day that was said, else today.",
    ),
]
Notes = Annotated[str, typer.Option("--notes", help="Kept with the step.")]
State = Annotated[
    StepState | None, typer.Option("--state", help="Only what stands so. Default: all of it.")
]
Days = Annotated[
    int,
    typer.Option("--days", min=0, max=MOST, help="What is due within so many days is listed."),
]


def show(partner: PartnerArgument, as_json: Json = False) -> None:
    """Show a partner's tracks: each step, by when, what is done and until when it counts."""
    with common.asking() as by:
        found = tracks.show(by, partner)
    print_list(
        "steps",
        found,
        lambda: Table("track", "step", "", "due", "stands", "counts until", "by", "notes"),
        _add_step,
        _facts,
        as_json=as_json,
        limit=None,
        nothing="",
    )


def done(
    partner: PartnerArgument,
    step: StepArgument,
    by: common.By,
    on: Day = None,
    track: TrackName = None,
    notes: Notes = "",
) -> None:
    """Say that a partner has done a step. Where staff confirm it, it waits for them."""
    with common.acting_as(by) as manager:
        _print(tracks.done(manager, partner, step, _day(on), track_name=track, notes=notes))


def confirm(
    partner: PartnerArgument,
    step: StepArgument,
    by: common.By,
    on: ConfirmedDay = None,
    track: TrackName = None,
    notes: Notes = "",
) -> None:
    """Confirm that a partner has done a step. It counts from that day until it expires."""
    with common.acting_as(by) as manager:
        _print(tracks.confirm(manager, partner, step, _day(on), track_name=track, notes=notes))


def undo(
    partner: PartnerArgument,
    step: StepArgument,
    reason: Reason,
    by: common.By,
    track: TrackName = None,
) -> None:
    """Refuse a step that waits for confirmation; if none waits, take a confirmed one back."""
    with common.acting_as(by) as manager:
        _print(tracks.take_back(manager, partner, step, reason, track_name=track))


def list_steps(
    state: State = None, days: Days = tracks.DUE_DAYS, as_json: Json = False, limit: Limit = None
) -> None:
    """List what is due or overdue, waits for confirmation, expires soon or has expired.

    Files of steps that are done come in with `partners import tracks FILE.csv`.
    """
    with common.asking() as by:
        print_list(
            "steps",
            tracks.listed(by, days=days, state=state),
            lambda: Table("partner", "track", "step", "stands", "due", "counts until"),
            _add_listed,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="Nothing of any track needs anybody.",
        )


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _add_step(table: Table, one: Step) -> None:
    kind = f"{one.kind}, {'required' if one.required else 'recommended'}"
    table.add_row(
        one.track,
        f"{one.step}\n{one.label}",
        kind,
        _or_dash(one.days.due_on),
        _stands(one),
        _until(one),
        one.done_by or one.said_by or "",
        one.notes or "",
    )


def _add_listed(table: Table, one: Step) -> None:
    who = f"{one.partner_id}\n{one.name}"
    words = f"{one.step}\n{one.label}"
    table.add_row(who, one.track, words, _stands(one), _or_dash(one.days.due_on), _until(one))


def _stands(one: Step) -> str:
    """`done on 2026-11-10`; of what waits also who says it."""
    if one.days.said_on is not None:
        return f"{one.state}: done on {one.days.said_on}, says {one.said_by}"
    if one.days.done_on is not None:
        return f"{one.state}: done on {one.days.done_on}"
    return str(one.state)


def _until(one: Step) -> str:
    if one.days.done_on is None:
        return "–"
    return f"{one.days.expires_on}" if one.days.expires_on else "no end"


def _or_dash(day: date | None) -> str:
    return f"{day}" if day else "–"


def _facts(one: Step) -> dict[str, Any]:
    days = one.days
    return {
        "partner_id": one.partner_id,
        "track": one.track,
        "step": one.step,
        "label": one.label,
        "kind": one.kind,
        "required": one.required,
        "confirmed_by": one.confirmed_by,
        "state": one.state,
        "due_on": _iso(days.due_on),
        "said_on": _iso(days.said_on),
        "said_by": one.said_by,
        "done_on": _iso(days.done_on),
        "done_by": one.done_by,
        "expires_on": _iso(days.expires_on),
        "certifies": one.certifies,
        "notes": one.notes,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _print(acted: StepActed) -> None:
    one = acted.step
    unchanged = "" if acted.changed else "It was known already. "
    common.out.print(f"{unchanged}{one.partner_id}: {one.label} ({one.track}) {_now(one)}")


def _now(one: Step) -> str:
    days = one.days
    if days.said_on is not None:
        return (
            f"was done on {days.said_on}, as is said; it waits: "
            f"{common.pasted('partners', 'track', 'confirm', one.partner_id, one.step)}"
        )
    if days.done_on is None:
        return "is not done."
    until = f"; it counts until {days.expires_on}" if days.expires_on else ""
    quality = f" as {one.certifies}" if one.certifies and until else ""
    return f"was done on {days.done_on}{until}{quality}."
