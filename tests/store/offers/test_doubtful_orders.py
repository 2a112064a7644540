"""Orders of offers that their partner could not have had, beside one question for each order."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from partners.domain.offers.doubt import UNKNOWN_OFFER, doubts
from partners.domain.offers.exclusive import ExclusiveStatus, Period, Renewal
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy
from partners.store.imports.result import Advice
from partners.store.offers import areas
from partners.store.offers.offer_facts import answers
from partners.store.offers.offer_moment import moment
from partners.store.policy import policies
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow, ExclusiveStateRow
from partners.store.tables.feed_tables import DoubtfulOrderRow, OrderRow, SettledOrderRow
from partners.store.tables.offer_tables import (
    AreaPlaceRow,
    AreaRow,
    GrantRow,
    OfferRow,
    OfferStateRow,
    WindowRow,
)
from partners.store.tables.program_tables import PartnerRow
from tests.store.conftest import NOW, make_policy

AUGUST = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SIGNED = {"who": "Ann", "reason": "agreed"}


def add_offer(session, offer_id="sku", at=AUGUST, service="print", **columns):
    """An active public offer that the program has known since August, unless told otherwise."""
    status = columns.setdefault("status", OfferStatus.ACTIVE)
    visibility = columns.setdefault("visibility", Visibility.PUBLIC)
    session.add(OfferRow(offer_id=offer_id, service=service, name="", description="", **columns))
    session.flush()
    add_state(session, offer_id, at, status, visibility)


def add_state(session, offer_id, at, status, visibility=Visibility.PUBLIC):
    state = {"status": status, "visibility": visibility, **SIGNED}
    session.add(OfferStateRow(offer_id=offer_id, at=at, **state))
    session.flush()


def add_area(session, area_code, *codes):
    session.add(AreaRow(area_code=area_code, name="", added_at=AUGUST, added_by="Ann"))
    session.flush()
    session.add_all(AreaPlaceRow(area_code=area_code, postal_code=code) for code in codes)
    session.flush()


def add_grant(session, partner_id="acme", offer_id="sku", **columns):
    given = {"from_day": date(2026, 8, 1), "granted_at": AUGUST, **SIGNED, **columns}
    session.add(GrantRow(partner_id=partner_id, offer_id=offer_id, **given))


def add_exclusive(session, partner_id, first, last, area=None, service="print", at=AUGUST):
    exclusive_id = f"{partner_id}/{service}/{first}"
    session.add(
        ExclusiveRow(
            **{"exclusive_id": exclusive_id, "partner_id": partner_id, "service": service},
            **{"area_code": area, "first_day": first, "last_day": last, "minimum_orders": 0},
            **{"min_sample": 10, "period": Period.MONTHLY, "cure_days": 30, "notice_days": 30},
            **{"renewal": Renewal.NONE, "max_holders": 1, "status": ExclusiveStatus.ACTIVE},
            **{"policy_version": 1, "proposed_at": at, "proposed_by": "Ann", "revision": 0},
            reason="agreed",
        )
    )
    session.flush()
    codes = areas.codes_of(session, area) if area else ()
    session.add_all(ExclusiveCodeRow(exclusive_id=exclusive_id, postal_code=c) for c in codes)
    active = {"status": ExclusiveStatus.ACTIVE, **SIGNED}
    session.add(ExclusiveStateRow(exclusive_id=exclusive_id, at=at, **active))


@pytest.fixture
def program(importer):
    with importer.database.write() as session:
        policies.accept(session, importer.options.policy, "", AUGUST, "Ann")
    return importer


@pytest.fixture
def setting(program):
    """Writes what the program knows of offers."""

    def write(*steps):
        with program.database.write() as session:
            for step in steps:
                step(session)

    return write


def noted(importer):
    with importer.database.read() as session:
        return {row.order_id: row.reasons for row in session.scalars(select(DoubtfulOrderRow))}


def test_without_any_offer_an_orders_offer_is_a_word_of_the_feeds_own(program, order):
    result = program.orders(order(offer_id="sku"))
    assert (result.doubtful, noted(program)) == (0, {})


@pytest.mark.parametrize("first_load", [True, False])
def test_an_order_of_an_offer_that_the_partner_could_not_have_is_kept_and_noted(
    program, setting, order, first_load
):
    setting(
        add_offer,
        lambda s: add_offer(s, "selected", visibility=Visibility.SELECTED),
        lambda s: add_offer(s, "paused", status=OfferStatus.PAUSED),
        lambda s: add_offer(s, "over", closes_on=date(2026, 10, 4)),
        lambda s: add_offer(s, "ahead", opens_on=date(2026, 10, 6)),
    )
    if not first_load:
        program.orders(order("before"))
    result = program.orders(
        order("fine", offer_id="sku"),
        order("unknown", offer_id="unheard-of"),
        order("ungranted", offer_id="selected"),
        order("paused", offer_id="paused"),
        order("over", offer_id="over"),
        order("ahead", offer_id="ahead"),
        order("turned down", offer_id="paused", status="rejected"),
    )
    assert (result.new, result.rejected, result.doubtful) == (7, 0, 5)
    assert result.advice >= {Advice.LOOK_AT_ORDERS}
    assert any("5 orders of offers that their partners could not" in n for n in result.notes)
    assert noted(program) == {
        "unknown": "unknown_offer",
        "ungranted": "not_granted",
        "paused": "paused",
        "over": "closed",
        "ahead": "not_visible_yet",
    }


def test_an_order_from_before_the_program_knew_the_offer_is_not_doubted(program, setting, order):
    setting(lambda s: add_offer(s, at=NOW, status=OfferStatus.DRAFT))
    assert program.orders(order(offer_id="sku")).doubtful == 0


def test_what_held_when_the_order_was_placed_counts(program, setting, order):
    october = datetime(2026, 10, 5, 12, tzinfo=UTC)
    setting(
        add_offer,
        lambda s: add_state(s, "sku", october, OfferStatus.PAUSED),
        lambda s: add_offer(s, "selected", visibility=Visibility.SELECTED),
        lambda s: add_grant(s, offer_id="selected", until_day=date(2026, 10, 5)),
    )
    program.orders(
        order("active", offer_id="sku", placed_at="2026-10-05T11:59:59Z"),
        order("paused", offer_id="sku", placed_at="2026-10-05T12:00:00Z"),
        order("granted", offer_id="selected", placed_at="2026-10-05T21:59:59Z"),
        order("lapsed", offer_id="selected", placed_at="2026-10-05T22:00:00Z"),
    )
    assert noted(program) == {"paused": "paused", "lapsed": "not_granted"}


def test_rule_22_orders_within_somebody_elses_exclusive_are_noted(program, setting, order):
    days = date(2026, 10, 1), date(2026, 10, 31)
    setting(
        add_offer,
        lambda s: add_area(s, "mitte", "10115", "10117"),
        lambda s: add_exclusive(s, "zenith", *days, area="mitte"),
    )
    program.orders(
        order("there", offer_id="sku", postal_code="10115"),
        order("elsewhere", offer_id="sku", postal_code="20095"),
        order("somewhere", offer_id="sku"),
        order("later", offer_id="sku", postal_code="10115", placed_at="2026-11-02"),
        order("theirs", partner_id="zenith", offer_id="sku", postal_code="10115"),
    )
    assert noted(program) == {"there": "held_by_another"}


def test_a_corrected_order_that_is_right_now_is_taken_off_the_list(program, setting, order):
    setting(add_offer)
    program.orders(order("o1", offer_id="wrong"), order("o2", offer_id="wrong"))
    assert program.orders(order("o1", offer_id="sku"), now=LATER).doubtful == 0
    assert noted(program) == {"o2": "unknown_offer"}
    program.orders(order("o2"), now=LATER)
    assert noted(program) == {}


def test_an_order_that_stays_doubtful_keeps_the_moment_at_which_it_was_noted(
    program, setting, order
):
    setting(add_offer)
    program.orders(order(offer_id="wrong"))
    assert program.orders(order(offer_id="wrong", status="failed"), now=LATER).doubtful == 0
    with program.database.read() as session:
        assert session.get_one(DoubtfulOrderRow, "o1").noted_at == NOW


def test_an_offer_that_is_added_later_clears_the_earlier_orders_that_name_it(
    program, setting, order
):
    setting(add_offer)
    program.orders(order(offer_id="new"))
    setting(lambda s: add_offer(s, "new", at=NOW))
    program.orders(order("o2"), now=LATER)
    assert noted(program) == {}


def test_what_a_person_settled_comes_back_only_if_it_is_doubtful_otherwise(program, setting, order):
    setting(add_offer, lambda s: add_offer(s, "paused", status=OfferStatus.PAUSED))
    program.orders(order(offer_id="wrong"))
    with program.database.write() as session:
        row = session.get_one(DoubtfulOrderRow, "o1")
        facts = {"order_id": "o1", "partner_id": "acme", "offer_id": "wrong"}
        times = {"noted_at": NOW, "settled_at": NOW, "reasons": UNKNOWN_OFFER}
        session.add(SettledOrderRow(**facts, **times, **SIGNED))
        session.delete(row)
    assert program.orders(order(offer_id="wrong", status="failed"), now=LATER).doubtful == 0
    assert program.orders(order(offer_id="paused"), now=LATER).doubtful == 1
    assert noted(program) == {"o1": "paused"}


def test_before_any_policy_was_in_force_nothing_is_doubted(importer, order):
    with importer.database.write() as session:
        add_offer(session, status=OfferStatus.PAUSED)
        first_day = date(2026, 10, 6)
        policies.publish(
            session, importer.options.policy, "", AUGUST, "Ann", first_day, "the program begins"
        )
    importer.orders(
        order("before", offer_id="sku", placed_at="2026-10-05T21:59:59Z"),
        order("after", offer_id="sku", placed_at="2026-10-05T22:00:00Z"),
    )
    assert noted(importer) == {"after": "paused"}


# ---- beside one question for each order ----


@pytest.fixture
def changing(program):
    """A program whose tier gets early access in September, and another name in October."""
    early = make_policy().model_dump(mode="json")
    early["tiers"][0]["offers"] = {"early_access_days": 10}
    renamed = make_policy().model_dump(mode="json")
    renamed["tiers"][0]["key"] = "gold"
    with program.database.write() as session:
        for content, day in ((early, date(2026, 9, 20)), (renamed, date(2026, 10, 10))):
            policy = Policy.model_validate(content)
            policies.publish(session, policy, "", AUGUST, "Ann", day, "as agreed")
    return program


DAYS = st.integers(0, 70).map(lambda n: date(2026, 8, 20) + timedelta(days=n))
CODES = ("10115", "10117", "20095")
offers_drawn = st.fixed_dictionaries(
    {
        "service": st.sampled_from(["print", "scan"]),
        "area_code": st.sampled_from([None, "mitte"]),
        "opens_on": st.one_of(st.none(), DAYS),
        "closes_on": st.one_of(st.none(), DAYS),
        "window": st.one_of(st.none(), DAYS),
        "states": st.lists(
            st.tuples(
                st.integers(0, 90 * 24), st.sampled_from(OfferStatus), st.sampled_from(Visibility)
            ),
            min_size=1,
            max_size=3,
        ),
    }
)
grants_drawn = st.lists(
    st.tuples(
        st.sampled_from(["acme", "zenith"]),
        st.sampled_from(["a", "b"]),
        DAYS,
        st.one_of(st.none(), DAYS),
        st.integers(0, 90 * 24),
        st.one_of(st.none(), st.integers(0, 90 * 24)),
    ),
    max_size=4,
)
claims_drawn = st.lists(
    st.tuples(
        st.sampled_from(["acme", "zenith"]),
        DAYS,
        st.integers(0, 40),
        st.sampled_from([None, "mitte"]),
        st.sampled_from(["print", "scan"]),
        st.integers(0, 90 * 24),
        st.sampled_from([None, ExclusiveStatus.SUSPENDED, ExclusiveStatus.ENDED]),
    ),
    max_size=3,
    unique_by=lambda one: (one[0], one[4], one[1]),
)
blocks_drawn = st.lists(
    st.tuples(
        st.sampled_from(["acme", "zenith"]),
        st.sampled_from([Override.BLOCK, Override.OFFERS]),
        DAYS,
        st.one_of(st.none(), DAYS),
    ),
    max_size=2,
)
moves_drawn = st.lists(
    st.tuples(st.integers(0, 90 * 24), st.sampled_from([None, "preferred"])), max_size=2
)
orders_drawn = st.lists(
    st.tuples(
        st.sampled_from(["acme", "zenith"]),
        st.sampled_from(["a", "b", "c", ""]),
        st.sampled_from(["", *CODES]),
        st.integers(0, 90 * 24),
    ),
    min_size=8,
    max_size=40,
)
TABLES = (
    *("doubtful_orders", "coverage", "imports", "orders", "order_versions", "monthly_totals"),
    *("service_totals", "exclusive_states", "exclusive_codes", "exclusives", "grants"),
    *("offer_windows", "offer_states", "offers", "area_places", "areas", "overrides"),
    "tier_changes",
)


def hour(number):
    return AUGUST + timedelta(hours=number)


def write_program(session, offers, grants, claims, blocks, moves):
    add_area(session, "mitte", "10115", "10117")
    for offer_id, drawn in zip(("a", "b"), offers, strict=True):
        known = dict(drawn)
        states, window = sorted(known.pop("states")), known.pop("window")
        first, *others = states
        named = {"status": first[1], "visibility": first[2], **known}
        add_offer(session, offer_id, hour(first[0]), **named)
        for number, status, visibility in others:
            add_state(session, offer_id, hour(number), status, visibility)
        if window:
            days = {"visible_from": window, "orderable_from": window + timedelta(days=3)}
            session.add(WindowRow(offer_id=offer_id, tier="preferred", **days))
    for partner_id, offer_id, first, last, granted, revoked in grants:
        times = {"from_day": first, "until_day": last, "granted_at": hour(granted)}
        ended = hour(revoked) if revoked is not None else None
        add_grant(session, partner_id, offer_id, revoked_at=ended, **times)
    for partner_id, first, length, area, service, at, then in claims:
        last = first + timedelta(days=length)
        add_exclusive(session, partner_id, first, last, area, service, hour(at))
        if then is not None:
            ends = {"at": hour(at + 200), "status": then, **SIGNED}
            exclusive_id = f"{partner_id}/{service}/{first}"
            session.add(ExclusiveStateRow(exclusive_id=exclusive_id, **ends))
    for partner_id, kind, first, last in blocks:
        days = {"from_day": first, "until_day": last, **SIGNED}
        session.add(OverrideRow(partner_id=partner_id, kind=kind, offers=["a"], **days))
    tier = "preferred"
    for n, (number, after) in enumerate(sorted(moves, key=lambda one: one[0])):
        times = {"changed_at": hour(number), "actor": "Ann", "reason": "", "key": f"move/{n}"}
        move = TierChangeRow(partner_id="acme", from_tier=tier, to_tier=after, **times)
        session.add(move)
        tier = after
    session.get_one(PartnerRow, "acme").tier = tier


def one_by_one(session):
    """What speaks against each order, asked for it alone."""
    found = {}
    known = set(session.scalars(select(OfferRow.offer_id)))
    for order in session.scalars(select(OrderRow).where(OrderRow.offer_id.is_not(None))):
        when = moment(session, datetime.fromtimestamp(order.placed_at, UTC), NOW)
        place = frozenset({order.postal_code}) if order.postal_code else None
        if order.offer_id not in known:
            found[order.order_id] = UNKNOWN_OFFER
            continue
        for answer in answers(session, order.partner_id, [order.offer_id], place, when):
            if reasons := doubts(answer):
                found[order.order_id] = reasons
    return found


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    offers=st.tuples(offers_drawn, offers_drawn),
    grants=grants_drawn,
    claims=claims_drawn,
    blocks=blocks_drawn,
    moves=moves_drawn,
    orders=orders_drawn,
    first_load=st.booleans(),
)
def test_rule_20_orders_are_doubted_as_the_one_question_about_access_is_answered(
    changing, order, offers, grants, claims, blocks, moves, orders, first_load
):
    with changing.database.write() as session:
        for table in TABLES:
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
        write_program(session, offers, grants, claims, blocks, moves)
    rows = [
        order(
            f"o{n}",
            **{"partner_id": partner_id, "offer_id": offer_id, "postal_code": code},
            placed_at=hour(number).isoformat(),
        )
        for n, (partner_id, offer_id, code, number) in enumerate(orders)
    ]
    if not first_load:
        changing.orders(order("before", placed_at="2026-08-01"))
    changing.orders(*rows)
    with changing.database.read() as session:
        assert noted(changing) == one_by_one(session)
