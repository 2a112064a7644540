"""What a case's timeline tells besides its row: what people did, and which messages went out."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, exists, select
from sqlalchemy.orm import Session

from partners.domain.cases.commands import AppealState
from partners.domain.record.decisions import Step
from partners.store.mail import mailed
from partners.store.mail.mailed import Message
from partners.store.tables.base import ask
from partners.store.tables.case_tables import AppealRow, CaseRow, DecisionRow, InterventionRow
from partners.store.tables.mail_tables import OutboxRow


class Story(NamedTuple):
    """Whether people did something to a case that shows in it, and the messages about it."""

    migrated: bool
    intervened: bool
    appealed: bool
    signed: bool  # there is a decision that a person gave reasons for
    mails: tuple[Message, ...]


_ID: BindParameter[str] = bindparam("case_id")
# One statement for all of it, for each step of a case asks. A case without a message has one line.
_STORY = (
    select(
        exists().where(DecisionRow.case_id == _ID, DecisionRow.step == Step.MIGRATED),
        exists().where(InterventionRow.case_id == _ID),
        exists().where(
            AppealRow.partner_id == bindparam("partner_id"), AppealRow.state == AppealState.OPEN
        ),
        exists().where(DecisionRow.case_id == _ID, DecisionRow.reason.is_not(None)),
        *mailed.COLUMNS,
    )
    .select_from(CaseRow)
    .outerjoin(OutboxRow, OutboxRow.case_id == CaseRow.case_id)
    .where(CaseRow.case_id == _ID)
    .order_by(OutboxRow.outbox_id)
)


def story(session: Session, case: CaseRow) -> Story:
    """What there is to tell of a case besides its row: mostly little."""
    keys = {"case_id": case.case_id, "partner_id": case.partner_id}
    rows = ask(session, _STORY, keys).all()
    told = tuple(mailed.message(row[4:]) for row in rows if row[4] is not None)
    migrated, intervened, appealed, signed_by_somebody = rows[0][:4]
    return Story(migrated, intervened, appealed, signed_by_somebody, told)


def signed(session: Session, case_id: str) -> list[DecisionRow]:
    """What people decided about a case, with their reasons, in order."""
    row = DecisionRow
    query = select(row).where(row.case_id == case_id, row.reason.is_not(None))
    return list(session.scalars(query.order_by(row.decision_id)))


def outcome_words(session: Session, case_id: str) -> str:
    """How a case came to its outcome, as it was recorded; blank before."""
    row = DecisionRow
    query = select(row.result).where(row.case_id == case_id, row.step == Step.CONCLUDED)
    return session.scalars(query.order_by(row.decision_id.desc()).limit(1)).first() or ""
