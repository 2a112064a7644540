"""Cases, decisions and the guard's count: what a case's activities read and write."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from partners.domain.cases.case import CaseStatus
from partners.domain.judging.assessment import Finding
from partners.domain.mail.notices import NoticeKind, case_id
from partners.domain.record.decisions import Because, Step
from partners.domain.time.calendar import Month
from partners.store.tables.case_tables import CaseRow, DecisionRow, GuardActionRow, TierChangeRow
from partners.store.tables.findings import to_json
from partners.store.tables.program_tables import GUARD_LOCK, LockRow, PartnerRow, PolicyRow

GUARD_DAYS = 7

# Built once, for every step of a case runs them. `populate_existing`: a case that the session has
# read before is read anew, as it is under the lock, and not as it was before others changed it.
_LOCKED_CASE = (
    select(CaseRow)
    .where(CaseRow.case_id == bindparam("case_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCK = select(CaseRow.case_id).where(CaseRow.case_id == bindparam("case_id")).with_for_update()
_IS_OPEN = select(CaseRow.case_id).where(
    CaseRow.partner_id == bindparam("partner_id"), CaseRow.closed_at.is_(None)
)
_OPEN_CASE = (
    select(CaseRow)
    .where(CaseRow.partner_id == bindparam("partner_id"), CaseRow.closed_at.is_(None))
    .with_for_update()
)
_PARTNER_AND_POLICY = (
    select(PartnerRow, PolicyRow.sha256)
    .join(PolicyRow, PolicyRow.version == bindparam("version"))
    .where(PartnerRow.partner_id == bindparam("partner_id"))
)
_GUARDS_TURN = select(LockRow.name).where(LockRow.name == GUARD_LOCK).with_for_update()


def open_case_of(session: Session, partner_id: str) -> CaseRow | None:
    """The partner's open case, locked until the transaction ends; None if there is none."""
    return session.scalar(_OPEN_CASE, {"partner_id": partner_id})


def locked_case(session: Session, case_id: str) -> CaseRow:
    """A case, locked until the transaction ends. Raises LookupError if there is none."""
    case = session.scalar(_LOCKED_CASE, {"case_id": case_id})
    if case is None:
        raise LookupError(f"there is no case {case_id}")
    return case


def lock_cases(session: Session, case_ids: Collection[str]) -> None:
    """Lock several cases, in the order that keeps two who do so from waiting for each other; to be
    called before any of their messages is locked (docs/audit.md, "The order of locks")."""
    for which in sorted(case_ids):
        session.execute(_LOCK, {"case_id": which})


def has_open_case(session: Session, partner_id: str) -> bool:
    """Whether a case is open for the partner; for who only looks, and so locks nothing."""
    return session.scalar(_IS_OPEN, {"partner_id": partner_id}) is not None


def partner_and_policy(session: Session, case: CaseRow) -> tuple[PartnerRow, str]:
    """A case's partner, and its policy's hash. Read them after the case, which may be locked:
    what another transaction did to the partner meanwhile is seen then."""
    keys = {"partner_id": case.partner_id, "version": case.policy_version}
    partner, sha256 = session.execute(_PARTNER_AND_POLICY, keys).one()
    return partner, sha256


def open_of(session: Session) -> list[str]:
    """The partners with an open case."""
    return sorted(session.scalars(select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None))))


def to_be_told(session: Session, today: date, among: Collection[str] | None = None) -> list[str]:
    """The partners whose open case must look: an import touched it, or it waits for the feed.

    It waits once its deadline's day is over where the program is; `today` is the day there
    (`policies.day_of`), which begins hours before or after UTC's.
    """
    row = CaseRow
    waits_for_feed = and_(row.status == CaseStatus.IN_GRACE, row.deadline < today)
    query = select(row.partner_id).where(row.closed_at.is_(None), or_(row.untold, waits_for_feed))
    if among is not None:
        query = query.where(row.partner_id.in_(among))
    return sorted(session.scalars(query))


def newest_case_of(session: Session, partner_id: str) -> CaseRow | None:
    """The partner's open case, or else the newest closed one."""
    query = select(CaseRow).where(CaseRow.partner_id == partner_id)
    return session.scalars(query.order_by(CaseRow.opened_at.desc())).first()


def new_case(
    session: Session,
    partner: PartnerRow,
    *,
    month: Month,
    since: date,
    policy_version: int,
    repeat: bool,
    opened_at: datetime,
    period_days: int,
    findings: Iterable[Finding],
) -> CaseRow:
    """Open a case. The unique indexes refuse a second open one, and a second for the month."""
    assert partner.tier is not None
    case = CaseRow(
        case_id=case_id(partner.partner_id, month),
        partner_id=partner.partner_id,
        month=month.number,
        since=since,
        tier=partner.tier,
        policy_version=policy_version,
        repeat=repeat,
        revision=1,
        status=CaseStatus.OPENED,
        opened_at=opened_at,
        findings=to_json(findings),
        latest=[],
        notice_kind=NoticeKind.WARNING,
        attempt=1,
        period_days=period_days,
        notices_done=[],
        hold_count=0,
        hold_notices=0,
        silent=False,
        untold=False,
    )
    session.add(case)
    session.flush()
    return case


