"""Exclusives: proposed, signed, renewed, withdrawn, ended; and all that is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from partners.domain.cases.commands import Command
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus, Period, Terms
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.offers import areas
from partners.store.offers.holding.exclusives import Draft, Wanted
from partners.store.overrides import overrides
from partners.store.record import audit_check
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.every_table import METADATA
from partners.store.tables.exclusive_tables import ExclusivePlaceRow, ExclusiveRow
from partners.store.tables.offer_tables import AreaRow, GrantRow, OfferRow
from partners.use_cases.acting import Manager
from partners.use_cases.offers import exclusive_proposals as proposals
from partners.use_cases.offers import exclusive_view, exclusives
from partners.use_cases.offers.exclusive_proposals import Changed
from tests import builders

TODAY = date(2026, 11, 2)
YEAR = Terms(date(2027, 1, 1), date(2027, 12, 31))
DRAFT = Draft("acme", "hotline", YEAR, "hotline-1", "berlin")


@pytest.fixture
def ann(ann: Manager, database: Database) -> Manager:
    """With partners, an offer of the service `hotline`, and an area."""
    builders.accept(database, builders.a_policy(tiers=LADDER))
    with database.write() as session:
        for partner_id in ("acme", "zenith", "corner"):
            builders.a_partner(session, partner_id)
        builders.an_area(session, "berlin", "10115", "10117", "10119", "10178")
        builders.an_area(session, "mitte", "10117", "10178")
        builders.an_area(session, "hamburg", "20095")
        builders.an_area(session, "nowhere")
        builders.an_offer(session, "hotline-1", service="hotline")
        builders.an_offer(session, "hotline-old", service="hotline", status="retired")
        builders.an_offer(session, "visits-1", service="visits")
    return ann


LADDER = [
    {"key": "basic", "kind": "public", "enter": {}},
    {"key": "preferred", "kind": "preferred", "enter": {"orders_per_month": {"at_least": 10}}},
    {"key": "gold", "kind": "strategic", "enter": {"orders_per_month": {"at_least": 50}}},
]


def everything(database: Database) -> dict[str, list[str]]:
    with database.read() as session:
        return {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in METADATA.tables.items()
        }


def refused(database: Database, act: Callable[[], Any]) -> Refusal:
    """The refusal; and nothing has changed."""
    before = everything(database)
    with pytest.raises(Refusal) as caught:
        act()
    assert everything(database) == before
    return caught.value


def proposed(ann: Manager, draft: Draft = DRAFT, **terms: Any) -> str:
    given = replace(draft, terms=replace(draft.terms, **terms))
    return proposals.propose(ann, given, "agreed").exclusive.exclusive_id


async def signed(ann: Manager, draft: Draft = DRAFT, **terms: Any) -> str:
    exclusive_id = proposed(ann, draft, **terms)
    await exclusives.sign(ann, exclusive_id, "signed by both")
    return exclusive_id


def is_whole(database: Database) -> bool:
    with database.snapshot() as session:
        return audit_check.verify(session).broken is None


# ---- proposing ----


def test_a_proposal_binds_nobody_and_says_who_would_be_in_its_way(
    ann: Manager, database: Database
) -> None:
    assert proposals.preview_proposal(ann, DRAFT, "agreed").exclusive.exclusive_id == "acme-x1"
    first = proposals.propose(ann, DRAFT, "agreed")
    assert first.exclusive.exclusive_id == "acme-x1"
    assert first.exclusive.status is ExclusiveStatus.PROPOSED
    assert first.exclusive.policy_version == 1
    assert first.rivals == ()
    second = proposals.propose(ann, replace(DRAFT, partner_id="zenith"), "agreed")
    assert second.rivals == ()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ExclusivePlaceRow)) == 0
    assert is_whole(database)


@pytest.mark.parametrize(
    ("draft", "terms", "code", "says"),
    [
        (replace(DRAFT, partner_id="nobody"), {}, "unknown_partner", "nobody"),
        (replace(DRAFT, area_code="bremen"), {}, "unknown_area", "there are berlin, hamburg"),
        (replace(DRAFT, area_code="nowhere"), {}, "empty_area", "no postal code"),
        (replace(DRAFT, offer_id="hotline-9"), {}, "unknown_offer", "hotline-9"),
        (replace(DRAFT, offer_id="visits-1"), {}, "offer_of_another_service", "visits"),
        (replace(DRAFT, offer_id="hotline-old"), {}, "offer_is_over", "retired"),
        (replace(DRAFT, offer_id=None, service="x"), {}, "no_offer_of_service", "hotline, visits"),
        (DRAFT, {"first_day": date(2028, 1, 1)}, "term_swapped", "swap"),
        (DRAFT, {"first_day": date(2026, 1, 1), "last_day": TODAY}, "term_began", "has passed"),
        (
            DRAFT,
            {"first_day": date(2026, 1, 1), "last_day": date(2026, 11, 1)},
            "term_over",
            "2026-11-01, has passed; name one from 2026-11-02 on",
        ),
        (DRAFT, {"last_day": date(2040, 1, 1)}, "term_too_long", "too far ahead"),
        (DRAFT, {"max_holders": 6}, "unfit_term", "max_holders is 6; it goes from 1 to 5"),
        (DRAFT, {"max_holders": 0}, "unfit_term", "max_holders"),
        (DRAFT, {"minimum_orders": -1}, "unfit_term", "minimum_orders"),
        (DRAFT, {"completion": Decimal("1.1")}, "unfit_term", "completion"),
        (DRAFT, {"completion": Decimal(0)}, "unfit_term", "completion"),
        (DRAFT, {"required_tier": "platinum"}, "no_such_tier", "basic, preferred, gold"),
        (DRAFT, {"required_tier": "gold"}, "tier_too_low", "acme is in preferred"),
        (DRAFT, {"minimum_orders": 10}, "minimum_uncovered", "2026-10-01 to 2026-10-31"),
        (DRAFT, {"completion": Decimal("0.9")}, "minimum_uncovered", "2026-10-01"),
    ],
)
def test_what_cannot_be_agreed_is_refused_with_facts_and_nothing_is_changed(
    ann: Manager, database: Database, draft: Draft, terms: dict[str, Any], code: str, says: str
) -> None:
    terms.setdefault("first_day", draft.terms.first_day)
    later = datetime(2026, 11, 5, 12, tzinfo=UTC)
    if code == "minimum_uncovered":
        ann = replace(ann, program=replace(ann.program, now=lambda: later))
    refusal = refused(database, lambda: proposed(ann, draft, **terms))
    assert refusal.code == code
    assert says in str(refusal)


def test_who_acts_says_why(ann: Manager, database: Database) -> None:
    for act in (proposals.propose, proposals.preview_proposal):
        assert refused(database, lambda act=act: act(ann, DRAFT, " ")).code == "unfit_reason"


def test_a_blocked_partner_gets_no_exclusive(ann: Manager, database: Database) -> None:
    exclusive_id = proposed(ann)
    with database.write() as session:
        overrides.block(session, "acme", Command("Ann", "fraud"), TODAY)
    assert refused(database, lambda: proposed(ann)).code == "partner_is_blocked"
    code = refused(database, lambda: exclusives.preview_signing(ann, exclusive_id, "yes")).code
    assert code == "partner_is_blocked"


def test_a_minimum_is_agreed_where_the_feed_covers_the_period(
    ann: Manager, database: Database
) -> None:
    """On 2 November the newest settled month is September."""
    with database.write() as session:
        builders.covered(session, DayRange(date(2026, 8, 1), date(2026, 10, 31)))
    assert proposed(ann, minimum_orders=10) == "acme-x1"
    refusal = refused(database, lambda: proposed(ann, minimum_orders=10, period=Period.QUARTERLY))
    assert "2026-07-01 to 2026-09-30" in str(refusal)


# ---- signing ----


async def test_signing_holds_the_place_grants_the_offer_and_is_on_record(
    ann: Manager, database: Database
) -> None:
    exclusive_id = proposed(ann)
    shown = exclusives.preview_signing(ann, exclusive_id, "signed by both")
    with database.read() as session:
        assert session.get_one(ExclusiveRow, exclusive_id).signed_at is None
    done = await exclusives.sign(ann, exclusive_id, "signed by both", shown.seen)
    assert done.exclusive == replace(shown.exclusive)
    assert (done.exclusive.status, done.exclusive.signed_by) == (ExclusiveStatus.ANNOUNCED, "Ann")
    with database.read() as session:
        grant = session.scalars(select(GrantRow)).one()
        assert (grant.offer_id, grant.partner_id) == ("hotline-1", "acme")
        assert (grant.from_day, grant.until_day) == (YEAR.first_day, YEAR.last_day)
        assert grant.exclusive_id == exclusive_id
        actors = set(session.scalars(select(AuditRow.actor).where(AuditRow.kind == "exclusive")))
        assert actors == {"Ann"}
    page = exclusive_view.show_exclusive(ann, exclusive_id)
    assert [(one.status, one.reason) for one in page.states] == [
        (ExclusiveStatus.PROPOSED, "agreed"),
        (ExclusiveStatus.ANNOUNCED, "signed by both"),
    ]
    assert page.postal_codes == ("10115", "10117", "10119", "10178")
    assert is_whole(database)


async def test_rule_22_an_overlapping_exclusive_is_refused_naming_rival_and_codes(
    ann: Manager, database: Database
) -> None:
    await signed(ann)
    other = replace(DRAFT, partner_id="zenith", area_code="mitte", offer_id=None)
    exclusive_id = proposed(ann, other, first_day=date(2027, 12, 31), last_day=date(2028, 1, 31))
    refusal = refused(database, lambda: exclusives.preview_signing(ann, exclusive_id, "yes"))
    assert refusal.code == "exclusives_overlap"
    assert "acme holds hotline in 10117, 10178 on some of these days, until 2027-12-31" in str(
        refusal
    )
    everywhere = proposed(ann, replace(other, area_code=None))
    refusal = refused(database, lambda: exclusives.preview_signing(ann, everywhere, "yes"))
    assert "in 10115, 10117, 10119 and 1 more postal code on" in str(refusal)


@pytest.mark.parametrize(
    ("draft", "terms"),
    [
        (replace(DRAFT, area_code="hamburg"), {}),
        (DRAFT, {"first_day": date(2028, 1, 1), "last_day": date(2028, 12, 31)}),
        (replace(DRAFT, service="visits", offer_id=None), {}),
    ],
)
async def test_another_place_another_time_and_another_service_are_free(
    ann: Manager, draft: Draft, terms: dict[str, Any]
) -> None:
    await signed(ann)
    await signed(ann, replace(draft, partner_id="zenith"), **terms)


async def test_what_ends_frees_its_place(ann: Manager, database: Database) -> None:
    exclusive_id = await signed(ann)
    done = await exclusives.end(ann, exclusive_id, "gives it back")
    assert done.exclusive.status is ExclusiveStatus.ENDED
    await signed(ann, replace(DRAFT, partner_id="zenith"))
    assert is_whole(database)


async def test_the_same_partner_is_told_to_renew_or_to_end_the_first(
    ann: Manager, database: Database
) -> None:
    await signed(ann, max_holders=5)
    again = proposed(ann, replace(DRAFT, area_code="mitte"), max_holders=5)
    refusal = refused(database, lambda: exclusives.preview_signing(ann, again, "yes"))
    assert refusal.code == "held_already"
    assert "acme holds hotline in 10117, 10178 already, until 2027-12-31" in str(refusal)


async def test_up_to_so_many_holders_share_a_place_and_the_smallest_number_counts(
    ann: Manager, database: Database
) -> None:
    await signed(ann, max_holders=3)
    await signed(ann, replace(DRAFT, partner_id="zenith"), max_holders=2)
    third = proposed(ann, replace(DRAFT, partner_id="corner"), max_holders=3)
    refusal = refused(database, lambda: exclusives.preview_signing(ann, third, "yes"))
    assert "acme, zenith hold hotline in 10115" in str(refusal)


async def test_an_area_that_changes_leaves_a_live_exclusive_as_it_was_signed(
    ann: Manager, database: Database
) -> None:
    exclusive_id = await signed(ann)
    with database.write() as session:
        areas.add_codes(session, session.get_one(AreaRow, "berlin"), ["10999"])
    page = exclusive_view.show_exclusive(ann, exclusive_id)
    assert page.postal_codes == ("10115", "10117", "10119", "10178")
    with database.write() as session:
        builders.an_area(session, "kreuzberg", "10999")
    await signed(ann, replace(DRAFT, partner_id="zenith", area_code="kreuzberg"))


async def test_only_a_proposal_is_signed_or_withdrawn_and_only_what_is_in_force_ended(
    ann: Manager, database: Database
) -> None:
    first = proposed(ann)
    with pytest.raises(Refusal, match="proposed; there is nothing to end"):
        await exclusives.end(ann, first, "why")
    assert proposals.withdraw(ann, first, "no").status is ExclusiveStatus.WITHDRAWN
    second = await signed(ann)
    before = everything(database)
    for exclusive_id in (first, second):
        with pytest.raises(Refusal) as caught:
            await exclusives.sign(ann, exclusive_id, "yes")
        assert caught.value.code == "no_proposal"
        with pytest.raises(Refusal, match="no proposal any more"):
            proposals.withdraw(ann, exclusive_id, "no")
    with pytest.raises(Refusal, match="unknown exclusive 'x'"):
        await exclusives.sign(ann, "x", "yes")
    assert everything(database) == before
    await exclusives.end(ann, second, "why")
    with pytest.raises(Refusal, match="ended; there is nothing to end"):
        await exclusives.end(ann, second, "why")


async def test_rule_17_what_changed_since_it_was_shown_is_not_signed(
    ann: Manager, database: Database
) -> None:
    exclusive_id = proposed(ann)
    before = everything(database)
    with pytest.raises(Refusal) as caught:
        await exclusives.sign(ann, exclusive_id, "yes", seen=7)
    assert caught.value.code == "exclusive_changed"
    assert everything(database) == before


async def test_a_proposal_is_looked_at_again_when_it_is_signed(
    ann: Manager, database: Database
) -> None:
    """The offer may be retired by then, the policy without the tier, the term over."""
    exclusive_id = proposed(ann, required_tier="preferred")
    with database.write() as session:
        session.get_one(OfferRow, "hotline-1").status = "retired"
    refusal = refused(database, lambda: exclusives.preview_signing(ann, exclusive_id, "yes"))
    assert refusal.code == "offer_is_over"
    late = replace(ann.program, now=lambda: datetime(2028, 1, 1, 12, tzinfo=UTC))
    refusal = refused(
        database,
        lambda: exclusives.preview_signing(replace(ann, program=late), exclusive_id, "yes"),
    )
    assert refusal.code == "term_over"


# ---- renewing ----


async def test_a_renewal_is_a_proposal_for_as_long_with_what_is_changed(
    ann: Manager, database: Database
) -> None:
    first = await signed(ann, max_holders=2)
    assert proposals.preview_renewal(ann, first, "went well").exclusive.renews == first
    second = proposals.renew(ann, first, "went well", Changed(max_holders=1)).exclusive
    assert (second.first_day, second.last_day) == (date(2028, 1, 1), date(2028, 12, 31))
    assert (second.renews, second.max_holders, second.offer_id) == (first, 1, "hotline-1")
    assert second.status is ExclusiveStatus.PROPOSED
    assert exclusive_view.show_exclusive(ann, first).renewed_by == second.exclusive_id
    refusal = refused(database, lambda: proposals.renew(ann, first, "again"))
    assert (refusal.code, refusal.by) == ("renewed_already", second.exclusive_id)  # type: ignore[attr-defined]
    refusal = refused(database, lambda: proposals.renew(ann, second.exclusive_id, "again"))
    assert refusal.code == "never_signed"
    proposals.withdraw(ann, second.exclusive_id, "no")
    third = proposals.renew(ann, first, "on second thoughts").exclusive
    await exclusives.sign(ann, third.exclusive_id, "yes")


# ---- looking ----


async def test_lists_are_filtered_and_counted(ann: Manager) -> None:
    await signed(ann)
    proposed(ann, replace(DRAFT, partner_id="zenith", area_code=None))

    def ids(**wanted: Any) -> list[str]:
        with exclusive_view.list_exclusives(ann, Wanted(**wanted)) as found:
            listed = [one.exclusive_id for one in found.exclusives]
        assert found.total == len(listed)
        return listed

    assert ids() == ["acme-x1", "zenith-x1"]
    assert ids(status=ExclusiveStatus.PROPOSED) == ["zenith-x1"]
    assert ids(partner_id="acme") == ["acme-x1"]
    assert ids(area_code="berlin") == ["acme-x1"]
    assert ids(service="visits") == []
