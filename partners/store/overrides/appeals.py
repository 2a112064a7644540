"""Appeals: opened by staff for a partner, and answered; at most one is open per partner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.cases.commands import AppealState, Command, Lowering
from partners.domain.policy.policy import Policy
from partners.errors import UserError
from partners.store.overrides.overrides import refuse_if
from partners.store.policy import policies
from partners.store.policy.renames import RENAMED, now_called
from partners.store.tables.case_tables import AppealRow, TierChangeRow
from partners.store.tables.program_tables import PartnerRow


def open_appeal(session: Session, partner_id: str) -> AppealRow | None:
    """The partner's open appeal, locked until the transaction ends; None if there is none."""
    query = select(AppealRow).where(
        AppealRow.partner_id == partner_id, AppealRow.state == AppealState.OPEN
    )
    return session.scalars(query.with_for_update()).first()


def waiting(session: Session) -> list[AppealRow]:
    """Every appeal that waits for an answer, the oldest first."""
    query = select(AppealRow).where(AppealRow.state == AppealState.OPEN)
    return list(session.scalars(query.order_by(AppealRow.appeal_id)))


def open_new(
    session: Session,
    partner_id: str,
    command: Command,
    at: datetime,
    *,
    case_id: str | None = None,
    against: str | None = None,
) -> AppealRow:
    """Open an appeal against a case, or against a change of tier. Raises UserError."""
    if (other := open_appeal(session, partner_id)) is not None:
        refuse_if(f"an appeal is open already, since {other.opened_at:%Y-%m-%d}")
    row = AppealRow(
        partner_id=partner_id,
        case_id=case_id,
        against=against,
        state=AppealState.OPEN,
        opened_at=at,
        opened_by=command.who,
        reason=command.reason,
    )
    session.add(row)
    session.flush()
    return row


def answer(
    session: Session, partner_id: str, state: AppealState, command: Command, at: datetime
) -> AppealRow:
    """Uphold or overturn the open appeal. Raises UserError if none is open."""
    row = open_appeal(session, partner_id)
    if row is None:
        raise UserError("refused: no appeal is open")
    settle(row, state, command.who, command.reason, at)
    return row


def settle(row: AppealRow, state: AppealState, who: str, why: str, at: datetime) -> None:
    row.state, row.decided_by, row.decision, row.decided_at = state, who, why, at


def lowering(
    session: Session, partner: PartnerRow, policy: Policy
) -> tuple[TierChangeRow, Lowering] | None:
    """The change that brought the partner down to where they are; None if they were not moved
    down, have moved since, or the policy has no such tier any more."""
    query = select(TierChangeRow).where(
        TierChangeRow.partner_id == partner.partner_id,
        TierChangeRow.key.not_like(f"{RENAMED}%"),  # another name is no move
    )
    newest = TierChangeRow.changed_at.desc()
    row = session.scalars(query.order_by(newest, TierChangeRow.key.desc()).limit(1)).first()
    if row is None:
        return None
    keys = [tier.key for tier in policy.tiers]
    from_tier, to_tier = (_now_called(session, row, key) for key in (row.from_tier, row.to_tier))
    if from_tier not in keys or to_tier != partner.tier:
        return None
    if to_tier is not None and keys.index(to_tier) > keys.index(from_tier):
        return None
    day = calendar_of(policy).day_of(row.changed_at)
    return row, Lowering(from_tier, to_tier, day)


def left_tier(session: Session, row: TierChangeRow) -> str | None:
    """The tier that a change left, as it is called now."""
    return _now_called(session, row, row.from_tier)


def _now_called(session: Session, row: TierChangeRow, key: str | None) -> str | None:
    """A tier of that change by its newest name; as it was where no policy has it any more."""
    then = policies.in_force_at(session, row.changed_at)
    if key is None or then is None:
        return key
    return now_called(session, key, then[0], None) or key
