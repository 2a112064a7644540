"""How partners were treated, gathered from reviews, cases, decisions and overrides.

Who got a case, or none, is in `fairness_below`; here is how cases were decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.mail.notices import NoticeKind
from partners.domain.record.decisions import Because, Step
from partners.domain.record.fairness import Treatment
from partners.store.reviews.fairness_below import alike_by, found_below, words_of
from partners.store.tables.case_tables import CaseRow, DecisionRow, OverrideRow

_BY_PEOPLE = (Step.RESUMED, Step.VOIDED, Step.MIGRATED)
"""Steps of a case that a person takes; others carry a person's reason."""
_CHANGED = (Step.EXTENDED, Step.PAUSED)


def treatments(session: Session, since: date, until: date) -> Iterator[Treatment]:
    """Everybody found below, and every case decided, from one day through another."""
    overrides = _overrides(session)
    yield from found_below(session, since, until, overrides)
    yield from _decided(session, since, until, overrides)


# ---- how cases were decided ----


def _decided(
    session: Session, since: date, until: date, overrides: dict[str, list[OverrideRow]]
) -> Iterator[Treatment]:
    """Cases whose outcome is known, by the verdicts that the decision rests on."""
    query = select(CaseRow).where(CaseRow.outcome.is_not(None))
    for case in session.scalars(query.order_by(CaseRow.case_id)).all():
        decided = case.decided_at.date() if case.decided_at else None
        if decided is None or not since <= decided <= until:
            continue
        decisions = _decisions(session, case.case_id)
        why = _why_otherwise(case, decisions, overrides)
        findings = _basis(decisions) or (why and (case.latest or case.findings))
        if findings:  # else nobody judged it: cured before the warning, or older than the records
            alike = alike_by("decided", case.tier, case.policy_version, findings)
            what = (case.outcome or "").replace("_", " ")
            yield Treatment(case.partner_id, alike, what, why)
        if case.warned_at is not None and case.notice_kind == NoticeKind.WARNING:
            days = ", ".join([f"{case.period_days} days of grace", *_changed(decisions)])
            grace = alike_by("grace given", case.tier, case.policy_version, case.findings)
            yield Treatment(case.partner_id, grace, days, why)


def _decisions(session: Session, case_id: str) -> list[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.case_id == case_id)
    return list(session.scalars(query.order_by(DecisionRow.decision_id)))


def _changed(decisions: list[DecisionRow]) -> list[Step]:
    """How a person changed the grace period."""
    return [step for step in _CHANGED if any(d.step == step for d in decisions)]


def _basis(decisions: list[DecisionRow]) -> list[dict[str, Any]]:
    """The findings of the last decision that had any."""
    decided = [d.findings for d in decisions if d.step == Step.DECIDED and d.findings]
    return decided[-1] if decided else []


def _why_otherwise(
    case: CaseRow, decisions: list[DecisionRow], overrides: dict[str, list[OverrideRow]]
) -> str:
    """What a person did about the case, or what else set it apart."""
    by_people = [d for d in decisions if d.reason or d.step in _BY_PEOPLE]
    words = [f"{d.step} by {d.actor}" + (f": {d.reason}" if d.reason else "") for d in by_people]
    ended = (case.decided_at or case.opened_at).date()
    for override in overrides.get(case.partner_id, ()):
        began = override.from_day <= ended
        if began and (not override.until_day or override.until_day >= case.opened_at.date()):
            words.append(words_of(override))
    for because in (Because.CORRECTED_DATA, Because.RECOVERY_HELD):
        words += [d.result for d in decisions if d.because == because]
    return "; ".join(words)


def _overrides(session: Session) -> dict[str, list[OverrideRow]]:
    found: defaultdict[str, list[OverrideRow]] = defaultdict(list)
    for row in session.scalars(select(OverrideRow).order_by(OverrideRow.override_id)):
        found[row.partner_id].append(row)
    return found
