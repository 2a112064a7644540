"""What is due about an exclusive now: the first rule that applies (rule 23).

Pure functions of how it stands. After every wake they are asked anew, so that the state decides and
not what woke the workflow, or in which order (rule 17).
"""

from __future__ import annotations

from collections.abc import Callable

from partners.domain.exclusives.exclusive_minimum import Cure
from partners.domain.exclusives.exclusive_term import (
    Arrival,
    Ending,
    NewsEvent,
    Term,
    TermStep,
)
from partners.domain.offers.exclusive import ExclusiveStatus, Renewal


def _removed(term: Term) -> bool:
    return term.is_live and term.holder.removed


def _over(term: Term) -> bool:
    return term.is_live and term.now >= term.calendar.end_of(term.terms.last_day)


def _unannounced(term: Term) -> bool:
    return term.is_live and not term.announced


def _blocked(term: Term) -> bool:
    standing = term.status in (ExclusiveStatus.ANNOUNCED, ExclusiveStatus.ACTIVE)
    return standing and term.holder.blocked


def _unblocked(term: Term) -> bool:
    return term.status is ExclusiveStatus.SUSPENDED and not term.holder.blocked


def _begins(term: Term) -> bool:
    first = term.calendar.start_of(term.terms.first_day)
    return term.status is ExclusiveStatus.ANNOUNCED and term.now >= first


def _tier_is_lost(term: Term) -> bool:
    return term.is_active and not term.holder.meets_tier and term.at_risk_until is None


def _tier_is_back(term: Term) -> bool:
    return term.is_live and term.holder.meets_tier and term.at_risk_until is not None


def _risk_has_come_true(term: Term) -> bool:
    until, told = term.at_risk_until, term.risk_told_at
    if not term.is_active or until is None or told is None:
        return False
    return term.now >= term.calendar.end_of(until)


def _came_back(term: Term) -> bool:
    return term.is_active and term.arrival is Arrival.CAME_BACK


def _goes_out_again(term: Term) -> bool:
    """A warning that reached nobody, once there is an address that has not failed."""
    event = NewsEvent.MISSED if term.warned is not None else NewsEvent.TIER_LOST
    return term.arrival is Arrival.AGAIN and is_true(term, event)


def _cured(term: Term) -> bool:
    return term.is_cured


def _stays_missed(term: Term) -> bool:
    return term.is_active and term.decision_is_due and term.cure is Cure.FAILING


def _period_is_due(term: Term) -> bool:
    return term.is_active and term.review is not None


def _renewal_is_due(term: Term) -> bool:
    wanted = term.terms.renewal is Renewal.PROPOSE
    asked = term.renewal_proposed or term.renewed
    return term.is_active and wanted and not asked and term.now >= term.renewal_at


def _was_ended(term: Term) -> bool:
    """A person ended it: whoever was told of its beginning is told of its end."""
    over = term.status in (ExclusiveStatus.ENDED, ExclusiveStatus.NON_EXCLUSIVE)
    silent = term.end_noted or term.ending is Ending.RENEWED
    return over and term.announced and not silent


RULES: tuple[tuple[Callable[[Term], bool], TermStep], ...] = (
    (_removed, TermStep.END_REMOVED),
    (_over, TermStep.END_TERM),
    (_unannounced, TermStep.ANNOUNCE),
    (_blocked, TermStep.SUSPEND),
    (_unblocked, TermStep.RESTORE),
    (_begins, TermStep.ACTIVATE),
    (_tier_is_back, TermStep.CLEAR_RISK),
    (_tier_is_lost, TermStep.PUT_AT_RISK),
    (_came_back, TermStep.STOP_CLOCK),
    (_risk_has_come_true, TermStep.LOSE_TIER),
    (_cured, TermStep.CURE),
    (_stays_missed, TermStep.LOSE_MISSED),
    (_goes_out_again, TermStep.WARN_AGAIN),
    (_period_is_due, TermStep.REVIEW),
    (_renewal_is_due, TermStep.PROPOSE_RENEWAL),
    (_was_ended, TermStep.TELL_END),
)
"""The first that holds is due. What ends an exclusive goes first, what only tells of it last."""


def due(term: Term) -> TermStep | None:
    """The step that is due now; None: wait for the next moment."""
    return next((step for holds, step in RULES if holds(term)), None)


def is_true(term: Term, event: NewsEvent) -> bool:
    """Whether a message about this still says what is; asked before it is sent (rule 14)."""
    match event:
        case NewsEvent.OFFERED:
            return term.status is ExclusiveStatus.ANNOUNCED
        case NewsEvent.OTHER:
            return term.status in (ExclusiveStatus.ANNOUNCED, ExclusiveStatus.ACTIVE)
        case NewsEvent.MISSED:
            return _warns(term) and term.warned is not None and not term.is_cured
        case NewsEvent.TIER_LOST:
            return _warns(term) and term.at_risk_until is not None and not term.holder.meets_tier
        case NewsEvent.SAFE:
            return term.is_active and term.at_risk_until is None
        case NewsEvent.ENDED:
            return term.status.is_over
        case NewsEvent.RENEWAL:
            return term.is_live and not term.renewed
        case _:
            return term.is_active


def _warns(term: Term) -> bool:
    """Nobody is warned who is blocked, has left, or whose term is over."""
    over = term.holder.blocked or term.holder.removed or _over(term)
    return term.is_active and not over
