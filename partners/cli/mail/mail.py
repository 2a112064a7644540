"""`partners mail …`: read the outbox, say that a message was sent; see also mail_preview."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.cli import bounds, common
from partners.cli.mail import mail_preview, mail_trial
from partners.cli.mail.mail_app import app, check
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.overrides.command_limits import EARLIEST
from partners.errors import UserError
from partners.mail import eml
from partners.mail.words.history import history
from partners.mail.words.plain import one_line
from partners.store.mail import mail_events, mailbox
from partners.store.record import recorder
from partners.store.tables.mail_tables import OutboxRow

__all__ = ["app", "mail_preview", "mail_trial"]
"""Their commands join the group as they are imported."""

Message = Annotated[str, typer.Argument(metavar="ID", help="A message's number or key.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_messages(
    partner: Annotated[str | None, typer.Option(help="Only of this partner.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=bounds.MOST, help="At most so many.")] = 200,
    as_json: Json = False,
) -> None:
    """List messages, newest first."""
    check(kind, NoticeKind, "kind")
    check(state, MailState, "state")
    with common.database() as database, database.read() as session:
        rows = mailbox.messages(session, partner=partner, kind=kind, state=state, limit=limit)
        if as_json:
            common.out.write_json([_facts(row) for row in rows])
        elif rows:
            common.out.print(_table(rows))
        else:
            common.out.print("No messages.")


@app.command()
def show(
    message: Message, html: Annotated[bool, typer.Option("--html", help="The HTML part.")] = False
) -> None:
    """Print one message: its headers, what became of it, and its text."""
    with common.database() as database, database.read() as session:
        row = _find(session, message)
        if html:
            common.out.write(row.html)
            return
        facts = _facts(row)
        for name in ("id", "key", "kind", "state", "detail", "from", "to", "date", "subject"):
            value = facts[name]
            if value:
                words = ", ".join(value) if isinstance(value, list) else str(value)
                common.out.write(f"{name}: {one_line(words)}")
        common.out.write("")
        for line in history(row, mail_events.timeline(session, row.outbox_id)):
            words = f"{line.what}: {line.detail}" if line.detail else line.what
            common.out.write(f"{line.at:%Y-%m-%d %H:%M:%S}  {one_line(words)}")
        common.out.write(f"\n{row.text}", end="")


@app.command("open")
def open_message(message: Message) -> None:
    """Show one message in the browser; prints the file's path."""
    with common.database() as database, database.read() as session:
        row = _find(session, message)
        _browse(f"message-{row.outbox_id}.html", row.html)


@app.command()
def export(
    message: Message,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE.eml", help="Where to.")] = None,
) -> None:
    """Write one message to a file that every mail program opens."""
    with common.database() as database, database.read() as session:
        row = _find(session, message)
        path = to or Path(f"message-{row.outbox_id}.eml")
        content = eml.to_bytes(row)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    common.out.write(path)


@app.command()
def mark_sent(
    message: Message,
    by: common.By,
    at: Annotated[
        str, typer.Option("--at", help="When, such as 2026-11-16T10:00+01:00; default: now.")
    ] = "",
) -> None:
    """Say that you sent a waiting message yourself. Of a warning, the grace runs from then on."""
    from activities.inbox import waiting_mail  # loads Temporal's client, as `signals` does
    from partners.cli import signals

    with common.database() as database:
        now = common.program_now(database)
        moment = _moment(at, now)
        with database.write() as session:
            row = _find(session, message)
            if moment < row.rendered_at:
                raise UserError(
                    f"--at {at} is before the message was written ({row.rendered_at.isoformat()})"
                )
            number = row.outbox_id
            recorder.sign(session, by, moment)
            partner_id, why = waiting_mail.mark_sent(session, number, by, moment, now)
    if why is not None:
        raise waiting_mail.refused(number, why)
    common.out.write(f"Message {number} is marked as sent by {by}.")
    signals.tell_case(partner_id)


def _find(session: Session, message: str) -> OutboxRow:
    row = mailbox.find(session, message)
    if row is None:
        raise UserError(f"there is no message {message!r}; see: partners mail list")
    return row


def _moment(at: str, now: datetime) -> datetime:
    """A moment that a person wrote, with its offset; in the past."""
    if not at:
        return now
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise UserError(f"--at {at!r} is no time; write 2026-11-16T10:00+01:00") from error
    if moment.tzinfo is None:
        raise UserError(f"--at {at} has no offset; write {at}+00:00 for UTC")
    if moment.date() < EARLIEST:
        raise UserError(f"--at {at} is before mail could be sent; name a day from {EARLIEST} on")
    if moment > now:
        raise UserError(f"--at {at} has not come yet")
    return moment.astimezone(UTC)


def _browse(name: str, html: str) -> None:
    path = Path(tempfile.mkdtemp(prefix="partners-mail-")) / name
    path.write_text(html, encoding="utf-8")
    common.out.write(path)
    webbrowser.open(path.as_uri())


def _facts(row: OutboxRow) -> dict[str, Any]:
    return {
        "id": row.outbox_id,
        "key": row.message_key,
        "kind": row.kind,
        "partner_id": row.partner_id,
        "case_id": row.case_id,
        "state": row.state,
        "detail": row.detail,
        "from": row.sender,
        "to": row.to,
        "date": row.rendered_at.isoformat(),
        "settled_at": row.settled_at.isoformat() if row.settled_at else None,
        "stated_deadline": row.stated_deadline.isoformat() if row.stated_deadline else None,
        "subject": row.subject,
    }


def _table(rows: Sequence[OutboxRow]) -> Table:
    table = Table("id", "written", "kind", "partner", "state", "subject", box=None, pad_edge=False)
    for row in rows:
        cells = [
            str(row.outbox_id),
            f"{row.rendered_at:%Y-%m-%d %H:%M}",
            row.kind.label,
            row.partner_id or "–",
            row.state,
            row.subject,
        ]
        table.add_row(*cells)
    return table
