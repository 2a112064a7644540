"""A partner's referrals, looked at as a whole: gather, decide, apply. Safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from temporalio import activity

from activities import approvals
from activities.apart import apart, keep_aside
from activities.referrals.referral_file import ReferralFile
from activities.referrals.referral_mails import referral_mails
from activities.referrals.referral_timing import next_moment, note_what_is_due
from activities.services import Activities, Services, actor, program_now
from partners.domain.cases.view import PartnerRef
from partners.domain.judging.aside import During
from partners.domain.ladder.ladder import CandidateState
from partners.domain.mail.notices import NoticeKind
from partners.domain.number_words import number_of
from partners.domain.record.decisions import Step
from partners.domain.referrals.qualification import Stage, is_withdrawn, why_not_proposed
from partners.domain.referrals.view import ReferralView, Telling
from partners.store.cases.cases import Decided, record_decision
from partners.store.ladder import ladder
from partners.store.referrals import qualifications, referral_money, referral_news, referrals
from partners.store.tables.referral_tables import ReferralNewsRow
from partners.store.tables.review_tables import CandidateRow

SINGLY = 5
"""More news about single referrals than this are told together, in one digest."""


class ReferralActivities(Activities):
    """What the workflow of a partner's referrals does to the database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def assess_referrals(self, ref: PartnerRef) -> ReferralView:
        """Look at everything known: release what is over its holding period, promote who has
        qualified, note what is to be told; returns where the partner stands.

        The state decides, not what woke the workflow (rule 17), so a repeat changes nothing. A
        partner whose data cannot be judged is set aside, and looked at again the next day.
        """
        now, clock = program_now(self._services.clock), self._services.clock
        view, failed = apart(ref.partner_id, lambda: self._assess(ref))
        keep_aside(self._services.database, During.REFERRALS, ref.partner_id, failed, now)
        tomorrow = now + timedelta(days=1)
        return view or ReferralView(ref.partner_id, wake_at=tomorrow, clock=clock)

    def _assess(self, ref: PartnerRef) -> ReferralView:
        now, clock = program_now(self._services.clock), self._services.clock
        with self._services.database.write() as session:
            # Before the partner's row, as imports and payouts have it: the rows they write take a
            # lock on the partner, and in the other order two could wait for each other.
            referrals.lock(session)
            file = ReferralFile.of(session, ref.partner_id, now)
            if file is None:
                return ReferralView(ref.partner_id, ended=True, clock=clock)
            _release(file)
            _qualify(file)
            _look_back(file)
            _enter(file)
            note_what_is_due(file)
            if referral_news.waiting(session, ref.partner_id) > SINGLY:
                referral_news.bundle(session, ref.partner_id, now)
            return _view(file, self._services)


def _release(file: ReferralFile) -> None:
    """Held money whose holding period is over becomes payable."""
    due = qualifications.due_for_release(file.session, file.partner_id, file.today)
    referral_money.settle_referrals(file.session, due, file.now, file.today)


def _qualify(file: ReferralFile) -> None:
    """Propose who has qualified for the entry tier, or approve it where the policy says so."""
    if not file.refers:
        return
    if why_not_proposed(file.policy, file.section, file.facts, file.progress) is not None:
        return
    tier = file.policy.entry_tier
    assert tier is not None
    section, day = file.section, file.progress.qualified_on
    assert day is not None
    days = number_of(section.window_days, "day")
    why = f"{number_of(section.successes, 'referral')} led to a purchase within {days}"
    candidate = ladder.qualify(
        file.session,
        file.partner,
        tier.key,
        policy_version=file.version,
        approval=section.approval,
        why=f"{why}, by {day}",
        now=file.now,
    )
    file.row.candidate_id, file.row.qualified_on = candidate.candidate_id, day
    _record(file, Step.QUALIFIED, f"{why}, by {day}: to {tier.key}")
    if candidate.state == CandidateState.WAITING:
        _tell_staff(file, "waiting", candidate.candidate_id)
    file.look_again()


def _look_back(file: ReferralFile) -> None:
    """A refund after qualifying: nobody loses a tier by it, and staff are told."""
    row = file.row
    if row.qualified_on is None or file.progress.qualified_on is not None:
        return
    assert row.candidate_id is not None
    candidate = file.session.get_one(CandidateRow, row.candidate_id, with_for_update=True)
    if is_withdrawn(file.section, file.facts, file.progress):
        why = "without the refunded purchase it is no longer earned"
        ladder.withdraw(file.session, candidate, actor(), why, file.now)
        _tell_staff(file, "withdrawn", row.candidate_id)
        row.candidate_id = row.qualified_on = None
        file.look_again()
        return
    if _tell_staff(file, "refunded", row.candidate_id):
        _record(
            file, Step.REFUNDED, "qualified with a purchase that was refunded: keeps the status"
        )


