"""Task queues, timeouts and retry policies: each named once."""

from __future__ import annotations

from datetime import date, timedelta

from temporalio.common import RetryPolicy, SearchAttributeKey

TASK_QUEUE = "partners"
MAIL_TASK_QUEUE = "partners-mail"  # rate-limited
OUTSIDE_TASK_QUEUE = "partners-outside"  # a receiver that is slow takes no turn from the others

STEP_TIMEOUT = timedelta(seconds=30)
"""One attempt at a database step; a small transaction takes milliseconds."""

SEND_TIMEOUT = timedelta(seconds=60)
"""One attempt at a send: the provider's time-out is less than half of it. It is also how long a
claim lasts, and so how soon a message is known to be unknown after a crash."""

RESOLVE_TIMEOUT = timedelta(hours=1)
"""One attempt at looking into all unknown messages, one after the other."""

UNKNOWN_RETRY = timedelta(minutes=15)
"""Where a message is unknown, its workflow looks this often whether something was learned. Cases
are signalled besides."""

LOOK_TIMEOUT = timedelta(minutes=10)
"""One attempt at gathering what waits for a person: months of closed cases are judged anew."""

PAGES_TIMEOUT = timedelta(hours=6)
"""One attempt at going through all partners, page by page."""

HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""A worker that has not said for so long how far it is has died; another goes on from there."""

REFERRAL_HISTORY = 1000
"""Events after which a run about referrals hands over to the next. Far below the server's limit,
for thousands of signals may come in while one step runs."""

PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=5),
)
"""Retry for as long as it takes: a database that is down comes back, and every step is safe to
repeat. Errors that no retry mends are raised as non-retryable."""

DELIVERY = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=30),
)
"""Between attempts at telling the outside: a receiver that is down comes back."""

DELIVERY_GIVE_UP = timedelta(days=3)
"""An event that has not arrived after so long is given up, and a person is asked."""

PARTNER_TIER = SearchAttributeKey.for_keyword("PartnerTier")
PARTNER_STANDING = SearchAttributeKey.for_keyword("PartnerStanding")
GRACE_DEADLINE = SearchAttributeKey.for_datetime("GraceDeadline")
REVIEW_PERIOD = SearchAttributeKey.for_keyword("ReviewPeriod")
SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")  # the server's own
REFERRAL_STAGE = SearchAttributeKey.for_keyword("ReferralStage")
SEARCH_ATTRIBUTES = (
    PARTNER_TIER,
    PARTNER_STANDING,
    GRACE_DEADLINE,
    REVIEW_PERIOD,
    REFERRAL_STAGE,
)


PRICE_SETTLES = timedelta(minutes=10)
"""Between a price that is written and the first word of it: who ends one price and sets the next
has done both by then, and partners hear of what came of it."""


def grace_workflow_id(partner_id: str) -> str:
    """The id of a partner's `GracePeriod`; it is the lock that keeps two runs apart."""
    return f"grace/{partner_id}"


def promotion_workflow_id(partner_id: str) -> str:
    """The id of a partner's `Promotion`."""
    return f"promotion/{partner_id}"


def check_in_workflow_id(partner_id: str) -> str:
    """The id of a partner's `CheckIn`."""
    return f"check-in/{partner_id}"


def intervention_workflow_id(partner_id: str) -> str:
    """The id of a partner's `Intervention`."""
    return f"intervention/{partner_id}"


def referral_workflow_id(partner_id: str) -> str:
    """The id of a partner's `ReferralQualification`."""
    return f"referral/{partner_id}"


def lead_workflow_id(referral_id: str) -> str:
    """The id of the `LeadHandover` of a referral's lead."""
    return f"lead/{referral_id}"


def exclusive_workflow_id(exclusive_id: str) -> str:
    """The id of the `ExclusiveTerm` of an exclusive; it is the lock that keeps two runs apart."""
    return f"exclusive/{exclusive_id}"


def delivery_workflow_id(partner_id: str) -> str:
    """The id of a partner's `Delivery`; it keeps their events in order."""
    return f"webhook/{partner_id}"


def policy_workflow_id(version: int) -> str:
    """The id of the `PolicyChange` that tells partners of a version."""
    return f"policy/{version}"


def price_workflow_id(price_id: int, day: date) -> str:
    """The id of the `PriceChange` that tells partners of a price from a day on, or no longer."""
    return f"price/{price_id}/{day}"


def review_workflow_id(review_id: str) -> str:
    """The id of a `ProgramReview` that a person starts: `review/monthly/2026-10`."""
    return f"review/{review_id}"


def incentive_workflow_id(month: str) -> str:
    """The id of an `IncentiveAccrual` that a person starts: `incentives/2026-10`."""
    return f"incentives/{month}"
