"""The rules hold in whatever order things happen: commands, data, time, crashes.

Each day has its own sequences: a few in `make test`, a thousand in `make test-slow`. A failure
says its seed; `SEQUENCES_SEED=20261128 pytest tests/property/test_sequences.py` tries the same
again. `SEQUENCES` and `STEPS` are how many, and how long. A sequence that breaks a rule is
shortened and printed as a program; with `SHORTEN=0` only printed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from partners.domain.cases.case import CaseStatus, Outcome
from tests.property.people import People

SEED = int(os.environ.get("SEQUENCES_SEED") or f"{datetime.now(UTC):%Y%m%d}")
SHORTEN = os.environ.get("SHORTEN", "1") == "1"
FEW, FEW_STEPS = 60, 15
MANY, MANY_STEPS = 1000, 30


@pytest.fixture(autouse=True)
def _draws_depend_on_the_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis would also draw numbers that stand in whatever modules are loaded: in the whole
    suite others than with this file alone, and a seed could not be tried again."""
    if hasattr(providers, "_get_local_constants"):
        monkeypatch.setattr(providers, "_get_local_constants", providers.Constants)


@pytest.mark.timeout(900)
def test_the_rules_hold_in_whatever_order_things_happen(sqlite_template: Path) -> None:
    reached: Counter[str] = Counter()
    try_sequences(lambda: People(sqlite_template, reached), FEW, FEW_STEPS)
    assert reached[CaseStatus.IN_GRACE], to_repeat(SEED)
    assert reached[CaseStatus.CLOSED], to_repeat(SEED)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_the_rules_hold_in_a_thousand_orders(sqlite_template: Path) -> None:
    reached: Counter[str] = Counter()
    try_sequences(lambda: People(sqlite_template, reached), MANY, MANY_STEPS)
    missed = {*CaseStatus, *Outcome} - {CaseStatus.OPENED} - reached.keys()
    assert not missed, f"no sequence came to: {missed}; {to_repeat(SEED)}"


def try_sequences(
    machine: Callable[[], RuleBasedStateMachine], sequences: int, steps: int, seed: int = SEED
) -> None:
    """Try so many sequences of so many steps, unless the environment says otherwise."""
    chosen = settings(
        max_examples=int(os.environ.get("SEQUENCES", sequences)),
        stateful_step_count=int(os.environ.get("STEPS", steps)),
        database=None,
        deadline=None,
        phases=list(Phase) if SHORTEN else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seeded(seed)(machine), settings=chosen)
    except Exception as error:
        error.add_note(to_repeat(seed))
        raise


def to_repeat(seed: int) -> str:
    return (
        f"The same sequences again: SEQUENCES_SEED={seed} pytest tests/property/test_sequences.py"
    )


class Dice(RuleBasedStateMachine):
    """Writes down what it is given; `limit`: what it cannot bear."""

    def __init__(self, given: list[int], limit: int) -> None:
        super().__init__()
        self.given, self.limit = given, limit

    @rule(number=st.integers(0, 1000))
    def throw(self, number: int) -> None:
        self.given.append(number)
        assert number <= self.limit


def test_a_seed_gives_the_same_sequences_again_and_another_gives_others() -> None:
    thrown: list[list[int]] = [[], [], []]
    for given, seed in zip(thrown, (7, 7, 8), strict=True):
        try_sequences(lambda given=given: Dice(given, 1000), 20, 5, seed)
    assert thrown[0] == thrown[1] != thrown[2]


def test_a_sequence_that_breaks_a_rule_says_how_to_repeat_it() -> None:
    with pytest.raises(AssertionError) as broken:
        try_sequences(lambda: Dice([], 500), 20, 5, 7)
    assert "SEQUENCES_SEED=7" in "".join(broken.value.__notes__)


def test_a_person_may_resume_what_the_guard_holds_by_the_time_the_command_arrives(
    sqlite_template: Path,
) -> None:
    people = People(sqlite_template, Counter())
    try:
        people.begin(acme=0, zenith=0, answered=False)
        people.the_worker_works("acme", None)  # acme is warned, zenith not yet looked at
        people.a_person_resumes("zenith", None)
        people.the_worker_works("zenith", None)
        assert people.open_case("zenith")["status"] == CaseStatus.IN_GRACE
    finally:
        people.teardown()
