"""Which modules are swept, and the tests that could notice. First what is fast and pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """Modules and tests, as paths or patterns from the root. Of the tests only those count that
    call the function which a mutant changes."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


AREAS = {
    "domain": Area(
        ("partners/domain/**/*.py",),
        # Its own alone: what only another layer's test notices is not said where it is decided.
        ("tests/domain", "tests/test_policy_file.py", "tests/test_calendars.py"),
    ),
    "mail": Area(
        ("partners/store/mail/outbox.py", "partners/store/mail/mail_events.py"),
        (
            "tests/store/mail/test_outbox.py",
            "tests/store/mail/test_mail_events.py",
            "tests/mail/sendgrid/test_events.py",
            "tests/activities/mail/test_sending.py",
            "tests/activities/mail/test_reconciliation.py",
            "tests/activities/inbox/test_waiting_mail.py",
            "tests/web/dev/test_mails.py",
            "tests/web/public/test_webhook.py",
            "tests/cli/mail/test_mail.py",
            "tests/cli/mail/test_mail_resolve.py",
            "tests/cli/mail/test_switches.py",
        ),
    ),
    "cases": Area(
        (
            "activities/cases/activities.py",
            "activities/cases/case_news.py",
            "activities/cases/case_responses.py",
            "activities/cases/case_steps.py",
            "activities/overrides/command_steps.py",
            "activities/overrides/command_activities.py",
        ),
        ("tests/activities",),
    ),
    "decisions": Area(
        (
            "activities/cases/bounces.py",
            "activities/judging/deciding.py",
            "activities/mail/mail_evidence.py",
            "activities/judging/gathering.py",
            "activities/cases/landing.py",
            "activities/judging/moments.py",
            "activities/judging/case_opening.py",
            "activities/cases/pauses.py",
            "activities/ladder/activities.py",
            "activities/reviews/promotion_activities.py",
            "activities/cases/case_revision.py",
            "activities/cases/still_true.py",
            "activities/cases/withdrawing.py",
            "activities/inbox/waiting_mail.py",
            "activities/mail/doubts.py",
        ),
        ("tests/activities",),
    ),
    "steps": Area(
        (
            "workflows/kit/case_run.py",
            "workflows/kit/commands.py",
            "workflows/kit/engine.py",
            "workflows/grace_period.py",
            "workflows/kit/moments.py",
        ),
        (
            "tests/store/tables/test_base.py",  # for the database that all share
            "tests/workflows/test_case_steps.py",
            "tests/workflows/test_replay.py",
        ),
    ),
    "workflows": Area(
        (
            "workflows/kit/alarms.py",
            "workflows/kit/case_commands.py",
            "workflows/check_in.py",
            "workflows/inbox.py",
            "workflows/intervention.py",
            "workflows/kit/mail_waits.py",
            "workflows/policy_change.py",
            "workflows/promotion.py",
            "workflows/referral.py",
            "workflows/kit/words/referral_words.py",
            "workflows/review.py",
            "workflows/kit/telling.py",
            "workflows/kit/timeline.py",
            "workflows/webhook.py",
        ),
        (
            "tests/store/tables/test_base.py",  # for the database that all share
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
