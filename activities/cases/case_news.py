"""Which open cases have something to look at: a page of them in a few queries, nothing locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from activities.judging.gathering import CaseFile
from activities.together import Together
from partners.calendars import calendar_of
from partners.domain.cases.case import CaseStatus
from partners.domain.judging.aside import Aside
from partners.domain.judging.assessment import Finding, Verdict
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.judging import aside, facts, unknown_days
from partners.store.judging.trailing import TrailingPage
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PartnerRow, PolicyRow

PAGE = 500
"""Cases read together: more are read no faster, and a page must end well within a heartbeat."""
_WATCHED = (CaseStatus.IN_GRACE, CaseStatus.ON_HOLD)


@dataclass(frozen=True)
class NewsPage:
    """Open cases looked at together, by their partners in the order of ids."""

    partner_ids: list[str]
    with_news: list[str]
    aside: list[Aside] = field(default_factory=list)  # could not be looked at


def next_page(database: Database, after: str, now: datetime) -> NewsPage | None:
    """The next open cases after a partner's, and which of them have news; None after the last.

    An import touched them, they wait for the feed, or the verdict on a warned criterion is no
    longer what the case last saw: days pass, and the window moves on.
    """
    with database.snapshot() as session:
        row = CaseRow
        which = and_(row.closed_at.is_(None), row.partner_id > after)
        files = files_of(session, which, now, PAGE)
        if not files:
            return None
        ids = [f.case.partner_id for f in files]
        told = {*cases.to_be_told(session, policies.day_of(session, now), ids)}
        quiet = [f for f in files if f.case.partner_id not in told and _may_change(f)]
        changed, failed = _changed(session, quiet)
        return NewsPage(ids, [i for i in ids if i in told or i in changed], failed)


def files_of(
    session: Session, which: ColumnElement[bool], now: datetime, limit: int | None = None
) -> list[CaseFile]:
    """Cases of which this is true, by their partners' ids; read together, nothing locked."""
    row = CaseRow
    query = (
        select(row, PartnerRow, PolicyRow.sha256)
        .join(PartnerRow, PartnerRow.partner_id == row.partner_id)
        .join(PolicyRow, PolicyRow.version == row.policy_version)
        .where(which)
        .order_by(row.partner_id)
        .limit(limit)
    )
    found = session.execute(query).all()
    known = facts.coverage(session)
    ids = [case.partner_id for case, _, _ in found]
    gaps, others = unknown_days.of_partners(session, ids), Together(session, ids)
    files = []
    for case, partner, sha256 in found:
        policy = policies.loaded(session, case.policy_version, sha256)
        own = known.without(gaps.get(case.partner_id, ()))
        calendar = calendar_of(policy)
        files.append(
            CaseFile(session, partner, policy, calendar, now, case, known=own, others=others)
        )
    return files


def _may_change(file: CaseFile) -> bool:
    return file.case.status in _WATCHED and file.case.warned_at is not None


def _changed(session: Session, files: Sequence[CaseFile]) -> tuple[set[str], list[Aside]]:
    """Whose warned criteria would now be found otherwise than the case last saw.

    Cases that are judged as of the same day, by the same policy, are read together.
    """
    by_partner = {file.case.partner_id: file for file in files}
    days, failed = aside.each_apart(by_partner, lambda i: by_partner[i].cure_day())
    together: defaultdict[tuple[date, int], list[CaseFile]] = defaultdict(list)
    for partner_id, day in days.items():
        if day is not None:
            file = by_partner[partner_id]
            together[day, file.case.policy_version].append(file)
    changed: set[str] = set()
    for (as_of, _), alike in together.items():
        found, more = _changed_on(session, alike, as_of)
        changed |= found
        failed += more
    return changed, failed


def _changed_on(
    session: Session, files: Sequence[CaseFile], as_of: date
) -> tuple[set[str], list[Aside]]:
    policy, zone = files[0].policy, files[0].calendar.zone
    by_partner = {file.case.partner_id: file for file in files}
    warned, failed = aside.each_apart(by_partner, lambda i: by_partner[i].warned)
    metrics = {criterion.metric for criteria in warned.values() for criterion in criteria}
    columns = {column for name in metrics for column in policy.metric(name).columns}
    page = TrailingPage(session, policy, zone, sorted(warned), columns)
    found, more = aside.each_apart(warned, lambda i: _has_changed(by_partner[i], page, as_of))
    return {partner_id for partner_id, has_changed in found.items() if has_changed}, failed + more


def _has_changed(file: CaseFile, page: TrailingPage, as_of: date) -> bool:
    warned = {criterion.metric for criterion in file.warned}
    seen = _verdicts(f for f in file.newest_findings if f.metric in warned)
    return _verdicts(file.assess_cure(as_of, page).findings) != seen


def _verdicts(findings: Iterable[Finding]) -> dict[str, Verdict]:
    return {f.metric: f.verdict for f in findings}
