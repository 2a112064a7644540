"""Rule 11: a demotion leads to a tier that there is, whatever became of the ladder meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.judging.gathering import CaseFile
from partners.domain.cases.case import CaseStatus, HoldReason, Outcome
from partners.domain.cases.view import CaseView, PlainCommand
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.overrides import appeals
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies, renames
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import Desk, too_few_orders
from tests.interleaved import LONG, beside, until_waiting

DECISION = datetime(2035, 4, 23, 9, tzinfo=UTC)


def ladder(*below: dict[str, Any], top: str = "gold", **of_top: Any) -> Policy:
    """`top`, which asks for 10 orders a month, above tiers that ask for fewer."""
    asks = {"orders_per_month": {"at_least": 10}}
    few = {"orders_per_month": {"at_least": 1}}
    tiers = [{"kind": "preferred", "enter": few, **tier} for tier in below]
    highest = {"key": top, "kind": "preferred", "removal": "down", "enter": asks, **of_top}
    return builders.a_policy(tiers=[*tiers, highest])


OLD = ladder({"key": "silver"})
RENAMED = ladder({"key": "argent", "renamed_from": "silver"})
TWICE = ladder({"key": "plata", "name": "Plata", "renamed_from": "argent"})
DROPPED = ladder({"key": "bronze"})


@pytest.fixture
def desk(database: Database) -> Desk:
    """acme is in gold, below its standards; a demotion leads to silver."""
    builders.accept(database, OLD)
    too_few_orders(database)
    with database.write() as session:
        session.get_one(PartnerRow, "acme").tier = "gold"
    return Desk(database)


def publish(desk: Desk, *versions: Policy) -> None:
    """Each in force at once; whoever is in a renamed tier comes along."""
    for policy in versions:
        with desk.database.write() as session:
            number = policies.publish(session, policy, "", desk.now, "ann", desk.now.date(), None)
            renames.carry_out(session, number, desk.now, "ann")


def decided(desk: Desk, case: CaseView) -> CaseView:
    desk.now = DECISION
    return desk.apply(desk.decide(case))


def partner(desk: Desk, partner_id: str = "acme") -> PartnerRow:
    with desk.database.read() as session:
        return session.get_one(PartnerRow, partner_id)


def test_rule_11_a_demotion_leads_to_the_tier_by_its_newest_name(desk: Desk) -> None:
    case = desk.warned()
    publish(desk, RENAMED, TWICE)

    done = decided(desk, case)
    assert done.outcome is Outcome.DEMOTED
    assert partner(desk).tier == "plata"
    told = desk.send(done, NoticeKind.REMOVAL).case
    with desk.database.read() as session:
        newest = session.query(OutboxRow).order_by(OutboxRow.outbox_id.desc()).first()
    assert newest is not None
    assert "Plata" in newest.text
    assert desk.close(told).status is CaseStatus.CLOSED


def test_rule_11_a_demotion_into_a_tier_that_is_no_more_waits_for_a_person(desk: Desk) -> None:
    case = desk.warned()
    publish(desk, DROPPED)  # as a version that was published before this was refused

    held = decided(desk, case)
    assert (held.status, held.hold_reason) == (CaseStatus.ON_HOLD, HoldReason.TIER)
    assert held.hold_detail == "it leads to silver, which policy version 2 has no more"
    assert partner(desk).tier == "gold"

    with pytest.raises(ApplicationError, match="publish a policy that says where it went"):
        desk.command(desk.commands.remove_case, held)
    again = desk.command(desk.cases.resume_case, held)
    assert decided(desk, again).hold_reason is HoldReason.TIER

    publish(desk, ladder({"key": "bronze", "renamed_from": ["silver"]}))
    done = decided(desk, desk.command(desk.cases.resume_case, again))
    assert (done.outcome, partner(desk).tier) == (Outcome.DEMOTED, "bronze")


def test_a_tier_that_is_renamed_in_mid_case_is_judged_by_its_old_name_until_it_closes(
    desk: Desk,
) -> None:
    with desk.database.write() as session:
        builders.a_partner(session, "ben", tier="gold")
    case = desk.warned()
    publish(desk, ladder({"key": "silver"}, top="oro", renamed_from="gold"))
    assert (partner(desk).tier, partner(desk, "ben").tier) == ("gold", "oro")

    done = desk.command(desk.commands.reinstate_case, case)
    assert done.outcome is Outcome.REINSTATED
    assert len(desk.tell(done)) == 1
    desk.close(done)
    assert partner(desk).tier == "oro"
    assert partner(desk).tier_since == date(2020, 1, 1)  # nothing begins anew


def test_who_was_demoted_from_a_tier_that_is_renamed_may_still_appeal(desk: Desk) -> None:
    case = desk.warned()
    done = decided(desk, case)
    desk.close(desk.send(done, NoticeKind.REMOVAL).case)
    desk.now += timedelta(days=1)
    publish(
        desk, ladder({"key": "argent", "renamed_from": "silver"}, top="oro", renamed_from="gold")
    )
    with desk.database.read() as session:
        found = policies.in_force_at(session, desk.now)
        assert found is not None
        row = appeals.lowering(session, session.get_one(PartnerRow, "acme"), found[1])
    assert row is not None
    assert (row[1].from_tier, row[1].to_tier) == ("oro", "argent")


# ---- at the same moment (PostgreSQL) ----

at_once = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)


@at_once
def test_a_case_that_is_opened_beside_a_publication_keeps_the_name_by_which_it_judges(
    desk: Desk,
) -> None:
    new = ladder({"key": "silver"}, top="aurum", renamed_from="gold")
    with beside() as start, desk.database.write() as session:
        locked_partner(session, "acme")
        publishing = start(lambda: publish(desk, new))
        until_waiting(desk.database, publishing)
        session.add(builders.a_case("acme", Month(2035, 2), tier="gold", opened_at=desk.now))

    publishing.result(LONG)
    assert partner(desk).tier == "gold"


@at_once
def test_a_partner_whose_case_is_closed_beside_a_publication_comes_along(desk: Desk) -> None:
    new = ladder({"key": "silver"}, top="aurum", renamed_from="gold")
    void = PlainCommand(desk.warned().case_id, "Ann", "an error", silent=True)
    case = desk.call(desk.cases.void_case, void)
    with beside() as start, desk.database.write() as session:
        number = policies.publish(session, new, "", desk.now, "ann", desk.now.date(), None)
        renames.carry_out(session, number, desk.now, "ann")
        closing = start(lambda: desk.close(case))
        until_waiting(desk.database, closing)

    assert closing.result(LONG).status is CaseStatus.CLOSED
    assert partner(desk).tier == "aurum"


@at_once
def test_rule_17_a_tier_that_changes_while_an_outcome_is_applied_is_seen(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    case = desk.decide(case)
    with beside() as start, desk.database.write() as session:
        locked_partner(session, "acme").tier = "silver"
        session.flush()
        applying = start(lambda: desk.apply(case))
        until_waiting(desk.database, applying)

    assert applying.result(LONG).status is CaseStatus.IN_GRACE
    assert partner(desk).tier == "silver"


@at_once
def test_a_new_run_waits_for_a_step_of_its_open_case_and_holds_nothing(desk: Desk) -> None:
    case = desk.warned()
    with beside() as start, desk.database.write() as session:
        file = CaseFile.of(session, case.case_id, desk.now)
        opening = start(desk.open)
        until_waiting(desk.database, opening)
        file.lock_partner()

    assert opening.result(LONG).continued
