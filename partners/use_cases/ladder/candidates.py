"""Who has earned a promotion and waits for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from partners.domain.judging.assessment import Finding
from partners.domain.ladder.ladder import CandidateState
from partners.domain.policy.policy import Policy
from partners.store.ladder import ladder
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.tables.findings import from_json
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied


@dataclass(frozen=True)
class Candidate:
    """A promotion, and what became of it. No findings: it was earned otherwise than by orders."""

    partner_id: str
    from_tier: str | None
    to_tier: str
    state: str
    proposed_at: datetime
    review_id: str | None
    policy_version: int
    policy: Policy
    who: str | None
    reason: str | None
    findings: tuple[Finding, ...]
    by_referrals: bool


def candidates(by: Viewer, decided: bool = False) -> Iterator[Candidate]:
    """Those proposed first leading, read as they are asked for; `decided`: all there ever were."""
    with by.database.read() as session:
        for row in ladder.candidates(session, list(CandidateState) if decided else ladder.OPEN):
            yield copied(
                Candidate,
                row,
                policy=policies.load(session, row.policy_version),
                findings=from_json(row.findings),
                by_referrals=not row.findings and qualifications.is_by_referrals(session, row),
            )