def _enter(file: ReferralFile) -> None:
    """Once the tier has changed: the checklist begins, and staff help to get going."""
    row = file.row
    if row.entered_at is not None or row.candidate_id is None:
        return
    state = file.session.get_one(CandidateRow, row.candidate_id).state
    if state not in (CandidateState.PROMOTED, CandidateState.TOLD):
        return
    row.entered_at = file.now
    qualifications.begin_checklist(file.session, file.partner_id, file.policy)
    _tell_staff(file, "entered", row.candidate_id)


def _tell_staff(file: ReferralFile, event: str, candidate_id: int) -> bool:
    return referral_news.add(
        file.session,
        f"referral/staff/{event}/{candidate_id}",
        file.partner_id,
        NoticeKind.REFERRAL_STAFF,
        event,
        file.now,
    )


def _record(file: ReferralFile, step: Step, result: str) -> None:
    """Store the decision (rule 15)."""
    decided = Decided(
        partner_id=file.partner_id,
        case=None,
        at=file.now,
        step=step,
        result=result,
        as_of=file.today,
        policy_version=file.version,
        findings=(),
        actor=actor(),
    )
    record_decision(file.session, decided)


MOST_TELLINGS = 10
MOST_PURCHASES = 10
MOST_DECIDED = 3


def _view(file: ReferralFile, services: Services) -> ReferralView:
    session, found = file.session, file.progress
    rows = referral_news.untold(session, file.partner_id, MOST_TELLINGS + 1)
    currency = file.policy.program.currency
    money = referral_money.balance_of(session, file.partner_id, currency)
    candidate = session.get(CandidateRow, file.row.candidate_id) if file.row.candidate_id else None
    under_way = candidate is not None and candidate.state in ladder.UNDER_WAY
    wake_at = next_moment(file, under_way)
    on_the_way = file.stage in (Stage.COLLECTING, Stage.PROPOSED)
    return ReferralView(
        partner_id=file.partner_id,
        stage=file.stage,
        tier=file.partner.tier or "",
        count=found.count,
        needed=found.needed,
        oldest_expires_on=found.expires_on,
        act_by=found.act_by,
        qualified_on=file.row.qualified_on,
        open=qualifications.open_referrals(session, file.partner_id),
        held=f"{money.held:,.2f}",
        payable=f"{money.payable:,.2f}",
        paid=f"{money.paid:,.2f}",
        currency=currency,
        promote=candidate is not None and candidate.state == CandidateState.APPROVED,
        tellings=tuple(_telling(row) for row in rows[:MOST_TELLINGS]),
        more_tellings=len(rows) > MOST_TELLINGS,
        wake_at=wake_at,
        ended=not (on_the_way or wake_at),
        clock=services.clock,
        window_days=file.section.window_days,
        purchases=_purchases(file),
        acts=approvals.who_decided(session, _decided(file), file.calendar),
        mails=referral_mails(session, file.partner_id, file.now, services),
    )


def _purchases(file: ReferralFile) -> tuple[str, ...]:
    """The latest that count, or will."""
    latest = file.found[-MOST_PURCHASES:]
    return tuple(
        f"{success.referral_id}, bought on {success.day}"
        + (f", counts from {success.counts_on}" if success.counts_on > file.today else "")
        for success in latest
    )


def _decided(file: ReferralFile) -> Sequence[CandidateRow]:
    """What was decided lately about the partner's way into the program."""
    row = CandidateRow
    query = select(row).where(row.partner_id == file.partner_id, row.review_id.is_(None))
    newest = query.where(row.decided_at.is_not(None)).order_by(row.candidate_id.desc())
    return file.session.scalars(newest.limit(MOST_DECIDED)).all()[::-1]


def _telling(row: ReferralNewsRow) -> Telling:
    about = f": {row.referral_id} {row.event}" if row.referral_id else ""
    if row.kind == NoticeKind.REFERRAL_STAFF:
        about = f": {row.event}"
    to = " to staff" if row.kind == NoticeKind.REFERRAL_STAFF else ""
    return Telling(
        row.news_id,
        row.kind,
        f"e-mail{to}: {row.kind.label}{about}",
    )
