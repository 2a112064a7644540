"""Leads: which referral of each counts, what follows for the ledger, and who is to be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.domain.referrals.referral import Claim, Known, ReferralState, Standing, standings
from partners.domain.referrals.view import ReferralEvent
from partners.domain.time.calendar import ProgramCalendar
from partners.store.policy import policies
from partners.store.referrals import referrals
from partners.store.referrals.referral_money import currency_of, settle_referrals
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.referral_tables import ReferralNewsRow, ReferralRow

S = ReferralState


@dataclass(frozen=True)
class Change:
    """A referral that stands otherwise than before."""

    partner_id: str
    event: ReferralEvent


@dataclass(frozen=True)
class Before:
    """How a referral stood; `state` None: it is new."""

    state: ReferralState | None
    amount: object
    bought_at: datetime | None


def resolve(
    session: Session, lead_refs: Collection[str], policy: Policy, now: datetime
) -> list[Change]:
    """Make the referrals of these leads stand as all that is known says; returns what changed."""
    if not lead_refs:
        return []
    query = select(ReferralRow).where(ReferralRow.lead_ref.in_(lead_refs))
    rows = list(session.scalars(query.order_by(ReferralRow.referral_id)))
    _note_customers(session, [row for row in rows if row.revision == 0])
    known = referrals.known_of(session, rows)
    calendar = calendar_of(policy)
    changed = []
    for lead in _by_lead(rows).values():
        claims = [_claim(row, known[row.referral_id]) for row in lead]
        standing = standings(claims, calendar.day_of)
        for row in lead:
            before = Before(row.state if row.revision else None, row.amount, row.bought_at)
            if _stand(session, row, known[row.referral_id], standing[row.referral_id], calendar):
                changed.append((row, before))
    session.flush()
    settle_referrals(session, [row for row, _ in changed], now, calendar.day_of(now))
    for row, before in changed:
        _note_news(session, row, before, now)
    session.flush()
    return [Change(row.partner_id, event_of(session, row)) for row, _ in changed]


def _by_lead(rows: Iterable[ReferralRow]) -> dict[str, list[ReferralRow]]:
    found: defaultdict[str, list[ReferralRow]] = defaultdict(list)
    for row in rows:
        found[row.lead_ref].append(row)
    return found


def _claim(row: ReferralRow, known: Known) -> Claim:
    return Claim(row.referral_id, row.partner_id, row.submitted_at, known, row.customer_since)


def _note_customers(session: Session, rows: Sequence[ReferralRow]) -> None:
    """Of new referrals: whether the lead had ordered before it was referred."""
    if not rows:
        return
    order = OrderRow
    query = select(order.customer_id, func.min(order.placed_at)).where(
        order.customer_id.in_([row.lead_ref for row in rows])
    )
    first = dict(session.execute(query.group_by(order.customer_id)).all())
    for row in rows:
        placed_at = first.get(row.lead_ref)
        if placed_at is not None:
            since = datetime.fromtimestamp(placed_at, UTC)
            row.customer_since = since if since < row.submitted_at else None


def _stand(
    session: Session,
    row: ReferralRow,
    known: Known,
    standing: Standing,
    calendar: ProgramCalendar,
) -> bool:
    """Write down where a referral stands; whether that is new."""
    bought_on = calendar.day_of(known.bought_at) if known.bought_at else None
    version = row.policy_version
    if known.promised_at != row.promised_at:
        version = _version_at(session, known.promised_at)
    now_is = {
        "state": standing.state,
        "reason": standing.reason,
        "accepted_at": known.accepted_at,
        "promised_at": known.promised_at,
        "policy_version": version,
        "bought_at": known.bought_at,
        "bought_on": bought_on,
        "amount": known.amount,
    }
    row.because = standing.because
    if row.revision and all(getattr(row, name) == value for name, value in now_is.items()):
        return False
    for name, value in now_is.items():
        setattr(row, name, value)
    row.revision += 1
    return True


def _version_at(session: Session, moment: datetime | None) -> int | None:
    """The policy in force at a moment; before the first one, the first."""
    if moment is None:
        return None
    found = policies.in_force_at(session, moment)
    return found[0] if found else policies.history(session)[0].version


def _note_news(session: Session, row: ReferralRow, before: Before, now: datetime) -> None:
    """Note what the partner is to be told of a change."""
    state, was = row.state, before.state
    kind, event = NoticeKind.REFERRAL_RECEIVED, state.value
    if state is S.CONVERTED:
        same = was == S.CONVERTED and (before.amount, before.bought_at) == (
            row.amount,
            row.bought_at,
        )
        if same:
            return
        kind = NoticeKind.REFERRAL_CONVERTED
        event = "corrected" if was == S.CONVERTED else event
    elif was == S.CONVERTED:
        kind = NoticeKind.REFERRAL_CONVERTED
        event = "refunded" if state is S.REFUNDED else "withdrawn"
    elif (
        state in (S.LOST, S.REFUNDED)
        or was == state
        or (was in (S.ACCEPTED, S.WORKING) and state is S.WORKING)
    ):
        return
    session.add(
        ReferralNewsRow(
            key=f"referral/{row.referral_id}/{event}/{row.revision}",
            partner_id=row.partner_id,
            referral_id=row.referral_id,
            kind=kind,
            event=event,
            detail={},
            at=now,
        )
    )


def event_of(session: Session, row: ReferralRow) -> ReferralEvent:
    """A referral as the timeline names it."""
    if row.state != S.CONVERTED or row.amount is None:
        return ReferralEvent(row.referral_id, row.state)
    amount = referrals.amount_words(row.amount, currency_of(session, row))
    return ReferralEvent(row.referral_id, row.state, amount, row.bought_on)
