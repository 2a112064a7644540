"""A test: an invented notice, marked as one, sent the way real mail goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from partners.domain.mail.notices import MailState
from partners.errors import Refusal, SetupError
from partners.loading import on_use
from partners.mail.notice import Notice
from partners.mail.transport import AllowList, Receipt, is_usable
from partners.store.mail import outbox
from partners.store.mail.outbox import Claim, Written
from partners.store.tables.mail_tables import OutboxRow
from partners.use_cases.acting import Manager

with on_use():
    from activities.mail import protocol

if TYPE_CHECKING:
    from activities.services import Services

MARK = "[Test]"
CLAIMED_FOR = timedelta(minutes=1)


@dataclass(eq=False)
class UnusableAddress(Refusal):
    """Nothing can be sent there."""

    says = "{address!r} is no address that can receive mail"

    address: str


@dataclass(eq=False)
class NotOnAllowList(Refusal):
    """Tests go only to addresses that the settings name."""

    says = "{address} is not on the allow-list; add it to PARTNERS_MAIL_ALLOW"

    address: str


@dataclass(eq=False)
class MailIsStopped(Refusal):
    """Rule 14: a person stopped this mail."""

    says = "{switch} is stopped by {who}"

    switch: str
    who: str


@dataclass(frozen=True)
class Tried:
    """What the provider made of it. `taken`: accepted, or kept where nothing is sent."""

    number: int
    state: MailState
    detail: str | None

    @property
    def taken(self) -> bool:
        return self.state in (MailState.ACCEPTED, MailState.WAITING)


def send_test(
    by: Manager, notice: Notice, to: str, allowed: AllowList, build: Callable[[], Services]
) -> Tried:
    """Claim, commit, hand over, settle: the protocol of every message (ADR 004).

    It concerns no partner and starts no clock.
    """
    _require_allowed(allowed, to)
    services = build()
    now = by.now()
    rendered = services.renderer.render(services.rules.footed(notice))
    usual = services.sender or notice.policy.program.contact_email
    with by.database.write() as session:
        if switch := outbox.stopped(session, notice.kind):
            raise MailIsStopped(switch.name, switch.who)
        claim = Claim(uuid4().hex, datetime.now(UTC) + CLAIMED_FOR)
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
    return _settled(by, number, services.transport.send(message), now)


def _settled(by: Manager, number: int, receipt: Receipt, now: datetime) -> Tried:
    # Nobody would send a queued test later: it is as good as refused, and may be sent again.
    state = MailState.REJECTED if receipt.state is MailState.QUEUED else receipt.state
    with by.database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.settle(row, state, now, provider_id=receipt.provider_id, detail=receipt.detail)
    return Tried(number, receipt.state, receipt.detail)


def _require_allowed(allowed: AllowList, address: str) -> None:
    """Raises SetupError where nobody is on the allow-list, a refusal for who is not on it.

    Unlike other mail, a test never goes to everybody where the list is blank.
    """
    if not allowed.entries:
        raise SetupError(
            "test e-mails go to nobody: name addresses or @domains in PARTNERS_MAIL_ALLOW"
        )
    if not is_usable(address):
        raise UnusableAddress(address)
    if not allowed.includes(address):
        raise NotOnAllowList(address)
