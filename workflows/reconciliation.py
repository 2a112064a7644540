"""MailReconciliation: every night, our suppressions and the provider's lists."""

from __future__ import annotations

from temporalio import workflow

from activities.mail.reconciliation_activities import ReconciliationActivities
from partners.domain.mail.mail_lists import Reconciled
from workflows.kit import options

STATIC_SUMMARY = "Addresses that the provider does not write to any more"
STATIC_DETAILS = (
    "Bounces, complaints and unsubscriptions arrive as events. Once a night the provider's own "
    "lists are read, so that none is missed and none outlives its reason."
)


@workflow.defn
class MailReconciliation:
    """Started by a Temporal Schedule."""

    @workflow.run
    async def run(self) -> Reconciled:
        """Read the lists, take in what is new, end what is gone."""
        found: Reconciled = await workflow.execute_activity_method(
            ReconciliationActivities.reconcile_suppressions,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="compare with the provider's suppression lists",
        )
        workflow.set_current_details(
            f"{found.listed} on the provider's lists: {found.added} new here, "
            f"{found.ended} ended, {found.told} cases told"
        )
        return found
