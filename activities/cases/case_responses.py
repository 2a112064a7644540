"""The steps of progressive response that a case takes: the warning, and a removal at its end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from activities.judging.gathering import CaseFile, Matter
from activities.services import actor
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.response_steps import ResponseStep
from partners.mail.notice import CheckedIn
from partners.mail.words import wording
from partners.store.responses import responses
from partners.store.tables.findings import from_json


def checked_in(matter: Matter) -> CheckedIn | None:
    """The check-ins that a warning is the repeat of, as far as the partner got them."""
    opened_on = matter.opened_on
    since = opened_on - timedelta(days=matter.policy.response.repeat_within_days)
    metrics = [c.metric for c in matter.warned if c.checks_in_first]
    if not metrics:
        return None
    rows = responses.check_ins_that_reached(
        matter.session, matter.partner.partner_id, metrics, since, opened_on
    )
    if not rows:
        return None
    about = {row.subject for row in rows}
    return CheckedIn(rows[-1].taken_on, tuple(m for m in metrics if m in about))


def note_warning(file: CaseFile) -> None:
    """The partner was warned: of each criterion with a response, that step was taken."""
    before = checked_in(file)
    words = f"came up again after the check-in of {before.on}" if before else "came up again"
    findings = from_json(file.case.findings)
    _record(file, ResponseStep.WARNING, findings, {c.metric for c in file.warned}, words)


def note_removal(file: CaseFile) -> None:
    """The grace ended with a criterion still below: the last step (rule 1 holds: it is the case's
    own end, after an accepted warning and the whole grace)."""
    below = {f.metric for f in file.newest_findings if f.verdict is Verdict.BELOW}
    words = f"still so at the deadline, {file.case.deadline}"
    _record(file, ResponseStep.REMOVAL, file.newest_findings, below, words)


def _record(
    file: CaseFile,
    step: ResponseStep,
    findings: Collection[Finding],
    metrics: Collection[str],
    words: str,
) -> None:
    standards = file.tier.keep_standards
    about = [f for f in findings if f.metric in metrics and standards[f.metric].response]
    if not about:
        return
    responses.record_of_case(
        file.session,
        file.case,
        step,
        about,
        why={f.metric: f"{wording.summary([f], file.policy)}; {words}" for f in about},
        day=file.today,
        now=file.now,
        actor=actor(),
    )
