"""Who may be written to about what: suppressed addresses, partners' choices, counts of mail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.topics import EVERYTHING, Choice, Consent, Topic, is_wanted
from partners.store.tables.base import ask, insert_into
from partners.store.tables.mail_tables import (
    MailApprovalRow,
    OutboxRow,
    PreferenceRow,
    SuppressionRow,
    UnblockRow,
)
from partners.store.tables.program_tables import PartnerRow

ALL = "all"
"""The scope of an address that is written to about nothing at all."""

_NOT_SENT = (MailState.REJECTED, MailState.SUPERSEDED, MailState.LOST)
_SENT_SINCE = select(OutboxRow.claimed_at).where(
    OutboxRow.notice_key != bindparam("besides"),
    OutboxRow.partner_id == bindparam("partner_id"),
    OutboxRow.kind.in_(bindparam("kinds", expanding=True)),
    OutboxRow.claimed_at > bindparam("since"),
    OutboxRow.state.not_in(_NOT_SENT),
)

_SUPPRESSIONS = select(SuppressionRow).order_by(SuppressionRow.since.desc())
_OF_THESE = _SUPPRESSIONS.where(SuppressionRow.email.in_(bindparam("emails", expanding=True)))


def suppress(
    session: Session,
    email: str,
    scope: str,
    cause: str,
    source: str,
    since: datetime,
    *,
    detail: str = "",
) -> bool:
    """Stop writing to an address; the first reason stays on record. Whether it is new."""
    values = {
        "email": email.lower(),
        "scope": scope,
        "cause": cause,
        "source": source,
        "since": since,
        "detail": detail,
    }
    statement = insert_into(session, SuppressionRow).values(values).on_conflict_do_nothing()
    return session.execute(statement.returning(SuppressionRow.suppression_id)).first() is not None


def lift(
    session: Session,
    emails: Collection[str],
    scopes: Collection[str],
    *,
    before: datetime | None = None,
) -> int:
    """Write to addresses again; `before`: only where the suppression is older. How many ended."""
    row = SuppressionRow
    query = select(row).where(row.email.in_([e.lower() for e in emails]), row.scope.in_(scopes))
    rows = [r for r in session.scalars(query) if before is None or r.since <= before]
    for found in rows:
        session.delete(found)
    session.flush()
    return len(rows)


def every_suppression(session: Session) -> Iterator[SuppressionRow]:
    """What is suppressed of everybody, newest first, read as it is asked for."""
    yield from session.scalars(_SUPPRESSIONS.execution_options(yield_per=500))


def suppressions(session: Session, emails: Iterable[str]) -> list[SuppressionRow]:
    """What is suppressed of these addresses, newest first."""
    return list(session.scalars(_OF_THESE, {"emails": [email.lower() for email in emails]}))


def blocked(session: Session, emails: Iterable[str]) -> dict[str, SuppressionRow]:
    """Those of these addresses that can receive nothing, in lower case, and why."""
    return {row.email: row for row in suppressions(session, emails) if row.scope == ALL}


def addresses_of(partner: PartnerRow) -> list[str]:
    """A partner's addresses, the preferred one first."""
    return [address for address in (partner.email, partner.fallback_email) if address]


def choices(session: Session, partner_id: str) -> list[Choice]:
    """Everything a partner chose, oldest first."""
    query = select(PreferenceRow).where(PreferenceRow.partner_id == partner_id)
    rows = session.scalars(query.order_by(PreferenceRow.choice_id))
    return [Choice(row.topic, row.wanted, row.at, row.via) for row in rows]


def wanted(
    session: Session, partner: PartnerRow, topics: Iterable[Topic], consent: Consent
) -> dict[Topic, bool]:
    """Which optional topics a partner wants, after their choices and the provider's word."""
    made = choices(session, partner.partner_id)
    scopes = {row.scope for row in suppressions(session, addresses_of(partner))}
    return {
        topic: is_wanted(topic, made, consent) and not scopes & {topic.value, EVERYTHING}
        for topic in topics
    }


def choose(
    session: Session, partner: PartnerRow, wishes: dict[str, bool], at: datetime, via: str
) -> None:
    """Record what a partner chose, by topic or `everything`.

    A yes ends what was suppressed by an unsubscription, never what a bounce or complaint blocked.
    """
    for topic, wish in wishes.items():
        session.add(
            PreferenceRow(partner_id=partner.partner_id, topic=topic, wanted=wish, at=at, via=via)
        )
        if wish:  # after the choice is added: it must not become a no like the others
            _split_everything(session, partner, at, via)
            lift(session, addresses_of(partner), [topic])
    session.flush()


def _split_everything(session: Session, partner: PartnerRow, at: datetime, via: str) -> None:
    """One topic is wanted again: what stood against all of them becomes a no to each other one."""
    if not lift(session, addresses_of(partner), [EVERYTHING]):
        return
    made = {choice.topic for choice in choices(session, partner.partner_id)}
    for topic in Topic:
        if topic not in made:
            session.add(
                PreferenceRow(
                    partner_id=partner.partner_id, topic=topic, wanted=False, at=at, via=via
                )
            )
    session.flush()


def sent_since(
    session: Session, partner_id: str, kinds: Collection[str], since: datetime, besides: str
) -> list[datetime]:
    """When messages of these kinds went to a partner, for caps; `besides`: but for this notice."""
    known = [kind for kind in NoticeKind if kind in kinds]  # topics name kinds to come, too
    asked = {"besides": besides, "partner_id": partner_id, "kinds": known, "since": since}
    return [at for at in ask(session, _SENT_SINCE, asked).scalars() if at is not None]


def count_of_run(session: Session, run: str, besides: str) -> int:
    """How many messages of a run were written; `besides`: but for this notice."""
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.notice_key != besides)
    found = query.where(OutboxRow.notice_key.startswith(f"{run}/", autoescape=True))
    return session.scalar(found) or 0


def approval(session: Session, run: str) -> MailApprovalRow | None:
    """Who let a run go over its cap; None if nobody has."""
    return session.get(MailApprovalRow, run)


def approve(session: Session, run: str, who: str, reason: str, at: datetime) -> MailApprovalRow:
    """Let a run go over its cap; the first to have done so stays on record."""
    row = approval(session, run)
    if row is None:
        row = MailApprovalRow(run=run, who=who, reason=reason, at=at)
        session.add(row)
    return row


def withdraw(session: Session, rows: Sequence[SuppressionRow]) -> None:
    """End suppressions that the provider no longer has."""
    ids = [row.suppression_id for row in rows]
    session.execute(delete(SuppressionRow).where(SuppressionRow.suppression_id.in_(ids)))


def chosen_at(session: Session, emails: Iterable[str]) -> dict[str, datetime]:
    """When partners with these addresses, in lower case, last chose what they want."""
    asked, found = list(emails), dict[str, datetime]()
    for column in (PartnerRow.email, PartnerRow.fallback_email):
        address = func.lower(column)
        query = (
            select(address, func.max(PreferenceRow.choice_id))
            .join(PartnerRow, PartnerRow.partner_id == PreferenceRow.partner_id)
            .where(address.in_(asked))
            .group_by(address)
        )
        for email, choice_id in session.execute(query):
            at = session.get_one(PreferenceRow, choice_id).at
            found[email] = max(at, found.get(email, at))
    return found


def record_unblocked(session: Session, email: str, who: str, reason: str, at: datetime) -> None:
    """Who had a blocked address written to again, and why (rule 16)."""
    session.add(UnblockRow(email=email.lower(), who=who, reason=reason, at=at))
