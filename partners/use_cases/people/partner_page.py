"""One partner: standing, tier, newest case, what comes next, decisions, notices, notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.judging.gathering import CaseFile
from activities.judging.outlook import prospects
from partners.calendars import calendar_of
from partners.domain.cases.outlook import Prospect
from partners.domain.offers.service_mix import ServiceMix
from partners.domain.overrides.override import why_too_far
from partners.domain.policy.policy import Policy
from partners.domain.record.note_types import NoteType
from partners.domain.record.standing import Standing
from partners.errors import Refusal
from partners.store.cases import cases
from partners.store.judging import appraisals
from partners.store.overrides import appeals, overrides
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.record import standings
from partners.store.responses import complaints, responses
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.use_cases.acting import Viewer
from partners.use_cases.cases.case_list import CaseFacts
from partners.use_cases.people.partner_figures import (
    Figures,
    Referring,
    figures,
    preferred_services,
)
from partners.use_cases.responses.response_facts import ComplaintFacts, StepTaken


@dataclass(eq=False)
class TooFarAhead(Refusal):
    """Nobody looks so far ahead."""

    day: date
    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True)
class CasePage:
    """A case with its newest findings."""

    facts: CaseFacts
    policy: Policy
    hold_detail: str | None
    findings: list[dict[str, Any]]


@dataclass(frozen=True)
class Word:
    """What a person has said that holds now."""

    kind: str
    offers: tuple[str, ...]
    until: date | None
    by: str
    reason: str


@dataclass(frozen=True)
class Appeal:
    """One that is open."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Decision:
    at: datetime
    step: str
    result: str
    actor: str
    reason: str | None
    policy_version: int


@dataclass(frozen=True)
class NoticeFacts:
    kind: str
    state: str
    rendered_at: datetime
    subject: str


@dataclass(frozen=True)
class Note:
    at: datetime
    type: NoteType
    by: str
    text: str


@dataclass(frozen=True)
class PartnerPage:
    """All there is to see of a partner; what was decided, taken or written, in its order."""

    partner_id: str
    name: str
    tier: str | None
    tier_since: date | None
    kind: str
    standing: Standing
    case: CasePage | None
    words: tuple[Word, ...]
    appeal: Appeal | None
    coming: tuple[Prospect, ...]
    decisions: tuple[Decision, ...]
    notices: tuple[NoticeFacts, ...]  # of the case
    steps: tuple[StepTaken, ...]
    complaints: tuple[ComplaintFacts, ...]
    notes: tuple[Note, ...]
    figures: Figures | None  # the newest, where no case is open
    referring: Referring | None
    services: ServiceMix | None


def partner_page(
    by: Viewer, partner_id: str, recover_by: date | None = None, extend_by: int | None = None
) -> PartnerPage:
    """A partner. What comes of an open case, also if the numbers recover by a day, or if its
    deadline were so many days later."""
    now = by.now()
    with by.database.read() as session:
        row = known_partner(session, partner_id)
        case = cases.newest_case_of(session, partner_id)
        is_open = case is not None and case.closed_at is None
        return PartnerPage(
            partner_id,
            row.name,
            row.tier,
            row.tier_since,
            row.kind,
            standings.current(session, [partner_id], now)[partner_id].standing,
            None if case is None else _case(session, case, row.name),
            _words(session, partner_id, now),
            _appeal(session, partner_id),
            _coming(session, case, now, recover_by, extend_by),
            _decisions(session, partner_id),
            () if case is None else _notices(session, case.case_id),
            tuple(StepTaken.of(session, r) for r in responses.of_partner(session, partner_id)),
            tuple(map(ComplaintFacts.of, complaints.listed(session, partner_id))),
            _notes(session, partner_id),
            None if is_open else figures(by, partner_id),
            Referring.of(session, row, now),
            preferred_services(session, partner_id, now),
        )


def _case(session: Session, case: CaseRow, name: str) -> CasePage:
    policy, shown = policies.load(session, case.policy_version), case.latest or case.findings
    return CasePage(CaseFacts.of(case, name=name), policy, case.hold_detail, shown)


def _words(session: Session, partner_id: str, now: datetime) -> tuple[Word, ...]:
    policy = policies.in_force_at(session, now)
    if policy is None:
        return ()
    held = overrides.in_force(session, partner_id, calendar_of(policy[1]).day_of(now))
    return tuple(Word(r.kind, tuple(r.offers), r.until_day, r.who, r.reason) for r in held)


def _appeal(session: Session, partner_id: str) -> Appeal | None:
    row = appeals.open_appeal(session, partner_id)
    return None if row is None else Appeal(row.opened_at, row.opened_by, row.reason)


def _coming(
    session: Session,
    case: CaseRow | None,
    now: datetime,
    recover_by: date | None,
    extend_by: int | None,
) -> tuple[Prospect, ...]:
    """What comes of the open case, by assumption; nothing without one."""
    if recover_by is not None and (why := why_too_far(recover_by, now.date())):
        raise TooFarAhead(recover_by, why)
    if case is None or case.closed_at is not None:
        return ()
    file = CaseFile.of(session, case.case_id, now)
    appealed = appeals.open_appeal(session, case.partner_id) is not None
    return prospects(file, recover_by, extend_by, appealed=appealed)


def _decisions(session: Session, partner_id: str) -> tuple[Decision, ...]:
    return tuple(
        Decision(d.at, d.step, d.result, d.actor, d.reason, d.policy_version)
        for d in cases.decisions_of(session, partner_id)
    )


def _notices(session: Session, case_id: str) -> tuple[NoticeFacts, ...]:
    row = OutboxRow
    query = select(row.kind, row.state, row.rendered_at, row.subject).where(row.case_id == case_id)
    return tuple(NoticeFacts(*m) for m in session.execute(query.order_by(row.outbox_id)))


def _notes(session: Session, partner_id: str) -> tuple[Note, ...]:
    """What people, and workflows, wrote down; the newest first."""
    found = appraisals.notes_of(session, partner_id)
    return tuple(Note(n.written_at, n.type, n.who, n.text) for n in found)
