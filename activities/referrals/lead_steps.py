"""What is done to a lead: it is handed over, taken, handed on, won. The caller holds the lock."""

from __future__ import annotations

from datetime import date

from activities.referrals import lead_file
from activities.referrals.lead_file import LeadFile
from partners.domain.mail.notices import MailState
from partners.domain.referrals.lead import (
    Credited,
    LeadState,
    Sale,
    Stand,
    TurnEnd,
    follow_up,
    sale,
)
from partners.domain.referrals.referral import ReferralState, Version
from partners.domain.referrals.routing import next_seller
from partners.store.imports.reading.fields import RowRejected
from partners.store.imports.referral_rows import check, limits
from partners.store.referrals import lead_watch, leads, referral_leads, referrals, sellers
from partners.store.referrals.leads import BY_PERSON, BY_SALES, Given
from partners.store.referrals.referral_leads import Change
from partners.store.referrals.referrals import Reported, Taken
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LeadTurnRow


def look(file: LeadFile) -> list[Change]:
    """Bring a lead up to date with all that is known; done twice it changes nothing more.

    Returns the referrals that stand otherwise than before, whose partners are to be told.
    """
    changes = credit(file)
    _settle(file)
    if file.goes_on and file.market is not None:
        _begin(file)
        _go_on(file)
    return changes


# ---- who has it ----


def _begin(file: LeadFile) -> None:
    """Hand the lead over for the first time, where nobody is asked to."""
    if file.lead is not None:
        return
    routing = lead_watch.routing_of(file.session, file.referral)
    if routing is not None and routing.by_itself:
        give_next(file)


def give_next(file: LeadFile, why: str = "") -> None:
    """Give the lead to the next in line; at its end to the provider's sales."""
    assert file.market is not None
    session = file.session
    had = {turn.partner_id for turn in file.turns if turn.partner_id is not None}
    for way in file.market.routing.ways:  # as all of them at once, each found out when it is due
        found = sellers.sellers(session, file.market, file.referral, way)
        while choice := next_seller(found, (way,), had):
            partner = session.get_one(PartnerRow, choice.partner_id)
            if sellers.why_not(session, file.market, partner) is None:
                _give(file, Given(partner.partner_id, partner.tier, way.value, file.who, why))
                return
            had.add(choice.partner_id)
    _give(file, Given(None, None, BY_SALES, file.who, why or "no seller was found"))


def _give(file: LeadFile, given: Given) -> None:
    leads.give(file.session, file.referral.referral_id, given, file.now)
    file.look_again()


def assign(file: LeadFile, partner: PartnerRow | None, why: str) -> None:
    """A person gives the lead to a reseller, or to the provider's sales."""
    if file.turn is not None:
        leads.end(file.turn, TurnEnd.MOVED, file.now)
        file.session.flush()
    partner_id, tier = (partner.partner_id, partner.tier) if partner else (None, None)
    _give(file, Given(partner_id, tier, BY_PERSON, file.who, why))


def move_on(file: LeadFile, why: str) -> None:
    """A person has the lead go to the next in line."""
    if file.turn is not None:
        leads.end(file.turn, TurnEnd.MOVED, file.now)
        file.session.flush()
    give_next(file, why)


def take(file: LeadFile) -> list[Change]:
    """Whoever has the lead works it; the referral is being worked on, as its partner may see."""
    assert file.lead is not None
    assert file.turn is not None
    file.turn.taken_at = file.now
    leads.stand(file.lead, LeadState.TAKEN, file.now)
    if file.referral.state is not ReferralState.ACCEPTED:
        return []
    return _report(file, Version(file.now, ReferralState.WORKING), "lead taken")[0]


def decline(file: LeadFile, why: str) -> None:
    """Whoever has the lead does not want it: it goes on to the next."""
    assert file.turn is not None
    leads.end(file.turn, TurnEnd.DECLINED, file.now)
    file.session.flush()
    give_next(file, why)


def _go_on(file: LeadFile) -> None:
    """Hand the lead on from a seller who may not keep it, was not reached or does not answer."""
    assert file.market is not None
    turn = file.turn
    if turn is None or turn.partner_id is None:
        return
    partner = file.session.get_one(PartnerRow, turn.partner_id)
    if why := sellers.why_not(file.session, file.market, partner, turn.tier):
        _hand_on(file, turn, TurnEnd.WITHDRAWN, why)
    elif file.is_offered:
        _note_told(file, turn)
        if lead_file.is_gone(lead_file.message(file.session, lead_file.assigned_key(turn))):
            _hand_on(file, turn, TurnEnd.UNREACHABLE, "the message was not delivered")
        elif file.market.is_over(turn.told_at):
            days = file.market.routing.untouched_days
            _hand_on(file, turn, TurnEnd.PASSED, f"unanswered for {days} days")


def _hand_on(file: LeadFile, turn: LeadTurnRow, how: TurnEnd, why: str) -> None:
    leads.end(turn, how, file.now)
    file.session.flush()
    give_next(file, f"{turn.partner_id}: {why}")


def _note_told(file: LeadFile, turn: LeadTurnRow) -> None:
    """When the seller was told: the days to answer run from the message's acceptance."""
    row = lead_file.message(file.session, lead_file.assigned_key(turn))
    if turn.told_at is None and row is not None and row.state == MailState.ACCEPTED:
        turn.told_at = row.settled_at


# ---- what became of it ----


def _settle(file: LeadFile) -> None:
    """Let the lead follow its referral: won, closed, or taken up anew."""
    lead = file.lead
    if lead is None:
        return
    if file.referral.state is ReferralState.CONVERTED:
        _end(file, LeadState.WON)
    elif not file.goes_on:
        _end(file, LeadState.CLOSED)
    elif not lead.state.is_open:
        _take_up_anew(file)


def _end(file: LeadFile, state: LeadState) -> None:
    """Nobody has the lead any more. What a person or a feed reported as bought is the success of
    whoever had taken it; what an order says, of who placed it."""
    lead, turn = file.lead, file.turn
    assert lead is not None
    if turn is not None:
        taken = state is LeadState.WON and lead.state is LeadState.TAKEN
        won = taken or turn.won_on is not None
        leads.end(turn, TurnEnd.WON if won else TurnEnd.CLOSED, file.now)
    leads.stand(lead, state, file.now)
    last = file.turns[-1]
    if state is LeadState.CLOSED:
        for one in file.turns:
            one.won_on = None
    elif last.end is TurnEnd.WON and not any(one.won_on for one in file.turns):
        last.won_on = file.referral.bought_on


def _take_up_anew(file: LeadFile) -> None:
    """A referral that ended goes on after all: its last seller has the lead again, if they may."""
    last = file.turns[-1]
    for turn in file.turns:
        turn.won_on = None
    if last.end is None or file.market is None:
        return
    partner = file.session.get(PartnerRow, last.partner_id) if last.partner_id else None
    theirs = last.end in (TurnEnd.WON, TurnEnd.CLOSED)
    may = partner is not None and sellers.why_not(file.session, file.market, partner) is None
    if theirs and may and partner is not None:
        again = Given(partner.partner_id, partner.tier, last.way, file.who, "taken up anew")
        _give(file, again)
    else:
        give_next(file, "taken up anew")


# ---- bought, by an order ----


def credit(file: LeadFile) -> list[Change]:
    """Report the purchase that an order is, or is no more; nothing the second time (rule 9)."""
    lead = file.lead
    if lead is None:
        return []
    found = _sale(file)
    credited = None
    if lead.order_id and lead.bought_at is not None and lead.amount is not None:
        back = lead.taken_back_at is not None
        credited = Credited(lead.order_id, lead.bought_at, lead.amount, back)
    row = file.referral
    version = follow_up(Stand(row.state, row.bought_at, row.amount), credited, found, file.now)
    lead.problem = ""
    if version is None:
        if found is not None and found.amount is None and file.goes_on:
            lead.problem = f"order {found.order_id} names no value; report the purchase yourself"
        return []
    order_id = found.order_id if found is not None else lead.order_id
    changes, why = _report(file, version, f"order {order_id}")
    if why:
        lead.problem = f"order {order_id}: {why}"
        return changes
    _note_credit(file, found)
    return changes


def _sale(file: LeadFile) -> Sale | None:
    assert file.lead is not None
    turns = leads.as_turns(file.turns)
    names = {turn.partner_id for turn in turns}
    orders = leads.customer_orders(file.session, file.referral.lead_ref, names)
    return sale(turns, orders, file.lead.order_id or "")


def _note_credit(file: LeadFile, found: Sale | None) -> None:
    lead = file.lead
    assert lead is not None
    day: date | None = None
    if found is None:
        lead.taken_back_at = file.now
    else:
        lead.order_id, lead.bought_at, lead.amount = found.order_id, found.bought_at, found.amount
        lead.taken_back_at = None
        day = file.calendar.day_of(found.bought_at)
    for turn in file.turns:
        turn.won_on = day if found is not None and turn.number == found.turn else None


def _report(file: LeadFile, version: Version, source: str) -> tuple[list[Change], str]:
    """Take in what a lead says of its referral: what changed, and why it was refused, if it was."""
    row, session = file.referral, file.session
    report = Reported(row.referral_id, row.partner_id, row.lead_ref, row.submitted_at, version)
    held_against = limits(file.policy, file.now)
    try:
        check(report, held_against)
    except RowRejected as wrong:
        return [], str(wrong)
    taken = referrals.take_in(session, [report], source, held_against.currency, False)[0]
    if taken.what is Taken.REFUSED:
        return [], taken.reason
    return referral_leads.resolve(session, {row.lead_ref}, file.policy, file.now), ""
