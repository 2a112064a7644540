"""What the numbers say of a case on its decision day: reads, never writes; also for dry runs."""

from __future__ import annotations

from dataclasses import dataclass

from activities.judging.gathering import CaseFile
from activities.judging.moments import feed_wait_until
from partners.domain.cases.case import HoldReason, Next, decide
from partners.domain.judging.assessment import Assessment
from partners.domain.record.decisions import Because


@dataclass(frozen=True)
class Decision:
    """What follows from the numbers, and why. `next` is None while the feed is waited for."""

    next: Next | None
    why: str
    assessment: Assessment | None = None
    hold: HoldReason | None = None


def why_void(file: CaseFile) -> Because | None:
    """Why a case should not go on whatever the deadline's numbers; None if it should."""
    if file.partner.tier != file.case.tier:
        return Because.TIER_CHANGED
    return None if file.was_below() else Because.CORRECTED_DATA


def at_deadline(file: CaseFile) -> Decision:
    """Rule 8: as of the deadline, with all that is known now."""
    deadline, wait_until = file.case.deadline, feed_wait_until(file)
    assert deadline is not None
    assert wait_until is not None
    if file.needs_feed and not file.coverage.covers(deadline, deadline):
        newest = file.coverage.newest_day_until(deadline)
        covers = f"days through {newest}" if newest else "no day"
        detail = f"the feed covers {covers}, the deadline was {deadline}"
        if file.program_coverage.covers(deadline, deadline):
            detail = f"rows of the partner for the deadline, {deadline}, were rejected"
        waits = file.now < wait_until
        return Decision(None if waits else Next.HOLD, detail, hold=HoldReason.FEED)
    assessment = file.assess_cure(deadline)
    next_ = decide(assessment)
    if next_ is Next.HOLD:
        detail = "too little data at the deadline to judge fairly"
        return Decision(next_, detail, assessment, HoldReason.INSUFFICIENT)
    return Decision(next_, f"as of {deadline}", assessment)
