"""The rules hold in whatever order things happen: commands, data, time, crashes.

`SEQUENCES=1000 pytest tests/property` tries so many sequences, new ones each time; without it a
few, always the same. A sequence that breaks a rule is shortened and printed as a program; with
`SHORTEN=0` only printed.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from partners.domain.case import CaseStatus, Outcome
from tests.property.people import People

SEQUENCES = int(os.environ.get("SEQUENCES", "0"))
STEPS = int(os.environ.get("STEPS", "30"))
SHORTEN = os.environ.get("SHORTEN", "1") == "1"
ENOUGH = 200
"""So many sequences come to every state and outcome."""


def test_the_rules_hold_in_whatever_order_things_happen(sqlite_template: Path) -> None:
    reached: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: People(sqlite_template, reached),
        settings=settings(
            max_examples=SEQUENCES or 6,
            stateful_step_count=STEPS,
            derandomize=not SEQUENCES,
            database=None,
            deadline=None,
            phases=list(Phase) if SHORTEN else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    if SEQUENCES >= ENOUGH:
        missed = {*CaseStatus, *Outcome} - {CaseStatus.OPENED} - reached.keys()
        assert not missed, f"no sequence came to: {missed}"
    assert reached[CaseStatus.IN_GRACE]
    assert reached[CaseStatus.CLOSED]
