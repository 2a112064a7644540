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
        ("partners/store/mail/outbox.py", "partners/store/mail/mail_events.py"),
        (
            "tests/store/mail/test_outbox.py",
            "tests/store/mail/test_mail_events.py",
            "tests/mail/sendgrid/test_events.py",
            "tests/activities/mail/test_sending.py",
            "tests/activities/mail/test_reconciliation.py",
            "tests/web/dev/test_mails.py",
            "tests/web/public/test_webhook.py",
            "tests/cli/mail/test_mail.py",
            "tests/cli/mail/test_mail_resolve.py",
            "tests/cli/mail/test_switches.py",
        ),
    ),
    "cases": Area(
        ("activities/case*.py",),
        (
            "tests/activities/cases/test_case_activities.py",
            "tests/activities/overrides/test_case_commands.py",
            "tests/activities/responses/test_responses.py",
            "tests/activities/mail/test_staff_notices.py",
        ),
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
            "tests/workflows/test_case_steps.py",
            "tests/workflows/test_replay.py",
        ),
    ),
}
