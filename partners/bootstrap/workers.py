"""What a worker runs: every workflow and activity. Loads all of the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from enum import StrEnum

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.cases.activities import CaseActivities
from activities.cases.migration_activities import MigrationActivities
from activities.cases.notice_activities import NoticeActivities
from activities.inbox.digest_activities import InboxActivities
from activities.ladder.activities import PromotionActivities
from activities.ladder.partner_notice_activities import PartnerNoticeActivities
from activities.mail.reconciliation_activities import ReconciliationActivities
from activities.mail.resolution_activities import ResolutionActivities
from activities.mail.staff_notice_activities import StaffNoticeActivities
from activities.overrides.command_activities import CaseCommandActivities
from activities.overrides.intervention_activities import (
    InterventionActivities,
    InterventionNoticeActivities,
)
from activities.policy.activities import PolicyChangeActivities
from activities.referrals.activities import ReferralActivities
from activities.referrals.referral_notice_activities import ReferralNoticeActivities
from activities.referrals.watch_activities import ReferralWatchActivities
from activities.responses.activities import ResponseActivities
from activities.responses.check_in_activities import CheckInActivities
from activities.reviews.activities import ReviewActivities
from activities.reviews.case_activities import ReviewCaseActivities
from activities.reviews.promotion_activities import ReviewPromotionActivities
from activities.services import Services
from activities.webhooks.activities import SweepActivities, WebhookActivities
from partners.provider import (
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
from partners.temporal.scrubbing import Unnamed
from workflows.check_in import CheckIn
from workflows.grace_period import GracePeriod
from workflows.inbox import InboxDigest
from workflows.intervention import Intervention
from workflows.kit.options import MAIL_TASK_QUEUE, OUTSIDE_TASK_QUEUE, TASK_QUEUE
from workflows.mail_resolution import MailResolution
from workflows.policy_change import PolicyChange
from workflows.promotion import Promotion
from workflows.reconciliation import MailReconciliation
from workflows.referral import ReferralQualification
from workflows.review import ProgramReview
from workflows.webhook import Delivery, EventSweep

DELIVERIES_AT_ONCE = 10
"""Events of one worker that are with the receiver at the same time."""

RUNNER = UnsandboxedWorkflowRunner()
"""No sandbox: `tests/test_architecture.py` holds what it would, and more of it (ADR 009)."""


class Queue(StrEnum):
    """The task queues, as `worker.py --queue` names them; `partners` has `partners-outside` too."""

    CASES = TASK_QUEUE
    MAIL = MAIL_TASK_QUEUE


def build_workers(
    client: Client,
    settings: Settings,
    services: Services,
    queues: tuple[Queue, ...] = tuple(Queue),
) -> list[Worker]:
    """One worker a queue. Blocking activities run on threads, as many as may run at once."""
    cases, notices = CaseActivities(services), NoticeActivities(services)
    running_cases = RunningCases(client)
    reviews = ReviewActivities(services, running_cases)
    review_cases = ReviewCaseActivities(services, running_cases)
    responses = ResponseActivities(services, RunningCheckIns(client))
    resolution = ResolutionActivities(
        services,
        build_tracer(settings),
        running_cases,
        timedelta(minutes=settings.mail_unknown_minutes),
    )
    deliveries = RunningDeliveries(client)
    webhook = WebhookActivities(services, build_receiver(settings))
    interceptors = [
        Unnamed(),
        Nudge(services.database, deliveries),
        FailingSteps(services.database, services.clock),
    ]
    threads = settings.activity_threads
    drain = timedelta(seconds=settings.drain_seconds)
    workers = []
    if Queue.CASES in queues:
        workers.append(
            Worker(
                client,
                task_queue=TASK_QUEUE,
                workflows=[
                    CheckIn,
                    Delivery,
                    EventSweep,
                    GracePeriod,
                    Intervention,
                    InboxDigest,
                    MailReconciliation,
                    MailResolution,
                    PolicyChange,
                    ProgramReview,
                    Promotion,
                    ReferralQualification,
                ],
                workflow_runner=RUNNER,
                activities=[
                    cases.open_case,
                    cases.assess_case,
                    cases.decide_case,
                    cases.apply_outcome,
                    cases.resume_case,
                    cases.void_case,
                    cases.close_case,
                    *CaseCommandActivities(services).all(),
                    MigrationActivities(services).migrate_case,
                    InterventionActivities(services).next_untold,
                    reviews.claim_review,
                    reviews.judge_range,
                    reviews.finish_review,
                    reviews.look_at_review,
                    review_cases.ask_guard,
                    review_cases.answer_guard,
                    review_cases.open_cases,
                    review_cases.tell_cases,
                    responses.take_step,
                    responses.start_check_in,
                    responses.start_check_ins,
                    PromotionActivities(services).promote,
                    ReferralActivities(services).assess_referrals,
                    ReferralWatchActivities(services, RunningReferrals(client)).wake_referrals,
                    ReviewPromotionActivities(
                        services, RunningPromotions(client)
                    ).propose_promotions,
                    webhook.deliver_next,
                    webhook.give_up,
                    SweepActivities(services, deliveries).sweep_events,
                ],
                interceptors=interceptors,
                activity_executor=ThreadPoolExecutor(threads, "step"),
                max_concurrent_activities=threads,
                graceful_shutdown_timeout=drain,
            )
        )
        # Deliveries by their own turns; those scheduled before there was this queue are above.
        workers.append(
            Worker(
                client,
                task_queue=OUTSIDE_TASK_QUEUE,
                activities=[webhook.deliver_next],
                interceptors=interceptors,
                max_concurrent_activities=DELIVERIES_AT_ONCE,
                graceful_shutdown_timeout=drain,
            )
        )
    if Queue.MAIL in queues:
        workers.append(
            Worker(
                client,
                task_queue=MAIL_TASK_QUEUE,
                activities=[
                    notices.send_notice,
                    CheckInActivities(services).send_check_in,
                    InterventionNoticeActivities(services).tell_intervention,
                    StaffNoticeActivities(services).send_staff_notice,
                    PolicyChangeActivities(services).tell_page,
                    PartnerNoticeActivities(services).send_partner_notice,
                    resolution.resolve_unknown,
                    resolution.tell_resolved,
                    ReconciliationActivities(
                        services, build_lists(settings), running_cases
                    ).reconcile_suppressions,
                    ReferralNoticeActivities(services).send_referral_notice,
                    InboxActivities(services).send_inbox_digest,
                ],
                interceptors=interceptors,
                activity_executor=ThreadPoolExecutor(threads, "mail"),
                max_concurrent_activities=threads,
                max_task_queue_activities_per_second=settings.mail_per_second,
                graceful_shutdown_timeout=drain,
            )
        )
    return workers


@asynccontextmanager
async def running(workers: list[Worker]) -> AsyncIterator[None]:
    """Run workers until the block ends, then drain them."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield
