"""Who works a lead, as people say it, without a face: given, taken, declined, refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from activities.inbox.inbox import inbox
from partners.domain.inbox.inbox import InboxAct, InboxKind
from partners.domain.overrides.override import Override
from partners.domain.referrals.lead import LeadState
from partners.domain.referrals.referral import ReferralState
from partners.store.people.known_partner import UnknownPartner
from partners.store.tables.case_tables import OverrideRow
from partners.use_cases.acting import Manager
from partners.use_cases.referrals import leads, referrals, reporting
from partners.use_cases.referrals.lead_refusals import (
    LeadIsOver,
    LeadIsTaken,
    LeadIsTheirs,
    NobodyAsked,
    NoLeadRouting,
    NoLeads,
    SalesKeepIt,
)
from partners.use_cases.referrals.leads import Handed, Lead
from partners.use_cases.referrals.referral_refusals import ReportRefused, UnknownReferral
from tests import builders
from tests.use_cases.conftest import NOW

ROUTING = {"sales_email": "sales@northwind.example", "approval": "staff"}


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    """Leads are handed over by people; acme refers one that is accepted, to two sellers."""
    builders.accept(ann.database, builders.a_policy(referral={"routing": ROUTING}))
    with ann.database.write() as session:
        builders.a_partner(session, "acme", kind="referral", tier=None, tier_since=None)
        for name in ("ben", "cleo"):
            builders.a_partner(session, name)
    asyncio.run(reporting.add(ann, "r1", "acme", "L-1", None, "sw1a  1aa", "cleaning"))
    asyncio.run(reporting.report(ann, "r1", ReferralState.ACCEPTED))


def assign(ann: Manager, partner_id: str | None = None, sales: bool = False) -> Handed:
    return asyncio.run(leads.assign(ann, "r1", partner_id, sales=sales, reason="knows them"))


def take(ann: Manager) -> Handed:
    return asyncio.run(leads.take(ann, "r1"))


def decline(ann: Manager) -> Handed:
    return asyncio.run(leads.decline(ann, "r1", "no time"))


def listed(ann: Manager, *which: object) -> list[Lead]:
    return list(leads.list_leads(ann, *which))  # type: ignore[arg-type]


def waits(ann: Manager) -> list[tuple[str, str]]:
    items = inbox(ann.database, NOW)
    return [(item.why, item.act) for item in items if item.kind is InboxKind.LEAD]


def test_where_a_lead_is_and_what_it_wants_is_kept_as_all_compare_it(ann: Manager) -> None:
    one = referrals.show_referral(ann, "r1").referral
    assert (one.postal_code, one.service) == ("SW1A 1AA", "cleaning")
    with pytest.raises(ReportRefused, match="postal_code is none"):
        asyncio.run(reporting.add(ann, "r2", "acme", "L-2", None, "Straße 5, Berlin"))


def test_a_lead_is_given_taken_declined_and_ends_with_sales(ann: Manager) -> None:
    assert waits(ann) == [("handed over to nobody", InboxAct.ASSIGN_LEAD)]
    given = assign(ann)
    assert (given.lead.partner_id, given.lead.way, given.lead.state) == ("ben", "tier", "offered")
    assert given.told.unreachable == "no server answers"
    assert waits(ann) == []
    assert take(ann).lead.state is LeadState.TAKEN
    assert referrals.show_referral(ann, "r1").referral.state == "working"
    assert decline(ann).lead.partner_id == "cleo"
    gone = decline(ann)
    assert (gone.lead.whom, gone.lead.state, gone.lead.turns) == ("sales", LeadState.SALES, 3)
    assert waits(ann) == [("with sales, and not taken", InboxAct.TAKE_LEAD)]
    assert take(ann).lead.state is LeadState.TAKEN
    assert waits(ann) == []
    counted = [(f.partner_id, f.given, f.taken, f.declined) for f in leads.sellers_figures(ann)]
    assert counted == [("ben", 1, 1, 1), ("cleo", 1, 0, 1), (None, 1, 1, 0)]
    assert leads.sellers_figures(ann, NOW.date() + timedelta(days=1)) == []


def test_a_person_names_a_seller_or_sales(ann: Manager) -> None:
    assert assign(ann, "cleo").lead.way == "person"
    assert assign(ann, sales=True).lead.whom == "sales"
    assert assign(ann, "cleo").lead.turns == 3
    assert [lead.partner_id for lead in listed(ann)] == ["cleo"]
    assert listed(ann, "ben") == []
    assert listed(ann, None, LeadState.TAKEN) == []


def test_what_cannot_be_is_refused_and_changes_nothing(ann: Manager) -> None:
    with pytest.raises(NobodyAsked):
        take(ann)
    with pytest.raises(UnknownReferral):
        asyncio.run(leads.assign(ann, "r9"))
    with pytest.raises(UnknownPartner):
        assign(ann, "nobody")
    with pytest.raises(NoLeads, match="they referred it"):
        assign(ann, "acme")
    assign(ann, "ben")
    before = listed(ann)
    with pytest.raises(LeadIsTheirs):
        assign(ann, "ben")
    with ann.database.write() as session:
        session.add(
            OverrideRow(
                partner_id="cleo",
                kind=Override.BLOCK,
                from_day=NOW.date(),
                who="Ann",
                reason="x",
                offers=[],
            )
        )
    with pytest.raises(NoLeads, match="blocked"):
        assign(ann, "cleo")
    assert listed(ann) == before
    take(ann)
    with pytest.raises(LeadIsTaken, match="taken by ben"):
        take(ann)
    decline(ann)
    with pytest.raises(SalesKeepIt):
        decline(ann)


def test_the_lead_of_a_referral_that_is_over_is_given_to_nobody(ann: Manager) -> None:
    asyncio.run(reporting.report(ann, "r1", ReferralState.LOST))
    with pytest.raises(LeadIsOver) as over:
        assign(ann)
    assert over.value.state == "lost"


def test_without_routing_nothing_is_handed_over(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy(referral={"successes": 4}))
    with pytest.raises(NoLeadRouting):
        assign(ann)
