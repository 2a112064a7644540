"""What changes around a case while it is open: the launch group, the policy, a waiver's end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.cases.migration_activities import MigrationActivities
from activities.overrides import without_case
from activities.services import Services
from partners.domain.cases.case import CaseStatus, NotOpened, Outcome
from partners.domain.cases.view import CaseView, PlainCommand
from partners.domain.mail.notices import NoticeKind
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport
from partners.store.judging.totals import recount_all
from partners.store.policy import policies
from tests import builders
from tests.activities.conftest import NOW, TEMPLATES, Desk

DECISION = datetime(2035, 4, 23, 9, tzinfo=UTC)


def in_force(desk: Desk, **sections: Any) -> None:
    builders.accept(desk.database, builders.a_policy(**sections))


def asking(orders: int) -> list[dict[str, Any]]:
    enter = {"orders_per_month": {"at_least": orders}}
    return [{"key": "preferred", "kind": "preferred", "enter": enter}]


def migrate(desk: Desk, case: CaseView) -> CaseView:
    services = Services(
        desk.database, ProgramClock(), Renderer(TEMPLATES), OutboxTransport(delivers=True)
    )
    command = PlainCommand(case.case_id, "Ann", "agreed")
    return desk.call(MigrationActivities(services).migrate_case, command)


def orders(desk: Desk, first: date, last: date, count: int) -> None:
    with desk.database.write() as session:
        builders.orders(session, "acme", first, last, count)
        recount_all(session.connection())


# ---- the launch group ----


def test_rule_06_a_case_goes_on_by_its_own_policy_when_the_launch_group_shrinks(
    desk: Desk,
) -> None:
    case = desk.warned()
    in_force(desk, enrolment={"launch_group": ["other"]})

    with pytest.raises(ApplicationError, match="not in the launch group, and not acted upon"):
        migrate(desk, case)
    desk.now = DECISION
    done = desk.apply(desk.decide(case))
    assert done.outcome is Outcome.REMOVED
    again = desk.close(desk.send(done, NoticeKind.REMOVAL).case)
    assert again.status is CaseStatus.CLOSED


def test_who_leaves_the_launch_group_gets_no_new_case(desk: Desk) -> None:
    in_force(desk, enrolment={"launch_group": ["other"]})
    assert desk.open().reason == NotOpened.NOT_LAUNCHED


# ---- a waiver that ends on the decision day ----


def test_rule_10_a_waiver_until_the_decision_day_ends_the_case_and_spares_that_day(
    desk: Desk,
) -> None:
    case = desk.warned()
    until = DECISION.date()
    done = desk.command(desk.commands.waive_case, case, until=until)
    assert done.outcome is Outcome.WAIVED
    desk.tell(done)
    desk.close(done)

    desk.now = DECISION
    assert desk.decide(case).outcome is Outcome.WAIVED  # a late attempt decides nothing
    assert desk.open().reason == NotOpened.WAIVED
    desk.now = DECISION + timedelta(days=1)
    assert desk.open().reason == NotOpened.MONTH_TOO_EARLY
    desk.now = datetime(2035, 5, 20, tzinfo=UTC)
    assert desk.open().reason == NotOpened.MONTH_TOO_EARLY  # April began under the waiver
    desk.now = datetime(2035, 6, 5, tzinfo=UTC)
    assert desk.open().case is not None  # May did not


# ---- another policy during a recovery hold ----


def recovering(desk: Desk) -> CaseView:
    """Cured by 12 orders in the last 30 days, of 10 that were asked."""
    case = desk.warned()
    orders(desk, date(2035, 3, 6), date(2035, 3, 20), 12)
    desk.now = datetime(2035, 3, 21, 9, tzinfo=UTC)
    found = desk.assess(case)
    assert found.recovery_until is not None
    return found


def test_rule_07_a_migration_to_stricter_standards_stops_the_recovery(desk: Desk) -> None:
    case = recovering(desk)
    in_force(desk, tiers=asking(15))
    assert migrate(desk, case).recovery_until is None


def test_rule_07_a_migration_to_looser_standards_lets_the_recovery_go_on(desk: Desk) -> None:
    case = recovering(desk)
    in_force(desk, tiers=asking(9))
    assert migrate(desk, case).recovery_until == case.recovery_until


def test_a_shorter_hold_by_the_new_policy_ends_the_recovery_at_once(desk: Desk) -> None:
    case = recovering(desk)
    desk.now += timedelta(days=5)
    in_force(desk, grace={"recovery_hold_days": 3})
    assert desk.decide(migrate(desk, case)).next == "reinstate"


@pytest.mark.parametrize("how", ["migration", "numbers"])
def test_rule_07_what_fails_in_a_pause_stops_the_recovery_too(desk: Desk, how: str) -> None:
    """Else it goes on after the pause as if the partner had been cured all the time."""
    paused = desk.command(desk.commands.pause_case, recovering(desk))
    if how == "migration":
        in_force(desk, tiers=asking(15))
        paused = migrate(desk, paused)
        orders(desk, date(2035, 3, 21), date(2035, 3, 25), 6)
    else:
        desk.now = datetime(2035, 5, 20, 9, tzinfo=UTC)
        paused = desk.assess(paused)
    desk.now += timedelta(days=5)

    resumed = desk.command(desk.cases.resume_case, paused)
    assert resumed.status is CaseStatus.IN_GRACE
    assert resumed.recovery_until is None
    desk.now += timedelta(days=1)
    assert desk.decide(resumed).next is None


def test_a_waiver_by_hand_spares_its_last_day(desk: Desk) -> None:
    with desk.database.write() as session:
        version, policy = policies.in_force_at(session, NOW) or (0, None)
        assert policy is not None
        order = without_case.Command("Ann", "new shop", until=NOW.date())
        partner = session.get_one(builders.PartnerRow, "acme")
        desk_ = without_case.LockedPartner(session, partner, order, version, policy, NOW)
        without_case.carry_out(desk_, without_case.CommandKind.WAIVED)
    assert desk.open().reason == NotOpened.WAIVED
    desk.now += timedelta(days=1)
    assert desk.open().reason == NotOpened.MONTH_TOO_EARLY
