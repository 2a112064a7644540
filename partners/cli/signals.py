"""Telling running cases that something changed; and the way to them for people's commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from typing import Any, TypeVar

from sqlalchemy import select
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError as RPCError

from activities.pages import side_by_side
from partners.cli import common
from partners.cli.progress import progress
from partners.domain.cases.commands import Intervention
from partners.domain.cases.view import GracePeriodResult
from partners.domain.number_words import number_of
from partners.errors import SetupError, UserError
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.store.responses import responses
from partners.store.tables.case_tables import CaseRow
from partners.temporal import running
from partners.temporal.connecting import connect
from partners.temporal.running import RunningCheckIns, signal, signal_cases
from workflows.grace_period import GracePeriod
from workflows.kit.commands import PersonsOrder
from workflows.kit.options import grace_workflow_id, policy_workflow_id
from workflows.policy_change import PolicyChange
from workflows.review import ProgramReview

T = TypeVar("T")
GraceHandle = WorkflowHandle[GracePeriod, GracePeriodResult]
Signal = Callable[[GracePeriod], None]

UPDATES: dict[Intervention, Callable[..., Any]] = {
    Intervention.EXTENDED: GracePeriod.extend,
    Intervention.PAUSED: GracePeriod.pause,
    Intervention.RESUMED: GracePeriod.resume,
    Intervention.WAIVED: GracePeriod.waive,
    Intervention.REINSTATED: GracePeriod.reinstate,
    Intervention.REMOVED: GracePeriod.remove,
    Intervention.BLOCKED: GracePeriod.block,
    Intervention.UNBLOCKED: GracePeriod.unblock,
    Intervention.APPEALED: GracePeriod.appeal,
    Intervention.UPHELD: GracePeriod.uphold,
    Intervention.OVERTURNED: GracePeriod.overturn,
}
"""How the running case is told of each command that it takes."""


def with_temporal(
    work: Callable[[Client], Awaitable[T]], what: str | None = "waiting for Temporal"
) -> T:
    """Connect as the environment says and do some work there.

    `what`: the word of progress if it takes long; None where the work has words of its own.
    """

    async def run() -> T:
        try:
            return await work(await connect())
        finally:
            # An interpreter that exits right after using the SDK can abort (sdk-python #300).
            await asyncio.sleep(0.2)

    with progress(what) if what else nullcontext():
        return asyncio.run(run())


def tell_cases(database: Database) -> None:
    """Signal every open case that an import touched, and those that wait for the feed.

    A server that cannot be reached is a warning: the numbers are stored, each case looks at them
    when it next wakes, and the next import tells it again.
    """
    with database.read() as session:
        today = policies.day_of(session, common.program_now(database))
        partners = cases.to_be_told(session, today)
    _signal(partners, GracePeriod.metrics_changed)


def tell_case(partner_id: str | None) -> None:
    """Signal one partner's open case that a message was marked as sent."""
    if partner_id is not None:
        _signal([partner_id], GracePeriod.notice_changed)


def tell_mail_goes(database: Database) -> None:
    """Say that mail goes again: to every open case, to check-ins that have not gone out, and to
    whoever tells partners of a policy."""
    with database.read() as session:
        open_cases = select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None))
        partners = sorted(session.scalars(open_cases))
        today = policies.day_of(session, common.program_now(database))
        versions = [v for v, day in policies.effects(session).items() if day >= today]
        check_ins = responses.with_untold(session)
    _signal(partners, GracePeriod.notice_changed)
    if check_ins:
        try:
            with_temporal(lambda client: side_by_side(check_ins, RunningCheckIns(client).start))
        except (SetupError, RPCError) as error:
            common.warn(
                f"{number_of(len(check_ins), 'check-in')} to be looked at again in a day: {error}"
            )
    if versions:
        try:
            with_temporal(lambda client: _tell_policy_changes(client, versions))
        except (SetupError, RPCError) as error:
            common.warn(f"what tells partners of new standards looks again in a day: {error}")


async def _tell_policy_changes(client: Client, versions: Iterable[int]) -> None:
    """Signal those that still run; one that has ended has told everybody."""
    for version in versions:
        await signal(client, policy_workflow_id(version), PolicyChange.notice_changed)


def _signal(partners: list[str], what: Signal) -> None:
    if not partners:
        return
    try:
        with progress("telling open cases", len(partners)) as step:
            absent = with_temporal(lambda c: signal_cases(c, partners, what, step), None)
    except (SetupError, RPCError) as error:
        common.warn(f"not told: {number_of(len(partners), 'open case')}: {error}")
        return
    if absent:
        common.warn(
            f"no workflow runs for the open cases of {', '.join(absent)}; go on with: "
            f"partners start {absent[0]}"
        )


def command_case(partner_id: str, update: Any, order: PersonsOrder) -> str:
    """Give a person's command to a partner's running case; returns its answer.

    Raises UserError with the case's own reason if it refuses, or if no workflow runs.
    """
    absent = (
        f"no workflow runs for {partner_id}; if `partners show {partner_id}` shows an open "
        f"case, go on with it first: partners start {partner_id}"
    )
    return command(grace_workflow_id(partner_id), update, order, absent)


def command_review(workflow_id: str, approved: bool, order: PersonsOrder) -> str:
    """Give a person's word to a review that the guard holds; returns its answer."""
    absent = (
        f"no workflow runs under {workflow_id}; take the review up again first "
        "(partners review --help), then decide"
    )
    update: Any = ProgramReview.approve if approved else ProgramReview.reject
    return command(workflow_id, update, order, absent)


def command(workflow_id: str, update: Any, order: PersonsOrder, absent: str) -> str:
    """Give a person's command to a workflow; returns its answer.

    Raises UserError with the workflow's own reason if it refuses, or `absent` if none runs.
    """

    answer = with_temporal(lambda client: running.command(client, workflow_id, update, order))
    if answer is None:
        raise UserError(absent)
    return answer
