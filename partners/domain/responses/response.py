"""Which step an issue leads to: a check-in first, a warning if it comes again (rule 1 holds)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from partners.domain.cases.case import NotOpened
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.response_steps import ResponseStep
from partners.domain.policy.tiers import Criterion, Standards
from partners.domain.time.calendar import Month


class Severity(StrEnum):
    """Of a complaint about a partner."""

    MINOR = "minor"  # counts
    SERIOUS = "serious"  # counts, and is answered at once: see `response_policy.OnSerious`


CHECK_IN, WARNING = ResponseStep.CHECK_IN, ResponseStep.WARNING


class Taken(NamedTuple):
    """A step that was taken about one criterion of one partner.

    `on`: the day on which the partner was told, or is to be. `told`: the message has been handed
    over, or was refused. `withdrawn`: it turned out to be wrong before or after; it leads to no
    further step, but its month has been answered.
    """

    metric: str
    step: ResponseStep
    month: Month  # the newest month it was taken on
    on: date
    told: bool = True
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be done about the criteria that a partner fails; metrics in the policy's order.

    A criterion that is in neither was answered by a check-in already.
    """

    warned: tuple[str, ...] = ()
    check_ins: tuple[str, ...] = ()

    @property
    def why_no_case(self) -> NotOpened | None:
        """Why a partner who is below gets no case; None if they do."""
        if self.warned:
            return None
        return NotOpened.CHECK_IN if self.check_ins else NotOpened.CHECKED_IN


def answer(
    standards: Standards,
    findings: Iterable[Finding],
    taken: Sequence[Taken],
    month: Month,
    today: date,
    repeat_within_days: int,
) -> Answer:
    """The next step for each failing criterion, judged on whole months until `month`.

    Whoever is warned is not checked in on at the same time: two tones at once say neither.
    """
    warned, check_ins = [], []
    for finding in findings:
        if finding.verdict is not Verdict.BELOW:
            continue
        criterion = standards[finding.metric]
        about = [t for t in taken if t.metric == finding.metric]
        step = next_step(criterion, about, month, today, repeat_within_days)
        if step is WARNING:
            warned.append(finding.metric)
        elif step is CHECK_IN:
            check_ins.append(finding.metric)
    return Answer(tuple(warned), () if warned else tuple(check_ins))


def next_step(
    criterion: Criterion,
    taken: Iterable[Taken],
    month: Month,
    today: date,
    repeat_within_days: int,
) -> ResponseStep | None:
    """What an issue with one criterion leads to; None where it was answered already.

    A repeat stands on a window of its own that was not over when the check-in went out: the same
    days never count for two steps. Without a step within `repeat_within_days` it begins anew.
    """
    if not criterion.checks_in_first:
        return WARNING
    lately = []
    for one in taken:
        if one.step is CHECK_IN and _answers(one, criterion, month):
            return None
        if not one.withdrawn and (today - one.on).days <= repeat_within_days:
            lately.append(one)
    return WARNING if lately else CHECK_IN


def _answers(check_in: Taken, criterion: Criterion, month: Month) -> bool:
    """Whether a check-in is still the answer to an issue on months until `month`."""
    if check_in.withdrawn:
        return month <= check_in.month
    if not check_in.told:
        return True
    own_window = check_in.month.plus(criterion.window_months)
    return month < own_window or month.last_day <= check_in.on


def about(findings: Iterable[Finding], metrics: Collection[str]) -> tuple[Finding, ...]:
    """Findings without those failing ones that are not among the metrics: what a case is opened
    with, so that its warned criteria are those at that step and no others (rule 5)."""
    return tuple(f for f in findings if f.verdict is not Verdict.BELOW or f.metric in metrics)
