"""What the guard holds of cases, and how a person's word ends it (rule 13)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from partners.store.cases import guard
from partners.store.judging.totals import recount_all
from partners.store.tables.case_tables import GuardActionRow
from partners.store.tables.review_tables import GuardRequestRow, ReviewRow
from tests import builders
from tests.workflows.conftest import START, World, signed
from workflows.grace_period import GracePeriod

CASE = "acme-2035-02"


async def held(world: World) -> None:
    """A case whose warning the guard holds."""
    world.accept(guard={"always_allow": 1, "max_partners": 1})
    world.too_few_orders()
    world.covered()
    acted(world, START)


def acted(world: World, at: datetime) -> None:
    """Another partner was warned then."""
    with world.database.write() as session:
        builders.a_partner(session, "other")
        session.add(GuardActionRow(key="x", partner_id="other", acted_at=at))


def request(world: World) -> GuardRequestRow | None:
    with world.database.read() as session:
        return guard.find(session, CASE)


def waiting(world: World) -> list[str]:
    with world.database.read() as session:
        return [row.request_id for row in guard.waiting(session)]


async def test_rule_13_what_the_guard_holds_is_listed_until_approved(world: World) -> None:
    await held(world)
    handle = await world.start()
    await world.seen(handle, "on_hold")
    row = request(world)
    assert row is not None
    assert (row.state, row.partner_ids) == ("waiting", ["acme"])

    await handle.execute_update(GracePeriod.resume, signed(reason="figures are right"))

    await world.status("in_grace")
    row = request(world)
    assert row is not None
    assert (row.state, row.who, row.reason) == ("approved", "Ann", "figures are right")


async def test_rule_13_a_rejected_warning_voids_the_case_without_a_word(world: World) -> None:
    await held(world)
    handle = await world.start()
    await world.seen(handle, "on_hold")

    await handle.execute_update(GracePeriod.void, signed(reason="a wrong import"))

    assert (await handle.result()).outcome == "voided"
    row = request(world)
    assert row is not None
    assert (row.state, row.who) == ("rejected", "Ann")
    assert [kind for kind in world.kinds() if kind != "on_hold"] == []


async def test_rule_13_a_rejected_removal_voids_the_case_with_a_correction(world: World) -> None:
    world.accept(guard={"always_allow": 1, "max_partners": 1})
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    acted(world, datetime(2035, 4, 20, tzinfo=UTC))
    await world.until(datetime(2035, 4, 24, tzinfo=UTC))
    await world.seen(handle, "on_hold")
    assert waiting(world) == [CASE]

    await handle.execute_update(GracePeriod.void, signed())

    assert (await handle.result()).outcome == "voided"
    assert (world.row().tier, world.kinds()[-1]) == ("preferred", "correction")
    assert waiting(world) == []


async def test_rule_13_a_case_held_twice_asks_twice(world: World) -> None:
    await held(world)
    handle = await world.start()
    await world.seen(handle, "on_hold")
    await handle.execute_update(GracePeriod.resume, signed())
    await world.status("in_grace")
    with world.database.write() as session:
        late = datetime(2035, 4, 20, tzinfo=UTC)
        session.add(GuardActionRow(key="y", partner_id="other", acted_at=late))
    await world.until(datetime(2035, 4, 24, tzinfo=UTC))
    await world.seen(handle, "on_hold")
    assert waiting(world) == [CASE]

    await handle.execute_update(GracePeriod.resume, signed())

    assert (await handle.result()).outcome == "removed"
    assert waiting(world) == []


async def test_rule_13_a_case_that_corrected_data_ends_asks_no_more(world: World) -> None:
    await held(world)
    handle = await world.start()
    await world.status("on_hold")
    world.orders(date(2035, 2, 2), date(2035, 2, 20), 6, "accepted")
    with world.database.write() as session:
        recount_all(session.connection())

    await handle.signal(GracePeriod.metrics_changed)

    assert (await handle.result()).outcome == "voided"
    assert waiting(world) == []


async def test_rule_13_an_approved_review_covers_the_warnings_it_names(world: World) -> None:
    await held(world)
    with world.database.write() as session:
        session.add(
            ReviewRow(
                review_id="monthly/2035-02",
                kind="monthly",
                period="2035-02",
                month=203502,
                as_of=START.date(),
                policy_version=1,
                status="waiting",
                claimed_by="review/monthly/2035-02",
                started_at=START,
                counts={},
            )
        )
        guard.request(session, "monthly/2035-02", ["acme"], "too many", START)
        approved_at = START - timedelta(minutes=1)
        guard.decide(session, "monthly/2035-02", True, "Ann", "checked", approved_at)

    await world.start()

    await world.status("in_grace")
    approvals = [d for d in world.decisions() if d.step == "approved"]
    assert [(d.actor, d.result) for d in approvals] == [("Ann", "with the review monthly/2035-02")]
