"""Who works the leads of referrals: people hand them over, sellers take or decline them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from activities.referrals import lead_steps
from activities.referrals.lead_file import LeadFile
from partners.calendars import calendar_of
from partners.domain.referrals.handover_figures import HandoverFigures, figures
from partners.domain.referrals.lead import LeadState
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.referrals import leads, referrals, sellers
from partners.store.referrals.referral_leads import Change
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LeadRow, LeadTurnRow, ReferralRow
from partners.use_cases import telling
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.referrals.lead_refusals import (
    LeadIsOver,
    LeadIsTaken,
    LeadIsTheirs,
    NobodyAsked,
    NoLeadRouting,
    NoLeads,
    SalesKeepIt,
)
from partners.use_cases.referrals.referral_refusals import UnknownReferral
from partners.use_cases.refusals import signed
from partners.use_cases.telling import Told

SALES = "sales"


@dataclass(frozen=True)
class Lead:
    """Who works a lead. `partner_id` None: the provider's sales have it, or had it last."""

    referral_id: str
    lead_ref: str
    referred_by: str
    service: str | None
    postal_code: str | None
    state: LeadState
    partner_id: str | None
    way: str
    turns: int
    since: datetime
    since_on: date
    told_at: datetime | None
    answer_by: date | None  # the last day; None: none runs
    order_id: str | None
    problem: str

    @property
    def whom(self) -> str:
        return self.partner_id or SALES


@dataclass(frozen=True)
class Handed:
    """How a lead stands after an act. `told`: the workflow that carries on with it."""

    lead: Lead
    told: Told


def list_leads(
    by: Viewer, partner_id: str | None = None, state: LeadState | None = None
) -> Iterator[Lead]:
    """Those that changed last leading, read as they are asked for. `partner_id`: that this
    reseller has, or had last."""
    with by.database.read() as session:
        version_and_policy = policies.required(session, by.now())
        market = sellers.Market.of(version_and_policy[1], by.now())
        day_of = calendar_of(version_and_policy[1]).day_of
        for lead, referral, turn in leads.listed(session, partner_id, [state] if state else []):
            yield _lead(lead, referral, turn, market, day_of)


def _lead(
    lead: LeadRow,
    referral: ReferralRow,
    turn: LeadTurnRow,
    market: sellers.Market | None,
    day_of: Callable[[datetime], date],
) -> Lead:
    runs = market is not None and lead.state is LeadState.OFFERED and turn.told_at is not None
    return Lead(
        referral_id=lead.referral_id,
        lead_ref=referral.lead_ref,
        referred_by=referral.partner_id,
        service=referral.service,
        postal_code=referral.postal_code,
        state=lead.state,
        partner_id=turn.partner_id,
        way=turn.way,
        turns=lead.turn,
        since=turn.since,
        since_on=day_of(turn.since),
        told_at=turn.told_at,
        answer_by=market.due(turn.told_at) if runs and market and turn.told_at else None,
        order_id=lead.order_id,
        problem=lead.problem,
    )


def sellers_figures(by: Viewer, since: date | None = None) -> list[HandoverFigures]:
    """How handing leads over went, seller by seller: of leads that they got since that day."""
    with by.database.read() as session:
        calendar = calendar_of(policies.required(session, by.now())[1])
        start = calendar.start_of(since) if since is not None else None
        return figures(leads.turns_since(session, start, calendar.day_of))


async def assign(
    by: Manager,
    referral_id: str,
    partner_id: str | None = None,
    *,
    sales: bool = False,
    reason: str = "",
) -> Handed:
    """Give a lead to a reseller, to the provider's sales, or, where neither is named, to the next
    in line. Whoever has it has it no longer; whoever gets it is told."""

    def give(file: LeadFile) -> list[Change]:
        if partner_id is None and not sales:
            lead_steps.move_on(file, reason)
            return []
        partner = _seller(file, partner_id) if partner_id is not None else None
        turn = file.turn
        if turn is not None and turn.partner_id == partner_id:
            raise LeadIsTheirs(referral_id, partner_id or SALES)
        lead_steps.assign(file, partner, reason)
        return []

    return await _act(by, referral_id, give)


def _seller(file: LeadFile, partner_id: str) -> PartnerRow:
    """A reseller to whom a person may give the lead: also one who had it before, or who is in no
    tier that gets leads by itself."""
    assert file.market is not None
    partner = known_partner(file.session, partner_id)
    if partner_id == file.referral.partner_id:
        raise NoLeads(partner_id, "they referred it")
    why = sellers.why_not(file.session, file.market, partner)
    if why is not None:
        raise NoLeads(partner_id, why)
    return partner


async def take(by: Manager, referral_id: str) -> Handed:
    """Say that whoever has the lead works it."""

    def taken(file: LeadFile) -> list[Change]:
        turn = _asked(file)
        if turn.taken_at is not None:
            raise LeadIsTaken(referral_id, turn.partner_id or SALES)
        return lead_steps.take(file)

    return await _act(by, referral_id, taken)


async def decline(by: Manager, referral_id: str, reason: str = "") -> Handed:
    """Say that whoever has the lead does not want it: it goes on to the next, and never back."""

    def declined(file: LeadFile) -> list[Change]:
        if _asked(file).partner_id is None:
            raise SalesKeepIt(referral_id)
        lead_steps.decline(file, reason)
        return []

    return await _act(by, referral_id, declined)


def _asked(file: LeadFile) -> LeadTurnRow:
    if file.turn is None:
        raise NobodyAsked(file.referral.referral_id)
    return file.turn


async def _act(by: Manager, referral_id: str, act: Callable[[LeadFile], list[Change]]) -> Handed:
    """Do something to a lead, in one transaction, and tell its workflow; a refusal changes
    nothing."""
    signed(by=by.name)
    with by.database.write() as session:
        referrals.lock(session)
        file = _file(session, referral_id, by)
        changes = act(file)
        file.look_again()
        assert file.lead is not None
        lead = _lead(file.lead, file.referral, file.turns[-1], file.market, file.calendar.day_of)
    told = await telling.leads(by, [referral_id])
    if changes and not told.unreachable:
        await telling.referrers(by, changes)
    return Handed(lead, told)


def _file(session: Session, referral_id: str, by: Manager) -> LeadFile:
    if referrals.find(session, referral_id) is None:
        raise UnknownReferral(referral_id)
    file = LeadFile.of(session, referral_id, by.now(), by.name)
    if file is None or file.market is None:
        raise NoLeadRouting
    if not file.goes_on:
        raise LeadIsOver(referral_id, file.referral.state)
    return file
