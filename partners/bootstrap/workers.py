"""What a worker runs: every workflow and activity. Loads all of the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.cases.activities import CaseActivities
from activities.cases.migration_activities import MigrationActivities
from activities.cases.notice_activities import NoticeActivities
from activities.exclusives.activities import ExclusiveActivities
from activities.exclusives.exclusive_notice_activities import ExclusiveNoticeActivities
from activities.exclusives.exclusive_watch_activities import ExclusiveWatchActivities
from activities.inbox.digest_activities import InboxActivities
from activities.ladder.activities import PromotionActivities
from activities.ladder.partner_notice_activities import PartnerNoticeActivities
from activities.ladder.track_activities import TrackActivities, TrackNoticeActivities
from activities.mail.reconciliation_activities import ReconciliationActivities
from activities.mail.resolution_activities import ResolutionActivities
from activities.mail.staff_notice_activities import StaffNoticeActivities
from activities.offers.incentive_activities import IncentiveActivities
from activities.offers.price_activities import PriceChangeActivities
from activities.overrides.command_activities import CaseCommandActivities
from activities.overrides.intervention_activities import (
    InterventionActivities,
    InterventionNoticeActivities,
)
from activities.policy.activities import PolicyChangeActivities
from activities.referrals.activities import ReferralActivities
from activities.referrals.lead_activities import LeadActivities
from activities.referrals.lead_notice_activities import LeadNoticeActivities
from activities.referrals.referral_notice_activities import ReferralNoticeActivities
from activities.referrals.watch_activities import ReferralWatchActivities
from activities.responses.activities import ResponseActivities
from activities.responses.check_in_activities import CheckInActivities
from activities.reviews.activities import ReviewActivities
from activities.reviews.case_activities import ReviewCaseActivities
from activities.reviews.promotion_activities import ReviewPromotionActivities
from activities.services import Activities, Services
from activities.webhooks.activities import SweepActivities, WebhookActivities
from partners.bootstrap.mail_and_events import (
    build_lists,
    build_receiver,
    build_tracer,
)
from partners.settings import Settings
from partners.temporal.deliveries import Nudge
from partners.temporal.failing import FailingSteps
from partners.temporal.running import (
    RunningCases,
    RunningCheckIns,
    RunningDeliveries,
    RunningPromotions,
    RunningReferrals,
)
from partners.temporal.running_exclusives import RunningExclusives
from partners.temporal.running_leads import RunningLeads
from partners.temporal.scrubbing import Unnamed
from partners.temporal.waking import Wake
from workflows.check_in import CheckIn
from workflows.grace_period import GracePeriod
from workflows.inbox import InboxDigest
from workflows.intervention import Intervention
from workflows.kit.options import MAIL_TASK_QUEUE, OUTSIDE_TASK_QUEUE, TASK_QUEUE
from workflows.lead import LeadHandover
from workflows.mail_resolution import MailResolution
from workflows.offers.exclusive_term import ExclusiveTerm
from workflows.offers.incentives import IncentiveAccrual
from workflows.offers.price_change import PriceChange
from workflows.policy_change import PolicyChange
from workflows.promotion import Promotion
from workflows.reconciliation import MailReconciliation
from workflows.referral import ReferralQualification
from workflows.review import ProgramReview
from workflows.track_watch import TrackWatch
from workflows.webhook import Delivery, EventSweep

DELIVERIES_AT_ONCE = 10
"""Events of one worker that are with the receiver at the same time."""

RUNNER = UnsandboxedWorkflowRunner()
"""No sandbox: `tests/test_architecture.py` holds what it would, and more of it (ADR 009)."""


class Queue(StrEnum):
    """The task queues, as `worker.py --queue` names them; `partners` has `partners-outside` too."""

    CASES = TASK_QUEUE
    MAIL = MAIL_TASK_QUEUE


WORKFLOWS = [
    CheckIn,
    Delivery,
    EventSweep,
    ExclusiveTerm,
    GracePeriod,
    Intervention,
    InboxDigest,
    IncentiveAccrual,
    LeadHandover,
    MailReconciliation,
    MailResolution,
    PolicyChange,
    PriceChange,
    ProgramReview,
    Promotion,
    ReferralQualification,
    TrackWatch,
]


def build_workers(
    client: Client,
    settings: Settings,
    services: Services,
    queues: tuple[Queue, ...] = tuple(Queue),
) -> list[Worker]:
    """One worker a queue. Blocking activities run on threads, as many as may run at once."""
    deliveries = RunningDeliveries(client)
    threads = settings.activity_threads
    shared: dict[str, Any] = {
        "interceptors": [
            Unnamed(),
            Nudge(services.database, deliveries),
            Wake(services.database, RunningExclusives(client)),
            FailingSteps(services.database, services.clock),
        ],
        "graceful_shutdown_timeout": timedelta(seconds=settings.drain_seconds),
    }
    workers = []
    if Queue.CASES in queues:
        webhook = WebhookActivities(services, build_receiver(settings))
        steps = [*of_cases(client, services), webhook, SweepActivities(services, deliveries)]
        workers.append(
            Worker(
                client,
                task_queue=TASK_QUEUE,
                workflows=WORKFLOWS,
                workflow_runner=RUNNER,
                activities=[activity for room in steps for activity in room.all()],
                activity_executor=ThreadPoolExecutor(threads, "step"),
                max_concurrent_activities=threads,
                **shared,
            )
        )
        # Deliveries by their own turns; those scheduled before there was this queue are above.
        workers.append(
            Worker(
                client,
                task_queue=OUTSIDE_TASK_QUEUE,
                activities=[webhook.deliver_next],
                max_concurrent_activities=DELIVERIES_AT_ONCE,
                **shared,
            )
        )
    if Queue.MAIL in queues:
        rooms = of_mail(client, settings, services)
        workers.append(
            Worker(
                client,
                task_queue=MAIL_TASK_QUEUE,
                activities=[activity for room in rooms for activity in room.all()],
                activity_executor=ThreadPoolExecutor(threads, "mail"),
                max_concurrent_activities=threads,
                max_task_queue_activities_per_second=settings.mail_per_second,
                **shared,
            )
        )
    return workers


def build_reader(client: Client) -> Worker:
    """A worker that answers what is asked of workflows, and carries nothing out: it has no
    activities."""
    return Worker(client, task_queue=TASK_QUEUE, workflows=WORKFLOWS, workflow_runner=RUNNER)


def of_cases(client: Client, services: Services) -> list[Activities]:
    """What runs on the queue of cases, besides what is told to the outside."""
    cases = RunningCases(client)
    return [
        CaseActivities(services),
        CaseCommandActivities(services),
        MigrationActivities(services),
        InterventionActivities(services),
        ReviewActivities(services, cases),
        ReviewCaseActivities(services, cases),
        ReviewPromotionActivities(services, RunningPromotions(client)),
        ResponseActivities(services, RunningCheckIns(client)),
        PromotionActivities(services),
        TrackActivities(services),
        IncentiveActivities(services, cases),
        ReferralActivities(services),
        ReferralWatchActivities(services, RunningReferrals(client), RunningLeads(client)),
        LeadActivities(services),
        ExclusiveActivities(services),
        ExclusiveWatchActivities(services, RunningExclusives(client)),
    ]


def of_mail(client: Client, settings: Settings, services: Services) -> list[Activities]:
    """What runs on the queue of mail."""
    cases, unknown = RunningCases(client), timedelta(minutes=settings.mail_unknown_minutes)
    return [
        NoticeActivities(services),
        CheckInActivities(services),
        InterventionNoticeActivities(services),
        StaffNoticeActivities(services),
        PolicyChangeActivities(services),
        PriceChangeActivities(services),
        PartnerNoticeActivities(services),
        TrackNoticeActivities(services),
        ResolutionActivities(services, build_tracer(settings), cases, unknown),
        ReconciliationActivities(services, build_lists(settings), cases),
        ReferralNoticeActivities(services),
        LeadNoticeActivities(services),
        ExclusiveNoticeActivities(services),
        InboxActivities(services),
    ]


@asynccontextmanager
async def running(workers: list[Worker]) -> AsyncIterator[None]:
    """Run workers until the block ends, then drain them."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield
