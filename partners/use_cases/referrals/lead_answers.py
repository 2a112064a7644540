"""A seller's own answer about a lead: whoever holds the link in the mail to them may give it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from activities.referrals import lead_steps
from activities.referrals.lead_file import LeadFile
from partners.store.referrals import referrals
from partners.store.referrals.referral_leads import Change
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LeadTurnRow
from partners.use_cases import telling
from partners.use_cases.acting import Outsider

BY_LINK = "the seller, by the link in their mail"


class Answerable(StrEnum):
    """What a seller can say about a lead now."""

    OFFERED = "offered"  # take it or decline it
    TAKEN = "taken"  # they have it, and may still give it back
    OVER = "over"  # it is not theirs any more


@dataclass(frozen=True)
class OfferedLead:
    """What the holder of a link may see of a lead, and in which languages: theirs, the program's.

    Nothing of whom it is about, of who referred it, or of whoever has it now.
    """

    referral_id: str
    lead_ref: str
    service: str
    stands: Answerable
    answer_by: date | None
    name: str
    provider: str
    languages: tuple[str | None, str]


@dataclass(frozen=True)
class Answered:
    """How the lead stands for them after their answer, and whose referrals changed by it."""

    lead: OfferedLead
    changes: tuple[Change, ...] = ()


def offered_lead(by: Outsider, turn_id: int) -> OfferedLead | None:
    """None for a turn that the program does not know (any more). Changes nothing."""
    with by.program.database.read() as session:
        found = _found(session, by, turn_id)
        return _seen(*found) if found is not None else None


def answer_lead(by: Outsider, turn_id: int, takes: bool) -> Answered | None:
    """Take a lead or decline it; the same answer once more changes nothing, and neither does one
    about a lead that has gone on."""
    with by.program.database.write() as session:
        referrals.lock(session)
        found = _found(session, by, turn_id)
        if found is None:
            return None
        file, turn = found
        stands = _stands(file, turn)
        changes: list[Change] = []
        if takes and stands is Answerable.OFFERED:
            changes = lead_steps.take(file)
        elif not takes and stands is not Answerable.OVER:
            lead_steps.decline(file, "")
        session.flush()
        return Answered(_seen(file, turn), tuple(changes))


async def tell_of_answer(by: Outsider, answered: Answered) -> None:
    """Have the lead's workflow carry on; where no server answers, the daily review does."""
    told = await telling.leads(by, [answered.lead.referral_id])
    if answered.changes and not told.unreachable:
        await telling.referrers(by, answered.changes)


def _found(session: Session, by: Outsider, turn_id: int) -> tuple[LeadFile, LeadTurnRow] | None:
    turn = session.get(LeadTurnRow, turn_id)
    if turn is None or turn.partner_id is None:
        return None
    file = LeadFile.of(session, turn.referral_id, by.program.now(), BY_LINK)
    return (file, turn) if file is not None else None


def _stands(file: LeadFile, turn: LeadTurnRow) -> Answerable:
    if file.market is None or not file.goes_on or turn.end is not None:
        return Answerable.OVER
    return Answerable.TAKEN if turn.taken_at is not None else Answerable.OFFERED


def _seen(file: LeadFile, turn: LeadTurnRow) -> OfferedLead:
    partner = file.session.get_one(PartnerRow, turn.partner_id)
    stands, program = _stands(file, turn), file.policy.program
    waits = stands is Answerable.OFFERED and file.market is not None
    return OfferedLead(
        referral_id=turn.referral_id,
        lead_ref=file.referral.lead_ref,
        service=file.referral.service or "",
        stands=stands,
        answer_by=file.market.due(turn.told_at or turn.since) if waits and file.market else None,
        name=partner.name or partner.partner_id,
        provider=program.provider,
        languages=(partner.language, program.language),
    )
