"""What a notice about a person's decision says, or why it must not go out any more (rule 14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from activities.cases.landing import named
from activities.judging.gathering import CaseFile
from activities.mail.errand import Draft
from activities.offers import partner_openings
from partners.calendars import calendar_of
from partners.domain.cases.case import CaseStatus, Outcome
from partners.domain.cases.commands import AppealState, CommandKind
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy, Tier
from partners.mail.notice import CommandFacts, Notice
from partners.mail.transport import best_address
from partners.store.overrides import appeals, overrides
from partners.store.policy import policies
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.program_tables import PartnerRow


def compose(session: Session, row: InterventionRow, now: datetime) -> Draft | str:
    """The notice, or why it is no longer true."""
    partner = session.get_one(PartnerRow, row.partner_id)
    file = CaseFile.of(session, row.case_id, now) if row.case_id else None
    policy = policies.load(session, row.policy_version)
    today = calendar_of(policy).day_of(now)
    if why := _why_untrue(_Look(session, row, partner, file, today)):
        return why
    notice = _notice(row, partner, file, policy, today)
    notice = replace(notice, offers_change=partner_openings.of_deed(session, row, now))
    if row.kind is CommandKind.REMOVED:
        notice = replace(notice, appeal_until=appeals.last_day(session, partner, now))
    if notice.by_person is not None and row.offers:
        if not (named := partner_openings.of_some(session, row, now)):
            return "the partner sees none of these offers, with or without the block"
        notice = replace(notice, by_person=replace(notice.by_person, offers=named))
    to = best_address(partner.email, partner.fallback_email)
    return Draft(notice, [to], partner.partner_id, case_id=row.case_id)


def why_untrue(session: Session, row: InterventionRow, now: datetime) -> str | None:
    """Why it is no longer true; None if it is."""
    partner = session.get_one(PartnerRow, row.partner_id)
    file = CaseFile.of(session, row.case_id, now) if row.case_id else None
    today = calendar_of(policies.load(session, row.policy_version)).day_of(now)
    return _why_untrue(_Look(session, row, partner, file, today))


def _notice(
    row: InterventionRow, partner: PartnerRow, file: CaseFile | None, policy: Policy, today: date
) -> Notice:
    kind = row.kind
    assert kind.notice is not None
    new_tier = policy.tier(row.to_tier) if row.to_tier else None
    if new_tier is None and file is not None:
        new_tier = named(file, row.to_tier)
    removed = kind is CommandKind.REMOVED
    ladder = policy.ladder
    wait = ladder.min_days_between_changes if new_tier else ladder.return_days
    runs = file is not None and file.case.status == CaseStatus.IN_GRACE
    deadline = row.deadline if runs and row.deadline and row.deadline >= today else None
    calendar = calendar_of(policy)
    return Notice(
        kind=kind.notice,
        policy=policy,
        tier=_tier(row, policy),
        partner_id=partner.partner_id,
        partner_name=partner.name,
        language=partner.language or policy.program.language,
        time_zone=partner.time_zone,
        findings=file.newest_findings if file is not None else (),
        warned=tuple(c.metric for c in file.warned) if file is not None else (),
        today=today,
        deadline=deadline,
        decision_day=deadline and calendar.decision_day(deadline, policy.feed.settling_days),
        outcome=(Outcome.DEMOTED if new_tier else Outcome.REMOVED) if removed else None,
        new_tier=new_tier,
        reentry_on=today + timedelta(days=wait) if removed else None,
        by_person=CommandFacts(
            kind,
            in_case=file is not None,
            until=row.until,
            offers=tuple(row.offers),
            clock_stopped=file is not None and file.case.status == CaseStatus.ON_HOLD,
        ),
    )


def _tier(row: InterventionRow, policy: Policy) -> Tier:
    """The tier that it is about. Who is in none can be blocked: that notice names no tier."""
    return (policy.tier(row.tier) if row.tier else None) or policy.tiers[0]


# ---- still true? ----


class _Look:
    """What there is to look at before a notice goes out."""

    def __init__(
        self,
        session: Session,
        row: InterventionRow,
        partner: PartnerRow,
        file: CaseFile | None,
        today: date,
    ) -> None:
        self.session, self.row, self.partner = session, row, partner
        self.file, self.today = file, today

    def holds(self, *kinds: Override) -> bool:
        rows = overrides.of_kind(self.session, self.row.partner_id, self.today, *kinds)
        return bool(rows)


def _why_untrue(look: _Look) -> str | None:
    still = _STILL.get(look.row.kind)
    return still(look) if still is not None else None


def _moved_deadline(look: _Look) -> str | None:
    case = look.file.case if look.file is not None else None
    if case is None or case.status != CaseStatus.IN_GRACE:
        return "no clock runs any more"
    if case.deadline is None or case.deadline < look.today:
        return "the deadline has passed: the decision follows"
    return None if case.deadline == look.row.deadline else "the deadline has moved again"


def _stopped_clock(look: _Look) -> str | None:
    on_hold = look.file is not None and look.file.case.status == CaseStatus.ON_HOLD
    return None if on_hold else "no longer paused"


def _in_tier(look: _Look) -> str | None:
    if look.partner.tier != look.row.to_tier:
        return "the tier has changed since"
    warned = look.file is None or look.file.case.warned_at is not None
    return None if warned else "no warning had gone out"


def _waived(look: _Look) -> str | None:
    return None if look.holds(Override.WAIVER) else "the waiver is over"


def _blocked(look: _Look) -> str | None:
    return None if look.holds(Override.BLOCK, Override.OFFERS) else "no longer blocked"


def _unblocked(look: _Look) -> str | None:
    return "blocked again" if look.holds(Override.BLOCK) else None


def _open_appeal(look: _Look) -> str | None:
    row = appeals.open_appeal(look.session, look.row.partner_id)
    return None if row and row.state == AppealState.OPEN else "the appeal has been answered"


_STILL: dict[CommandKind, Callable[[_Look], str | None]] = {
    CommandKind.EXTENDED: _moved_deadline,
    CommandKind.RESUMED: _moved_deadline,
    CommandKind.PAUSED: _stopped_clock,
    CommandKind.WAIVED: _waived,
    CommandKind.REINSTATED: _in_tier,
    CommandKind.REMOVED: _in_tier,
    CommandKind.BLOCKED: _blocked,
    CommandKind.UNBLOCKED: _unblocked,
    CommandKind.APPEALED: _open_appeal,
}
