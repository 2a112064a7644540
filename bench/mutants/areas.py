"""Which modules are swept, and the tests that could notice. First what is fast and pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """Modules and tests, as paths or patterns from the root. Of the tests only those count that
    call the function which a mutant changes."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


_FAST = (
    "tests/domain",
    "tests/store",
    "tests/activities",
    "tests/mail",
    "tests/test_policy_file.py",
    "tests/test_calendars.py",
)

AREAS = {
    "domain": Area(("partners/domain/*.py",), _FAST),
    "mail": Area(
        ("partners/store/outbox.py", "partners/store/mail_events.py"),
        (
            "tests/store/test_outbox.py",
            "tests/store/test_mail_events.py",
            "tests/mail/test_events.py",
            "tests/activities/test_sending.py",
            "tests/activities/test_reconciliation.py",
            "tests/activities/test_withdrawing.py",
            "tests/web/test_mails.py",
            "tests/web/test_webhook.py",
            "tests/cli/test_mail.py",
            "tests/cli/test_mail_resolve.py",
            "tests/cli/test_switches.py",
        ),
    ),
    "cases": Area(
        ("activities/case*.py",),
        ("tests/activities",),
    ),
    "decisions": Area(
        (
            "activities/bounces.py",
            "activities/deciding.py",
            "activities/evidence.py",
            "activities/gathering.py",
            "activities/landing.py",
            "activities/moments.py",
            "activities/opening.py",
            "activities/pauses.py",
            "activities/promotions.py",
            "activities/review_promotions.py",
            "activities/revisions.py",
            "activities/still_true.py",
            "activities/withdrawing.py",
        ),
        ("tests/activities",),
    ),
    "steps": Area(
        (
            "workflows/case_run.py",
            "workflows/commands.py",
            "workflows/engine.py",
            "workflows/grace_period.py",
            "workflows/moments.py",
        ),
        (
            "tests/store/test_base.py",  # for the database that all share
            "tests/workflows/test_case_steps.py",
            "tests/workflows/test_replay.py",
        ),
    ),
    "workflows": Area(
        (
            "workflows/alarms.py",
            "workflows/case_commands.py",
            "workflows/check_in.py",
            "workflows/inbox.py",
            "workflows/intervention.py",
            "workflows/mail_waits.py",
            "workflows/policy_change.py",
            "workflows/promotion.py",
            "workflows/referral.py",
            "workflows/referral_words.py",
            "workflows/review.py",
            "workflows/telling.py",
            "workflows/timeline.py",
            "workflows/webhook.py",
        ),
        (
            "tests/store/test_base.py",  # for the database that all share
            "tests/workflows/test_alarms.py",
            "tests/workflows/test_case_steps.py",
            "tests/workflows/test_delivery_steps.py",
            "tests/workflows/test_mail_waits.py",
            "tests/workflows/test_other_replays.py",
            "tests/workflows/test_policy_change_steps.py",
            "tests/workflows/test_referral_replay.py",
            "tests/workflows/test_referral_steps.py",
            "tests/workflows/test_review_steps.py",
            "tests/workflows/test_telling.py",
            "tests/workflows/test_timeline.py",
        ),
    ),
}
