"""Activities called one by one, at moments the test chooses, on both database systems."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from temporalio.testing import ActivityEnvironment

from activities.cases.activities import CaseActivities
from activities.cases.notice_activities import NoticeActivities
from activities.overrides.command_activities import CaseCommandActivities
from activities.overrides.intervention_activities import InterventionNoticeActivities
from activities.services import Services
from partners.domain.cases.commands import CaseCommand
from partners.domain.cases.view import (
    ApplyOutcome,
    CaseRef,
    CaseView,
    Opening,
    PartnerRef,
    SendNotice,
    Sent,
)
from partners.domain.judging.coverage import DayRange
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport, Transport
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from tests import builders

T = TypeVar("T")
NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[2] / "templates"
AMPLE = timedelta(minutes=1)
"""How long an attempt may take; by default it has one second."""
ONE_MINUTE = timedelta(minutes=1)


class Desk:
    """The activities of one worker, with the clock in the test's hand."""

    def __init__(self, database: Database, transport: Transport | None = None) -> None:
        self.database = database
        self.now = NOW
        self._commands = count(1)
        services = Services(
            database, ProgramClock(), Renderer(TEMPLATES), transport or OutboxTransport(True)
        )
        self.cases = CaseActivities(services)
        self.notices = NoticeActivities(services)
        self.commands = CaseCommandActivities(services)
        self.people = InterventionNoticeActivities(services)

    def call(
        self,
        activity: Callable[[Any], T],
        request: Any,
        activity_id: str | None = None,
        attempt: int = 1,
    ) -> T:
        """Run an activity. Calls of one id are attempts at one step, as they are by default."""
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info,
            started_time=self.now,
            workflow_run_id="run-1",
            activity_id=activity_id or environment.info.activity_id,
            scheduled_time=self.now - (attempt - 1) * ONE_MINUTE,
            attempt=attempt,
            start_to_close_timeout=AMPLE,
        )
        return environment.run(activity, request)

    def open(self, partner_id: str = "acme") -> Opening:
        return self.call(self.cases.open_case, PartnerRef(partner_id))

    def send(self, case: CaseView, kind: NoticeKind, **more: int) -> Sent:
        return self.call(self.notices.send_notice, SendNotice(case.case_id, kind, **more))

    def command(
        self, activity: Callable[[CaseCommand], CaseView], case: CaseView, **what: Any
    ) -> CaseView:
        """A person commands something about a case."""
        words = {"who": "Ann", "reason": "agreed by phone", **what}
        command = CaseCommand(case_id=case.case_id, **words)
        return self.call(activity, command, f"command {next(self._commands)}")

    def tell(self, case: CaseView) -> list[Sending]:
        """Tell the partner what people did about a case."""
        return [self.call(self.people.tell_intervention, t).result for t in case.to_tell]

    def decide(self, case: CaseView) -> CaseView:
        return self.call(self.cases.decide_case, CaseRef(case.case_id))

    def assess(self, case: CaseView) -> CaseView:
        return self.call(self.cases.assess_case, CaseRef(case.case_id))

    def apply(self, case: CaseView) -> CaseView:
        request = ApplyOutcome(case.case_id, case.revision)
        return self.call(self.cases.apply_outcome, request)

    def close(self, case: CaseView) -> CaseView:
        return self.call(self.cases.close_case, CaseRef(case.case_id))

    def warned(self, partner_id: str = "acme") -> CaseView:
        """A case whose warning was accepted."""
        case = self.open(partner_id).case
        assert case is not None
        sent = self.send(case, NoticeKind.WARNING)
        assert sent.result is Sending.SENT
        return sent.case

    def row(self, case: CaseView) -> CaseRow:
        with self.database.read() as session:
            return session.get_one(CaseRow, case.case_id)


def too_few_orders(database: Database, partner_id: str = "acme") -> None:
    """A partner with 6 orders in February 2035, and a feed that covers everything."""
    with database.write() as session:
        builders.a_partner(session, partner_id)
        builders.orders(session, partner_id, date(2035, 2, 1), date(2035, 2, 28), 6)
        builders.covered(session, DayRange(date(2034, 1, 1), date(2036, 12, 31)))


@pytest.fixture
def desk(database: Database) -> Desk:
    """A worker's activities, the test policy accepted, and one partner below standards."""
    builders.accept(database, builders.a_policy())
    too_few_orders(database)
    return Desk(database)
