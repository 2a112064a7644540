"""Who may have a lead, and by which way: from the tables, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from partners.domain.offers.exclusive import ExclusiveStatus, Period, Renewal
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.overrides.override import Override
from partners.domain.policy.sections.lead_routing import Way
from partners.domain.referrals.referral import ReferralState
from partners.domain.referrals.routing import Seller
from partners.store.engine.database import Database
from partners.store.referrals import leads, sellers
from partners.store.referrals.leads import Given
from partners.store.referrals.sellers import Market
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow
from partners.store.tables.offer_tables import AreaPlaceRow, AreaRow, GrantRow, OfferRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import ReferralRow
from tests import builders

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()
ROUTING = {"sales_email": "sales@northwind.example"}
TIERS: list[dict[str, Any]] = [
    {"key": "basic", "kind": "public"},
    {"key": "silver", "kind": "preferred", "enter": {"orders_per_month": {"at_least": 5}}},
    {"key": "gold", "kind": "strategic", "enter": {"orders_per_month": {"at_least": 9}}},
]


@pytest.fixture
def market(database: Database) -> Market:
    """Sellers in every tier; acme, in gold, refers a lead for cleaning in SW1A 1AA."""
    policy = builders.a_policy(tiers=TIERS, referral={"routing": ROUTING})
    builders.accept(database, policy)
    with database.write() as session:
        for name, tier in (("acme", "gold"), ("ben", "gold"), ("cleo", "silver")):
            builders.a_partner(session, name, tier=tier)
        builders.a_partner(session, "dora", tier="basic")
        builders.a_partner(session, "emil", tier=None, tier_since=None)
        session.add(a_referral("r1", postal_code="SW1A 1AA", service="cleaning"))
    found = Market.of(policy, NOW)
    assert found is not None
    return found


def a_referral(name: str, **columns: Any) -> ReferralRow:
    return ReferralRow(
        referral_id=name,
        partner_id="acme",
        lead_ref=f"lead-{name}",
        submitted_at=NOW,
        state=ReferralState.ACCEPTED,
        reason="",
        revision=1,
        **columns,
    )


def found(
    database: Database, market: Market, name: str = "r1", way: Way = Way.AREA
) -> dict[str, Seller]:
    with database.read() as session:
        referral = session.get_one(ReferralRow, name)
        return {s.partner_id: s for s in sellers.sellers(session, market, referral, way)}


def change(database: Database, *rows: Any) -> None:
    with database.write() as session:
        for row in rows:
            session.add(row)
            session.flush()


def an_area(code: str, *places: str) -> list[Any]:
    made: list[Any] = [AreaRow(area_code=code, name=code, added_at=NOW, added_by="Ann")]
    return [*made, *(AreaPlaceRow(area_code=code, postal_code=place) for place in places)]


def an_exclusive(partner_id: str, area: str | None, **columns: Any) -> ExclusiveRow:
    return ExclusiveRow(
        **{
            "exclusive_id": f"{partner_id}-{area}",
            "partner_id": partner_id,
            "service": "cleaning",
            "area_code": area,
            "first_day": date(2026, 1, 1),
            "last_day": date(2026, 12, 31),
            "minimum_orders": 5,
            "completion": Decimal("0.9"),
            "min_sample": 5,
            "period": Period.MONTHLY,
            "cure_days": 30,
            "notice_days": 30,
            "renewal": Renewal.NONE,
            "max_holders": 1,
            "status": ExclusiveStatus.ACTIVE,
            "policy_version": 1,
            "proposed_at": NOW,
            "proposed_by": "Ann",
            "reason": "agreed",
            "revision": 1,
            **columns,
        }
    )


def signed(partner_id: str, area: str, code: str, **columns: Any) -> list[Any]:
    """An exclusive with the postal code that it was signed with."""
    row = an_exclusive(partner_id, area, **columns)
    return [row, ExclusiveCodeRow(exclusive_id=row.exclusive_id, postal_code=code)]


def test_tiers_that_are_not_public_get_leads_and_who_refers_gets_not_their_own(
    database: Database, market: Market
) -> None:
    assert {name: s.rank for name, s in found(database, market).items()} == {"ben": 2, "cleo": 1}


def test_the_policy_may_name_the_tiers(database: Database, market: Market) -> None:
    named = market.routing.model_copy(update={"tiers": ("basic",)})
    market = Market(market.policy, named, market.calendar, NOW)
    assert set(found(database, market)) == {"dora"}


def test_the_holder_of_the_place_s_exclusive_is_known(database: Database, market: Market) -> None:
    change(database, *an_area("london", "SW1A 1AA"), *signed("cleo", "london", "SW1A 1AA"))
    assert [name for name, s in found(database, market).items() if s.exclusive] == ["cleo"]


@pytest.mark.parametrize(
    "columns",
    [
        {"service": "painting"},
        {"status": ExclusiveStatus.SUSPENDED},
        {"status": ExclusiveStatus.NON_EXCLUSIVE},
        {"last_day": TODAY - timedelta(days=1)},
        {"first_day": TODAY + timedelta(days=1)},
    ],
)
def test_another_service_s_or_an_exclusive_that_does_not_hold_leads_to_nobody(
    database: Database, market: Market, columns: dict[str, Any]
) -> None:
    held = signed("cleo", "london", "SW1A 1AA", **columns)
    change(database, *an_area("london", "SW1A 1AA"), *held)
    assert not any(s.exclusive for s in found(database, market).values())


def test_an_exclusive_elsewhere_leads_to_nobody_and_one_everywhere_does(
    database: Database, market: Market
) -> None:
    change(database, *an_area("paris", "75001"), *signed("cleo", "paris", "75001"))
    assert not any(s.exclusive for s in found(database, market).values())
    change(database, an_exclusive("ben", None), a_referral("r2", service="cleaning"))
    assert [name for name, s in found(database, market, "r2").items() if s.exclusive] == ["ben"]


def test_who_was_granted_an_offer_of_the_place_is_near(database: Database, market: Market) -> None:
    offer = OfferRow(
        offer_id="o1",
        service="cleaning",
        name="Cleaning",
        description="",
        status=OfferStatus.ACTIVE,
        visibility=Visibility.SELECTED,
        area_code="london",
    )

    def grant(partner_id: str, **columns: Any) -> GrantRow:
        return GrantRow(
            offer_id="o1",
            partner_id=partner_id,
            from_day=date(2026, 1, 1),
            granted_at=NOW,
            who="Ann",
            reason="agreed",
            **columns,
        )

    gone = grant("ben", revoked_at=NOW, revoked_by="Ann", revoked_because="over")
    change(database, *an_area("london", "SW1A 1AA"), offer, grant("cleo"), gone)
    assert [name for name, s in found(database, market).items() if s.near] == ["cleo"]


def test_who_completed_orders_of_the_service_lately_sells_it(
    database: Database, market: Market
) -> None:
    with database.write() as session:
        builders.orders(session, "ben", date(2026, 6, 1), date(2026, 6, 2), 2, service="cleaning")
        builders.orders(
            session, "cleo", date(2026, 11, 1), date(2026, 11, 2), 2, service="cleaning"
        )
        builders.orders(session, "ben", date(2026, 11, 1), date(2026, 11, 2), 2, service="painting")
        late = (date(2026, 11, 3), date(2026, 11, 4), 2, "cancelled")
        builders.orders(session, "ben", *late, service="cleaning")
    by_service = found(database, market, way=Way.SERVICE)
    assert [name for name, s in by_service.items() if s.sells] == ["cleo"]
    assert not any(s.sells for s in found(database, market, way=Way.TIER).values())


def test_leads_that_they_got_are_counted(database: Database, market: Market) -> None:
    long_ago = NOW - timedelta(days=200)
    with database.write() as session:
        for name in ("r2", "r3"):
            session.add(a_referral(name))
        session.flush()
        leads.give(session, "r2", Given("ben", "gold", "tier", "Ann"), long_ago)
        leads.give(session, "r3", Given("cleo", "silver", "tier", "Ann"), NOW)
    told = {name: (s.lately, s.last) for name, s in found(database, market).items()}
    assert told == {"ben": (0, long_ago), "cleo": (1, NOW)}


def test_who_is_blocked_is_not_among_them(database: Database, market: Market) -> None:
    block = OverrideRow(
        partner_id="ben", kind=Override.BLOCK, from_day=TODAY, who="Ann", reason="x", offers=[]
    )
    change(database, block)
    assert set(found(database, market)) == {"cleo"}
    with database.read() as session:
        assert sellers.why_not(session, market, session.get_one(PartnerRow, "ben")) == "blocked"


def test_who_was_demoted_lately_gets_no_new_lead_until_they_rise(
    database: Database, market: Market
) -> None:
    def moved(key: str, before: str, after: str, days: int) -> TierChangeRow:
        return TierChangeRow(
            key=key,
            partner_id="cleo",
            from_tier=before,
            to_tier=after,
            changed_at=NOW - timedelta(days=days),
            actor="Ann",
            reason="",
        )

    def why() -> str | None:
        with database.read() as session:
            return sellers.why_not(session, market, session.get_one(PartnerRow, "cleo"))

    change(database, moved("a", "gold", "silver", 100))
    assert why() is None
    change(database, moved("b", "gold", "silver", 20))
    assert why() == "demoted to silver"
    change(database, moved("c", "basic", "silver", 10))
    assert why() is None


def test_who_falls_below_the_tier_in_which_they_got_a_lead_keeps_it_no_longer(
    database: Database, market: Market
) -> None:
    with database.read() as session:
        cleo = session.get_one(PartnerRow, "cleo")
        assert sellers.why_not(session, market, cleo, "gold") == "demoted to silver"
        assert sellers.why_not(session, market, cleo, "silver") is None
