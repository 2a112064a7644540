"""`partners mail test`: an invented notice, marked as a test, to an address of the allow-list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import uuid4

import typer

from partners.cli import common
from partners.cli.mail_app import app, check_kind
from partners.cli.mail_preview import Language, PolicyFile, check_language, invented, preview_policy
from partners.domain.notices import MailState, NoticeKind, Rendered
from partners.errors import SetupError, UserError
from partners.mail.render import Renderer
from partners.mail.transport import Message, Receipt, is_usable
from partners.settings import Settings, load_settings
from partners.store import outbox
from partners.store.database import Database

MARK = "[Test]"


@app.command("test")
def send_test(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind of notice.")],
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="On the allow-list.")],
    language: Language = None,
    policy: PolicyFile = None,
) -> None:
    """Send an invented notice, marked as a test, the way real mail goes.

    Only to addresses that PARTNERS_MAIL_ALLOW names. It concerns no partner and starts no clock.
    """
    check_kind(kind)
    check_language(language)
    settings = load_settings()
    require_allowed(settings, to)
    known = preview_policy(policy)
    notice = invented(NoticeKind(kind), known, language or known.program.language)
    message = Renderer(settings.templates).render(notice)
    marked = replace(message, subject=f"{MARK} {message.subject}")
    sender = settings.mail_sender or known.program.contact_email
    with common.database() as database:
        now = common.program_now(database)
        number, receipt = _hand_over(settings, database, notice.kind, marked, to, sender, now)
    _tell(number, to, receipt)


def require_allowed(settings: Settings, address: str) -> None:
    """Raises SetupError where nobody is on the allow-list, UserError for who is not on it.

    Unlike other mail, a test never goes to everybody where the list is blank.
    """
    listed = str(getattr(settings, "mail_allow", ""))
    entries = {entry.strip().lower() for entry in listed.split(",") if entry.strip()}
    if not entries:
        raise SetupError(
            "test e-mails go to nobody: name addresses or @domains in PARTNERS_MAIL_ALLOW"
        )
    if not is_usable(address):
        raise UserError(f"{address!r} is no address that can receive mail")
    if not entries & {address.lower(), f"@{address.lower().rpartition('@')[2]}"}:
        raise UserError(f"{address} is not on the allow-list; add it to PARTNERS_MAIL_ALLOW")


def _hand_over(
    settings: Settings,
    database: Database,
    kind: NoticeKind,
    content: Rendered,
    to: str,
    sender: str,
    now: datetime,
) -> tuple[int, Receipt]:
    """Claim, commit, hand over, settle: the protocol of every message (ADR 004)."""
    from partners.bootstrap import build_transport  # loads Temporal's client

    transport = build_transport(settings)
    with database.write() as session:
        if switch := outbox.stopped(session, kind):
            raise UserError(f"{switch.name} is stopped by {switch.who}; see: partners go")
        row = outbox.claim(
            session,
            f"test/{kind}/{uuid4().hex}",
            kind,
            content,
            to=[to],
            sender=sender,
            now=now,
            partner_id=None,
            case_id=None,
            stated_deadline=None,
        )
        number, key = row.outbox_id, row.message_key
    receipt = transport.send(Message(number, (to,), sender, content))
    with database.write() as session:
        settled = outbox.message(session, key)
        assert settled is not None
        outbox.settle(
            settled, receipt.state, now, provider_id=receipt.provider_id, detail=receipt.detail
        )
    return number, receipt


def _tell(number: int, to: str, receipt: Receipt) -> None:
    """Raises UserError if the provider took nothing."""
    detail = f" ({receipt.detail})" if receipt.detail else ""
    if receipt.state in (MailState.ACCEPTED, MailState.WAITING):
        typer.echo(f"Message {number} to {to}: {receipt.state}{detail}")
        return
    raise UserError(f"message {number} to {to}: {receipt.state}{detail}")
