"""Is a message that waits for a person still true? (rule 14). What is not is withdrawn.

A transport asks before it sends. Where nobody delivers, messages wait for days until a person sends
them, and anything may happen meanwhile: so each change of a case asks again about those that wait,
and so do `partners mail mark-sent`, the inbox and the daily digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from activities.cases import still_true
from activities.judging.gathering import CaseFile
from activities.overrides import intervention_notice
from activities.policy import activities as policy_changes
from activities.referrals import referral_facts
from activities.referrals.referral_file import ReferralFile
from activities.responses import check_in_activities as check_ins
from partners.calendars import calendar_of
from partners.domain.cases.case import HoldReason
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.topics import Consent, Topic, topic_of
from partners.errors import UserError
from partners.store.cases import guard
from partners.store.mail import outbox, recipients
from partners.store.policy import policies
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import ReferralNewsRow
from partners.store.tables.review_tables import CandidateRow


@dataclass(frozen=True)
class Doubt:
    """Why a message must not be sent now. `passes`: it may be true again, so it goes on waiting."""

    why: str
    passes: bool = False


def _waiting() -> Select[OutboxRow]:
    states = (MailState.WAITING, MailState.QUEUED)
    return select(OutboxRow).where(OutboxRow.state.in_(states)).order_by(OutboxRow.outbox_id)


_OF_CASE = _waiting().where(OutboxRow.case_id == bindparam("case_id"))
"""Built once, for every step of a case asks."""


def doubt(
    session: Session, row: OutboxRow, now: datetime, sent_at: datetime | None = None
) -> Doubt | None:
    """What speaks against sending a waiting message; None if nothing does. Changes nothing.

    `sent_at`: when a person says that they sent it; default: now.
    """
    kind = NoticeKind(row.kind)
    if (why := _why_unwanted(session, row, kind)) is not None:
        return Doubt(why)
    found: Doubt | str | None = None
    if row.notice_key.startswith("grace/") and row.case_id is not None:
        file = CaseFile.of(session, row.case_id, now)
        found = about_case(file, row, sent_at or now)
    else:
        ask = _ELSE.get(row.notice_key.split("/")[0])
        found = ask(session, row, now) if ask is not None else None
    if found is not None:
        return found if isinstance(found, Doubt) else Doubt(found)
    if switch := outbox.stopped(session, kind):
        return Doubt(f"{switch.name} is stopped by {switch.who}: {switch.reason}", passes=True)
    return None


def withdraw_of_case(file: CaseFile) -> None:
    """After a change of a case: what waits and is no longer true is withdrawn."""
    file.session.flush()
    waiting = file.session.scalars(_OF_CASE, {"case_id": file.case.case_id})
    _withdraw_all(file.session, waiting, file.now)


def withdraw_elsewhere(session: Session, now: datetime) -> None:
    """What waits of everything; for the daily look."""
    _withdraw_all(session, session.scalars(_waiting()).all(), now)


def mark_sent(
    session: Session, number: int, who: str, at: datetime, now: datetime
) -> tuple[str | None, str | None]:
    """A person says that they sent a waiting message: the partner it is about, and why it is
    refused, if it is. The caller commits in both cases: what is untrue is withdrawn."""
    row = session.get(OutboxRow, number, with_for_update=True)
    if row is not None and row.state == MailState.WAITING:
        found = doubt(session, row, now, at)
        if found is not None:
            if not found.passes:
                outbox.withdraw(row, found.why, now)
            return row.partner_id, found.why
    return outbox.mark_sent(session, number, who, at), None


def refused(number: int, why: str) -> UserError:
    """What a person reads whose message is not true any more."""
    return UserError(
        f"message {number} must not be sent any more: {why}. Nothing was marked; if you have sent "
        "it already, tell the partner yourself that it does not hold"
    )


def _withdraw_all(session: Session, rows: Iterable[OutboxRow], now: datetime) -> None:
    for row in list(rows):
        found = doubt(session, row, now)
        if found is not None and not found.passes:
            outbox.withdraw(row, found.why, now)


def _why_unwanted(session: Session, row: OutboxRow, kind: NoticeKind) -> str | None:
    """Optional mail that the partner does not want any more."""
    topic = topic_of(kind)
    partner = session.get(PartnerRow, row.partner_id) if topic and row.partner_id else None
    if topic is None or partner is None or _wants(session, partner, topic):
        return None
    return f"does not want mail about: {topic.label}"


def _wants(session: Session, partner: PartnerRow, topic: Topic) -> bool:
    """Where a yes is required, none was written without it: only a no is news."""
    return recipients.wanted(session, partner, [topic], Consent.ASSUMED)[topic]


# ---- about a case ----


def about_case(file: CaseFile, row: OutboxRow, at: datetime) -> Doubt | None:
    """Whether a notice about a case still says what is."""
    kind = NoticeKind(row.kind)
    if kind.starts_clock:
        return _start_of_clock(file, row)
    if kind in (NoticeKind.REMOVAL, NoticeKind.RECOVERED, NoticeKind.CORRECTION):
        why = still_true.why_no_closing(file, kind)
        return Doubt(why) if why else None
    if file.case.outcome is not None:
        return Doubt(f"the case is over: {file.case.outcome}")
    if kind is NoticeKind.REMINDER:
        return _reminder(file, row, at)
    if kind is NoticeKind.ON_HOLD and not _is_of_this_hold(file, row):
        return Doubt("no longer on hold")
    if kind is NoticeKind.STANDARDS_CHANGED and not row.notice_key.endswith(
        f"/{file.case.policy_version}"
    ):
        return Doubt("the case is judged by another policy since")
    return None


def _start_of_clock(file: CaseFile, row: OutboxRow) -> Doubt | None:
    """A case that is over warns nobody; one that is on hold may come back to the same notice."""
    case = file.case
    if case.outcome is not None:
        return Doubt(f"the case is over: {case.outcome}")
    if not row.notice_key.endswith(f"/{row.kind}/{case.attempt}") or row.kind != case.notice_kind:
        return Doubt("a newer notice has taken its place")
    why = still_true.why_no_start(file)
    return Doubt(why, passes=True) if why else None  # the case itself follows from it


def _reminder(file: CaseFile, row: OutboxRow, at: datetime) -> Doubt | None:
    case = file.case
    if case.deadline is None or not row.notice_key.endswith(f"/{case.deadline}"):
        return Doubt("the deadline has moved since")
    if at >= file.calendar.end_of(case.deadline):
        return Doubt("the deadline has passed")
    if case.hold_reason is not None:
        return Doubt(f"the clock stands still: {HoldReason(case.hold_reason)}", passes=True)
    return Doubt("cured") if still_true.is_cured(file) else None


def _is_of_this_hold(file: CaseFile, row: OutboxRow) -> bool:
    prefix = f"grace/{file.case.case_id}/{NoticeKind.ON_HOLD}/{file.case.hold_count}/"
    return file.case.hold_reason is not None and row.notice_key.startswith(prefix)


# ---- about anything else, by the first word of the key ----


def _intervention(session: Session, row: OutboxRow, now: datetime) -> str | None:
    done = session.get_one(InterventionRow, int(row.notice_key.split("/")[-2]))
    return intervention_notice.why_untrue(session, done, now)


def _promotion(session: Session, row: OutboxRow, now: datetime) -> str | None:
    candidate = session.get_one(CandidateRow, int(row.notice_key.split("/")[-2]))
    partner = session.get_one(PartnerRow, candidate.partner_id)
    return None if partner.tier == candidate.to_tier else f"no longer in {candidate.to_tier}"


def _referral(session: Session, row: OutboxRow, now: datetime) -> str | None:
    news = session.scalar(select(ReferralNewsRow).where(ReferralNewsRow.key == row.notice_key))
    if news is None:
        return None
    file = ReferralFile.of(session, news.partner_id, now)
    if file is None:
        return "the policy has no terms of referring any more"
    return referral_facts.why_not(file, news)


def _check_in(session: Session, row: OutboxRow, now: datetime) -> str | None:
    return check_ins.why_untrue(session, row.notice_key, now)


def _policy(session: Session, row: OutboxRow, now: datetime) -> str | None:
    if row.partner_id is None:
        return None
    news = policy_changes.announcement(session, int(row.notice_key.split("/")[1]))
    partner = session.get_one(PartnerRow, row.partner_id)
    concerned = news is not None and news.concerns(row.partner_id, partner.tier)
    return None if concerned else "nothing changes for this partner"


def _digest(session: Session, row: OutboxRow, now: datetime) -> str | None:
    """The inbox of another day."""
    newest = policies.newest(session)
    if newest is None:
        return None
    today = calendar_of(newest[1]).day_of(now)
    day = date.fromisoformat(row.notice_key.split("/")[1])
    return "a newer one has taken its place" if day < today else None


def _review(session: Session, row: OutboxRow, now: datetime) -> str | None:
    """Asking for an approval that has been given or refused."""
    waits = any(f"/{r.request_id}" in row.notice_key for r in guard.waiting(session))
    return None if row.kind != NoticeKind.GUARD or waits else "a person has answered"


_ELSE: dict[str, Callable[[Session, OutboxRow, datetime], str | None]] = {
    "intervention": _intervention,
    "promotion": _promotion,
    "referral": _referral,
    "check_in": _check_in,
    "policy": _policy,
    "inbox": _digest,
    "review": _review,
}
