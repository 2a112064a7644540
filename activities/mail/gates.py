"""The gates before every send, after "is it still true?" and before the claim (rule 14).

In this order: suppression and preferences, the recipient's hours, caps per recipient and per run.
They read; the caller claims, or waits and asks again: a message that is put off is not written
yet, so a warning still states a deadline counted from the day on which it goes out (rule 12).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from partners.domain.mail.notices import NoticeKind, run_of
from partners.domain.mail.topics import OPTIONAL, SERVICE, Topic, topic_of
from partners.domain.mail.view import Sending
from partners.domain.time.calendar import ProgramCalendar
from partners.domain.time.send_window import zone_or
from partners.mail.send_rules import SendRules
from partners.mail.transport import is_usable
from partners.store.mail import recipients
from partners.store.tables.program_tables import PartnerRow

GO = Sending.SENT


@dataclass(frozen=True)
class Addressee:
    """Whom a message is for. `partner` is None for staff, who are written to at any hour."""

    calendar: ProgramCalendar  # the program's
    partner: PartnerRow | None = None
    staff: tuple[str, ...] = ()
    avoid: frozenset[str] = frozenset()  # addresses that failed, to be used last


@dataclass(frozen=True)
class Gate:
    """Whom to write to. `stop`: GO, or why not, as the result of sending."""

    to: tuple[str, ...]
    stop: Sending = GO
    detail: str = ""
    until: datetime | None = None  # put off: ask again then

    @property
    def waits(self) -> bool:
        """Whether nothing is to be written now. A rejected message is, so that it is seen."""
        return self.stop not in (GO, Sending.REJECTED)


def check(
    session: Session,
    rules: SendRules,
    key: str,
    kind: NoticeKind,
    to: Addressee,
    now: datetime,
    not_after: datetime | None = None,
) -> Gate:
    """Whether a message may be written and sent now, and to which address. Changes nothing.

    `not_after`: the last moment at which it is of use; hours do not put it off beyond that. All
    instants are program time. A result of `rejected` says that no address can be reached: the
    caller keeps the message as rejected, and what follows from that follows.
    """
    if to.partner is None:
        return Gate(_staff(session, to.staff))
    topic = topic_of(kind)
    if topic is not None and (why := _why_unwanted(session, rules, to.partner, topic)):
        return why
    address, why_not = _address(session, to.partner, to.avoid)
    if why_not:
        return Gate((address,), Sending.REJECTED, why_not)
    gate = Gate((address,))
    opens = _opens(rules, topic, to, now)
    if opens > now and (not_after is None or opens < not_after):
        return replace(gate, stop=Sending.PUT_OFF, detail="outside their hours", until=opens)
    if (room := _room(session, rules, key, to.partner, topic, now)) > now:
        return replace(gate, stop=Sending.PUT_OFF, detail="enough mail lately", until=room)
    return _within_run(session, rules, key, gate)


def _staff(session: Session, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Those who can be reached; all of them where nobody can, so that the failure is seen."""
    blocked = recipients.blocked(session, addresses)
    return tuple(a for a in addresses if a.lower() not in blocked) or addresses


def _why_unwanted(
    session: Session, rules: SendRules, partner: PartnerRow, topic: Topic
) -> Gate | None:
    """Optional mail needs a way out of it, a postal address, and somebody who wants it."""
    if not rules.links.public_url or not rules.postal_address:
        need = "optional mail needs PARTNERS_PUBLIC_URL and PARTNERS_POSTAL_ADDRESS"
        return Gate((), Sending.STOPPED, need)
    if not recipients.wanted(session, partner, [topic], rules.consent)[topic]:
        return Gate((), Sending.SKIPPED, f"does not want mail about: {topic.label}")
    return None


def _address(session: Session, partner: PartnerRow, avoid: frozenset[str]) -> tuple[str, str]:
    """The address to write to, and why it cannot be reached; blank if it can."""
    known = recipients.addresses_of(partner)
    blocked = recipients.blocked(session, known)
    usable = [a for a in known if is_usable(a) and a.lower() not in blocked]
    if usable:
        return min(usable, key=lambda a: a.lower() in avoid), ""
    if not blocked:
        return partner.email, "the address cannot receive mail"
    first = next(row for row in blocked.values())
    return partner.email, f"blocked since {first.since:%Y-%m-%d}: {first.cause}"


def _opens(rules: SendRules, topic: Topic | None, to: Addressee, now: datetime) -> datetime:
    assert to.partner is not None
    hours = rules.optional_hours if topic else rules.service_hours
    zone = zone_or(to.partner.time_zone, to.calendar.zone)
    return hours.next_open(now, zone, to.calendar.weekend)


def _room(
    session: Session,
    rules: SendRules,
    key: str,
    partner: PartnerRow,
    topic: Topic | None,
    now: datetime,
) -> datetime:
    """When the partner's cap has room: each class of mail counts its own."""
    cap, kinds = (
        (rules.optional_cap, tuple(OPTIONAL)) if topic else (rules.service_cap, tuple(SERVICE))
    )
    if not cap.messages:
        return now
    since = now - timedelta(days=cap.days)
    return cap.room_at(recipients.sent_since(session, partner.partner_id, kinds, since, key), now)


def _within_run(session: Session, rules: SendRules, key: str, gate: Gate) -> Gate:
    """A run of mail over its cap waits for a person's approval."""
    run = run_of(key)
    if run is None or not rules.run_cap or recipients.approval(session, run):
        return gate
    written = recipients.count_of_run(session, run, key)
    if written < rules.run_cap:
        return gate
    detail = f"{written} messages of {run} are the cap; go on with: mail approve {run}"
    return replace(gate, stop=Sending.STOPPED, detail=detail)
