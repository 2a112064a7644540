"""The message of a check-in: gathered anew before it goes out, for it must still be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.cases import notice_facts
from activities.judging.gathering import Matter, Uncased
from activities.mail.errand import Draft
from activities.mail.mail_handover import hand_over
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.cases.case import why_exempt
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.domain.record.decisions import Because
from partners.domain.responses.view import CheckInTold, TellCheckIn
from partners.domain.time.calendar import Month
from partners.mail.transport import best_address
from partners.store.cases import cases
from partners.store.judging.histories import histories
from partners.store.overrides import overrides
from partners.store.policy import policies
from partners.store.responses import responses
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.response_tables import ResponseRow


class CheckInActivities(Activities):
    """E-mails that ask how things are going."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_check_in(self, request: TellCheckIn) -> CheckInTold:
        """Send a check-in, once; safe to repeat, for the message's key decides.

        Once its fate is known, the step is recorded as told: only then can a warning follow.
        """
        clock = self._services.clock
        now = program_now(clock)
        handed = hand_over(
            self._services,
            request.key,
            NoticeKind.CHECK_IN,
            lambda session: compose(session, request.key, now),
            now,
        )
        if not handed.result.is_open and handed.result is not Sending.WAITING:
            with self._services.database.write() as session:
                responses.told(session, request.key, handed.result, handed.detail, now)
        until = handed.until and clock.real_time(handed.until)
        return CheckInTold(handed.result, handed.detail, until)


def compose(session: Session, key: str, now: datetime) -> Draft | str:
    """The facts of the message, or why it must not go out any more (rule 14).

    A criterion that is met by now, or was all along, is left out and its step withdrawn.
    """
    rows = [row for row in responses.of_message(session, key) if row.withdrawn is None]
    if not rows:
        return "withdrawn"
    if why := _why_not(session, rows[0], now):
        return why
    matter = _matter(session, rows, now)
    still, gone = still_below(matter)
    for row in rows:
        row.withdrawn = gone.get(row.subject)
    if not still:
        return next(iter(gone.values()))
    left = replace(matter, findings=tuple(still))
    notice = notice_facts.about(left, NoticeKind.CHECK_IN, left.findings)
    partner = matter.partner
    return Draft(notice, [best_address(partner.email, partner.fallback_email)], partner.partner_id)


def why_untrue(session: Session, key: str, now: datetime) -> str | None:
    """Why a check-in that waits must not go out any more; changes nothing."""
    rows = [row for row in responses.of_message(session, key) if row.withdrawn is None]
    if not rows:
        return "withdrawn"
    if why := _why_not(session, rows[0], now):
        return why
    still, gone = still_below(_matter(session, rows, now))
    return None if still else next(iter(gone.values()))


def _matter(session: Session, rows: Sequence[ResponseRow], now: datetime) -> Uncased:
    """What the steps of one message are about."""
    first = rows[0]
    policy = policies.load(session, first.policy_version)
    calendar = calendar_of(policy)
    return Uncased(
        session,
        session.get_one(PartnerRow, first.partner_id),
        policy,
        calendar,
        now,
        findings=tuple(finding for row in rows for finding in from_json(row.findings)),
        last=Month.from_number(first.month),
        counted_from=histories(session, calendar, [first.partner_id])[first.partner_id].since(
            policy.review.judge_from
        ),
    )


def _why_not(session: Session, step: ResponseRow, now: datetime) -> str | None:
    """Why the partner is not to be checked in on, whatever the figures."""
    partner = session.get_one(PartnerRow, step.partner_id)
    if partner.tier != step.tier:
        return "the tier changed meanwhile"
    if cases.has_open_case(session, partner.partner_id):
        return "a case is open"
    policy = policies.load(session, step.policy_version)
    today = calendar_of(policy).day_of(now)
    held = overrides.kinds_in_force(session, partner.partner_id, today)
    return why_exempt(partner, policy, held)


def still_below(matter: Matter) -> tuple[list[Finding], dict[str, str]]:
    """The findings that are below and not cured, and of the other criteria why they are not told.

    As of what is known now: corrected data, and the trailing days (rules 4 and 19).
    """
    as_of = matter.newest_day()
    cured = {
        finding.metric
        for finding in (matter.assess_cure(as_of).findings if as_of else ())
        if finding.verdict is Verdict.PASSING
    }
    still, gone = [], {}
    for finding in matter.assess_opening().findings:
        if finding.verdict is not Verdict.BELOW:
            gone[finding.metric] = Because.CORRECTED_DATA.words
        elif finding.metric in cured:
            gone[finding.metric] = Because.ALREADY_CURED.words
        else:
            still.append(finding)
    return still, gone
