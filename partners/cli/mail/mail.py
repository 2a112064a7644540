"""`partners mail …`: read the outbox, say that a message was sent; see also mail_preview."""

from __future__ import annotations

import tempfile
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.common import check_name
from partners.cli.paging import Json, Limit, print_list
from partners.domain.mail.delivery import Delivery
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.overrides.override import EARLIEST
from partners.errors import UserError
from partners.loading import on_use
from partners.mail.words.plain import one_line

with on_use():
    from partners.cli import telling
    from partners.use_cases.mail import mail_acts, messages

if TYPE_CHECKING:
    from partners.use_cases.mail.messages import Message, WholeMessage

Named = Annotated[str, typer.Argument(metavar="ID", help="A message's number or key.")]


def list_messages(
    partner: Annotated[str | None, typer.Option(help="Only of this partner.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Only in this state, such as waiting or bounced.")
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List messages, newest first."""
    check_name(kind, NoticeKind, "kind")
    wanted: MailState | Delivery | None = None
    if state in list(Delivery):
        wanted = Delivery(state)
    elif state is not None:
        check_name(state, MailState, "state")
        wanted = MailState(state)
    with common.asking() as by:
        columns = ("id", "written", "kind", "partner", "state", "subject")
        print_list(
            "messages",
            messages.messages(
                by,
                partner=partner,
                kind=NoticeKind(kind) if kind else None,
                state=wanted,
            ),
            lambda: Table(*columns, box=None, pad_edge=False),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No messages.",
        )


def show(
    message: Named, html: Annotated[bool, typer.Option("--html", help="The HTML part.")] = False
) -> None:
    """Print one message: its headers, what became of it, and its text."""
    row = _whole(message)
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
    for line in row.lines:
        words = f"{line.what}: {line.detail}" if line.detail else line.what
        common.out.write(f"{line.at:%Y-%m-%d %H:%M:%S}  {one_line(words)}")
    common.out.write(f"\n{row.text}", end="")


def open_message(message: Named) -> None:
    """Show one message in the browser; prints the file's path."""
    row = _whole(message)
    _browse(f"message-{row.outbox_id}.html", row.html)


def export(
    message: Named,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE.eml", help="Where to.")] = None,
) -> None:
    """Write one message to a file that every mail program opens."""
    with common.asking() as by:
        file = messages.as_file(by, message)
    path = to or Path(f"message-{file.number}.eml")
    try:
        path.write_bytes(file.content)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    common.out.write(path)


def mark_sent(
    message: Named,
    by: common.By,
    at: Annotated[
        str, typer.Option("--at", help="When, such as 2026-11-16T10:00+01:00; default: now.")
    ] = "",
) -> None:
    """Say that you sent a waiting message yourself. Of a warning, the grace runs from then on."""
    with common.acting_as(by) as who:
        moment = _moment(at, who.now())
        try:
            said = telling.finished(mail_acts.mark_sent(who, message, moment))
        except mail_acts.SentBeforeWritten as error:
            written = error.written_at.isoformat()
            raise UserError(f"--at {at} is before the message was written ({written})") from error
    common.out.write(f"Message {said.number} is marked as sent by {by}.")
    telling.warn_of_cases(said.told)


def _whole(message: str) -> WholeMessage:
    with common.asking() as by:
        return messages.whole(by, message)


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


def _facts(row: Message) -> dict[str, Any]:
    return {
        "id": row.outbox_id,
        "key": row.message_key,
        "kind": row.kind,
        "partner_id": row.partner_id,
        "case_id": row.case_id,
        "state": row.state,
        "delivery": row.came or None,
        "detail": row.detail,
        "from": row.sender,
        "to": row.to,
        "date": row.rendered_at.isoformat(),
        "settled_at": row.settled_at.isoformat() if row.settled_at else None,
        "stated_deadline": row.stated_deadline.isoformat() if row.stated_deadline else None,
        "subject": row.subject,
    }


def _add(table: Table, row: Message) -> None:
    written = f"{row.rendered_at:%Y-%m-%d %H:%M}"
    who = row.partner_id or "–"
    kind = row.kind.label
    table.add_row(str(row.outbox_id), written, kind, who, row.came or row.state, row.subject)
