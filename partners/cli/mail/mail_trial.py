"""`partners mail test`: an invented notice, marked as a test, to an address of the allow-list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

import typer

from partners.cli import common
from partners.cli.mail.mail_app import check_kind
from partners.cli.mail.mail_preview import (
    Language,
    PolicyFile,
    check_language,
    invented,
    preview_policy,
)
from partners.domain.mail.notices import MailState, NoticeKind
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.mail.notice import Notice
from partners.mail.transport import AllowList, Receipt, is_usable
from partners.settings import Settings, load_settings
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.mail.outbox import Claim, Written
from partners.store.tables.mail_tables import OutboxRow

with on_use():
    from activities.mail import protocol
    from partners.bootstrap import services as building

MARK = "[Test]"
CLAIMED_FOR = timedelta(minutes=1)


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
    with common.database() as database:
        number, receipt = _hand_over(settings, database, notice, to)
    _tell(number, to, receipt)


def require_allowed(settings: Settings, address: str) -> None:
    """Raises SetupError where nobody is on the allow-list, UserError for who is not on it.

    Unlike other mail, a test never goes to everybody where the list is blank.
    """
    allowed = AllowList.parse(settings.mail_allow)
    if not allowed.entries:
        raise SetupError(
            "test e-mails go to nobody: name addresses or @domains in PARTNERS_MAIL_ALLOW"
        )
    if not is_usable(address):
        raise UserError(f"{address!r} is no address that can receive mail")
    if not allowed.includes(address):
        raise UserError(f"{address} is not on the allow-list; add it to PARTNERS_MAIL_ALLOW")


def _hand_over(
    settings: Settings, database: Database, notice: Notice, to: str
) -> tuple[int, Receipt]:
    """Claim, commit, hand over, settle: the protocol of every message (ADR 004)."""
    services = building.build_services(settings, database)
    now = common.program_now(database)
    rendered = services.renderer.render(services.rules.footed(notice))
    usual = services.sender or notice.policy.program.contact_email
    with database.write() as session:
        if switch := outbox.stopped(session, notice.kind):
            raise UserError(f"{switch.name} is stopped by {switch.who}; see: partners go")
        claim = Claim(uuid4().hex, common.now() + CLAIMED_FOR)
        row = outbox.claim(
            session,
            Written(
                f"test/{notice.kind}/{claim.token}",
                notice.kind,
                replace(rendered, subject=f"{MARK} {rendered.subject}"),
                to=[to],
                sender=services.rules.sender(notice.kind, usual),
            ),
            now=now,
            by=claim,
        )
        number, message = row.outbox_id, protocol.ready(services, row, claim).message
    receipt = services.transport.send(message)
    # Nobody would send a queued test later: it is as good as refused, and may be sent again.
    state = MailState.REJECTED if receipt.state is MailState.QUEUED else receipt.state
    with database.write() as session:
        settled = session.get_one(OutboxRow, number)
        outbox.settle(settled, state, now, provider_id=receipt.provider_id, detail=receipt.detail)
    return number, receipt


def _tell(number: int, to: str, receipt: Receipt) -> None:
    """Raises UserError if the provider took nothing."""
    detail = f" ({receipt.detail})" if receipt.detail else ""
    if receipt.state in (MailState.ACCEPTED, MailState.WAITING):
        common.out.write(f"Message {number} to {to}: {receipt.state}{detail}")
        return
    raise UserError(f"message {number} to {to}: {receipt.state}{detail}")