@dataclass(frozen=True)
class Decided:
    """A decision with its inputs (rule 15)."""

    partner_id: str
    case: CaseRow | None
    at: datetime
    step: Step
    result: str
    as_of: date
    policy_version: int
    findings: Iterable[Finding]
    actor: str
    reason: str | None = None
    came_to: str | None = None
    because: Because | None = None


def record_decision(session: Session, decided: Decided) -> None:
    """Store a decision."""
    session.add(
        DecisionRow(
            partner_id=decided.partner_id,
            case_id=decided.case.case_id if decided.case else None,
            at=decided.at,
            step=decided.step,
            result=decided.result,
            came_to=decided.came_to,
            because=decided.because,
            as_of=decided.as_of,
            policy_version=decided.policy_version,
            findings=to_json(decided.findings),
            actor=decided.actor,
            reason=decided.reason,
        )
    )


def decisions_of(session: Session, partner_id: str) -> list[DecisionRow]:
    """Every decision about a partner, oldest first."""
    query = select(DecisionRow).where(DecisionRow.partner_id == partner_id)
    return list(session.scalars(query.order_by(DecisionRow.decision_id)))


def newest_decision(session: Session, case_id: str, step: Step) -> DecisionRow | None:
    """The newest decision of that step about a case; None if there was none."""
    query = select(DecisionRow).where(DecisionRow.case_id == case_id, DecisionRow.step == step)
    return session.scalars(query.order_by(DecisionRow.decision_id.desc()).limit(1)).first()


def acted_lately(session: Session, partner_id: str, now: datetime) -> list[str]:
    """Other partners warned or removed in the last 7 days, as the guard counts them (rule 13).

    Takes the guard's lock first, so that of two transactions the second counts the first. `now` is
    the start of a step: what another step, begun later, has done meanwhile counts too, so there is
    no upper bound.
    """
    take_guards_turn(session)
    return seen_lately(session, partner_id, now)


def how_many_acted_lately(session: Session, partner_id: str, now: datetime, most: int) -> int:
    """How many `acted_lately` finds, counted no further than `most`.

    Every warning asks, with the guard's lock in hand: beyond what decides, counting would only
    make a thousand warnings a million rows.
    """
    take_guards_turn(session)
    lately = select(GuardActionRow.partner_id).where(_lately(partner_id, now)).distinct()
    query = select(func.count()).select_from(lately.limit(most).subquery())
    return session.scalar(query) or 0


def take_guards_turn(session: Session) -> None:
    """From here to the end of the transaction nobody else asks the guard."""
    session.execute(_GUARDS_TURN)


def seen_lately(session: Session, partner_id: str, now: datetime) -> list[str]:
    """What `acted_lately` counts, without taking turns: for those who only look."""
    query = select(GuardActionRow.partner_id).where(_lately(partner_id, now))
    return sorted(set(session.scalars(query)))


def newest_lately(session: Session, partner_id: str, now: datetime, most: int) -> tuple[str, ...]:
    """As `seen_lately`, by id; of more than `most` those acted upon last."""
    row, found = GuardActionRow, set[str]()
    query = select(row.partner_id).where(_lately(partner_id, now)).order_by(row.acted_at.desc())
    for acted_upon in session.scalars(query.execution_options(yield_per=most)):
        found.add(acted_upon)
        if len(found) == most:
            break
    return tuple(sorted(found))


def _lately(partner_id: str, now: datetime) -> ColumnElement[bool]:
    row = GuardActionRow
    return and_(row.acted_at > now - timedelta(days=GUARD_DAYS), row.partner_id != partner_id)


def record_action(session: Session, key: str, partner_id: str, now: datetime) -> None:
    """Count a partner as warned or removed; once per key."""
    if session.get(GuardActionRow, key) is None:
        session.add(GuardActionRow(key=key, partner_id=partner_id, acted_at=now))


def enrolled(session: Session) -> int:
    """How many partners are in a tier."""
    query = select(func.count()).select_from(PartnerRow).where(PartnerRow.tier.is_not(None))
    return session.scalar(query) or 0


def change_tier(
    session: Session,
    partner: PartnerRow,
    to_tier: str | None,
    *,
    key: str,
    case_id: str | None,
    at: datetime,
    day: date,
    actor: str,
    reason: str,
) -> None:
    """Move a partner, once per key; the key's unique constraint refuses a second time (rule 9)."""
    session.add(
        TierChangeRow(
            key=key,
            partner_id=partner.partner_id,
            case_id=case_id,
            from_tier=partner.tier,
            to_tier=to_tier,
            changed_at=at,
            actor=actor,
            reason=reason,
        )
    )
    partner.tier = to_tier
    partner.tier_since = day
    partner.left_on = day if to_tier is None else None
