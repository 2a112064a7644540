"""`partners audit …`: what happened to a partner, whether the record holds, and fairness."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.progress import counted, progress
from partners.domain.record.audit import Link
from partners.domain.record.fairness import UNEXPLAINED, Alike, Difference, differences
from partners.errors import UserError
from partners.store.record import audit as trail
from partners.store.record import audit_check
from partners.store.reviews import fairness
from partners.store.tables.program_tables import PartnerRow

Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line where it is a list.")]
_ANCHOR = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)


def audit(
    what: Annotated[
        str,
        typer.Argument(metavar="PARTNER|verify|fairness|export", help="A partner, or what to do."),
    ],
    as_json: Json = False,
    anchor: Annotated[
        str, typer.Option("--anchor", help="verify: NUMBER:HASH, as an earlier run printed it.")
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", formats=["%Y-%m-%d"], callback=common.real_day, help="fairness: from a day."
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until", formats=["%Y-%m-%d"], callback=common.real_day, help="fairness: to a day."
        ),
    ] = None,
) -> None:
    """What happened to a partner; or verify that nothing in the record was changed; or compare
    how partners with the same findings were treated; or export all of it."""
    if what == "verify":
        _verify(anchor)
    elif what == "fairness":
        _fairness(since, until, as_json)
    elif what == "export":
        _export()
    else:
        _partner(what, as_json)


# ---- one partner ----


def _partner(partner_id: str, as_json: bool) -> None:
    with common.database() as database, database.snapshot() as session:
        links = list(trail.links(session, partner_id=partner_id))
        if not links and session.get(PartnerRow, partner_id) is None:
            raise UserError(f"unknown partner {partner_id!r}; see: partners list")
    if as_json:
        _print_json(links)
    elif links:
        table = Table("no.", "when", "what", "by", "policy", "details")
        for link in links:
            policy = str(link.policy_version or "–")
            when = f"{link.at:%Y-%m-%d %H:%M}"
            by = link.actor.split(" ")[0] if link.actor.startswith("workflow ") else link.actor
            cells = (str(link.seq), when, link.kind.replace("_", " "), by, policy, _words(link))
            table.add_row(*cells)
        common.out.print(table)
    else:
        common.out.print(f"Nothing has happened to {partner_id} so far.")


def _words(link: Link) -> str:
    """The details in a line, without the digests."""
    details = json.loads(link.details)
    shown = {k: v for k, v in details.items() if not k.endswith("sha256") and v not in (None, "")}
    return ", ".join(f"{name} {_value(value)}" for name, value in shown.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " → ".join("none" if v is None else str(v) for v in value)
    return str(value).replace("_", " ")


def _export() -> None:
    """Every entry, one JSON object a line, in order: enough to compute every hash anew."""
    with common.database() as database, database.snapshot() as session:
        newest = trail.newest(session)
        with progress("exporting entries", newest.seq if newest else 0) as step:
            _print_json(counted(trail.links(session), step))


def _print_json(links: Iterable[Link]) -> None:
    for link in links:
        facts = link._asdict() | {"at": link.at.isoformat(timespec="microseconds")}
        common.out.write_json(facts, None)


# ---- verify ----


def _verify(anchor: str) -> None:
    """Exit status 1, and the first broken entry, unless everything holds."""
    with common.database() as database, database.snapshot() as session:
        newest = trail.newest(session)
        with progress("checking entries", newest.seq if newest else 0) as step:
            result = audit_check.verify(session, _anchor(anchor), step)
    if result.broken is not None:
        common.err.print(
            f"broken at entry {result.broken.seq}: {result.broken.why}",
            style="red",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    assert result.newest is not None
    common.out.print(f"{result.newest.seq:,} entries, unbroken.")
    common.out.print(f"anchor {result.newest.seq}:{result.newest.hash}", soft_wrap=True)


def _anchor(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    found = _ANCHOR.fullmatch(text)
    if found is None:
        raise UserError("--anchor is NUMBER:HASH, as `partners audit verify` prints it")
    return int(found[1]), found[2]


# ---- fairness ----


def _fairness(since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Partners alike who were treated differently; exit status 1 if any is unexplained."""
    with common.database() as database, database.snapshot() as session:
        today = common.program_now(database).date()
        last = until.date() if until else today
        first = since.date() if since else last - timedelta(days=365)
        with progress("comparing partners") as step:
            found = differences(counted(fairness.treatments(session, first, last), step))
    if as_json:
        common.out.write_json([_facts(d) for d in found])
    else:
        for difference in found:
            _print_difference(difference)
        if not found:
            common.out.print(f"Alike were treated alike from {first} to {last}.")
    if any(d.unexplained for d in found):
        raise typer.Exit(1)


def _facts(difference: Difference) -> dict[str, Any]:
    return {
        **asdict(difference.alike),
        "verdicts": dict(difference.alike.verdicts),
        "usual": difference.usual,
        "others": [
            {"partner_id": o.partner_id, "what": o.what, "why": o.why or UNEXPLAINED}
            for o in difference.others
        ],
    }


def _print_difference(difference: Difference) -> None:
    alike: Alike = difference.alike
    verdicts = ", ".join(f"{metric} {verdict}" for metric, verdict in alike.verdicts)
    title = f"{alike.moment}: {alike.tier}, policy {alike.policy_version}, {verdicts}"
    table = Table("partner", "treated", "why", title=title, title_justify="left")
    table.add_row("the others", difference.usual, "the rules")
    for one in difference.others:
        table.add_row(one.partner_id, one.what, one.why or UNEXPLAINED)
    common.out.print(table)
