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
        (*_FAST, "tests/web/test_webhook.py"),
    ),
    "cases": Area(("activities/case*.py",), _FAST),
    "steps": Area(
        (
            "workflows/alarms.py",
            "workflows/case_run.py",
            "workflows/commands.py",
            "workflows/grace_period.py",
            "workflows/moments.py",
            "workflows/next_step.py",
        ),
        (
            "tests/workflows/test_next_step.py",
            "tests/workflows/test_case_run.py",
            "tests/workflows/test_replay.py",
            "tests/workflows/test_cases.py",
            "tests/workflows/test_case_commands.py",
            "tests/workflows/test_rules.py",
            "tests/workflows/test_unknown_mail.py",
            "tests/workflows/test_bounces.py",
            "tests/workflows/test_guard.py",
        ),
    ),
}
