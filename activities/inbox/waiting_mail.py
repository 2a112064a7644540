"""Is a message that waits for a person still true? (rule 14). What is not is withdrawn.

What `partners mail mark-sent`, the inbox and the daily digest ask, of any message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, defer

from activities.cases.case_news import PAGE, files_of
from activities.cases.withdrawing import about_case, about_intervention
from activities.exclusives import exclusive_truth
from activities.judging.gathering import CaseFile
from activities.ladder import track_facts
from activities.mail import doubts
from activities.mail.doubts import Doubt
from activities.policy import activities as policy_changes
from activities.referrals import lead_notice_activities, referral_facts
from activities.referrals.referral_file import ReferralFile
from activities.responses import check_in_activities as check_ins
from partners.calendars import calendar_of
from partners.domain.mail.notices import MailState, NoticeKind
from partners.errors import UserError
from partners.store.cases import guard
from partners.store.cases.cases import lock_cases
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import ReferralNewsRow
from partners.store.tables.review_tables import CandidateRow


def doubt(
    session: Session, row: OutboxRow, now: datetime, sent_at: datetime | None = None
) -> Doubt | None:
    """What speaks against sending a waiting message; None if nothing does. Changes nothing.

    `sent_at`: when a person says that they sent it; default: now.
    """
    return doubts.doubt(session, row, lambda: _untrue(session, row, now, sent_at))


def _untrue(
    session: Session,
    row: OutboxRow,
    now: datetime,
    sent_at: datetime | None = None,
    known: CaseFile | None = None,
) -> Doubt | str | None:
    """`known`: the file of its case, for who only looks; else it is read, and locked."""
    if row.notice_key.startswith("grace/") and row.case_id is not None:
        file = known or CaseFile.of(session, row.case_id, now)
        return about_case(file, row, sent_at or now)
    ask = _ELSE.get(row.notice_key.split("/")[0])
    return ask(session, row, now) if ask is not None else None


def may_be_sent(session: Session, rows: Sequence[OutboxRow], now: datetime) -> list[OutboxRow]:
    """Those of a page of waiting messages against which nothing speaks. Their cases are read
    together, and none is locked."""
    ids = [row.case_id for row in rows if row.case_id is not None]
    files = {f.case.case_id: f for f in files_of(session, CaseRow.case_id.in_(ids), now)}
    stopped = {kind for kind in {row.kind for row in rows} if _is_stopped(session, kind)}
    going = [row for row in rows if row.kind not in stopped]
    return [row for row in going if _is_true(session, row, files.get(row.case_id or ""), now)]


def _is_stopped(session: Session, kind: str) -> bool:
    return outbox.stopped(session, NoticeKind(kind)) is not None


def _is_true(session: Session, row: OutboxRow, file: CaseFile | None, now: datetime) -> bool:
    """One whose case cannot be judged together with others is judged alone."""
    try:
        return doubts.untrue(session, row, lambda: _untrue(session, row, now, known=file)) is None
    except SQLAlchemyError:
        raise
    except Exception:
        alone = replace(file, others=None) if file is not None else None
        return doubts.untrue(session, row, lambda: _untrue(session, row, now, known=alone)) is None


def withdraw_elsewhere(database: Database, now: datetime) -> None:
    """What waits of everything; for the daily look. What seems untrue is asked again, locked: each
    in a transaction of its own, which so holds one case."""
    page = doubts.waiting().limit(PAGE).options(defer(OutboxRow.text), defer(OutboxRow.html))
    after = 0
    while True:
        with database.read() as session:
            rows = session.scalars(page.where(OutboxRow.outbox_id > after)).all()
            true = {row.outbox_id for row in may_be_sent(session, rows, now)}
        if not rows:
            return
        after = rows[-1].outbox_id
        for row in rows:
            if row.outbox_id not in true:
                with database.write() as session:
                    _withdraw_if_untrue(session, row.outbox_id, now)


def _withdraw_if_untrue(session: Session, number: int, now: datetime) -> None:
    row = _locked(session, number)
    if row is not None and row.state in doubts.WAITING:
        doubts.withdraw_all([row], lambda row: doubt(session, row, now), now)


def _locked(session: Session, number: int) -> OutboxRow | None:
    """A message, locked after its case, as the case's own steps do: in the other order two could
    wait for each other."""
    case_id = session.scalar(select(OutboxRow.case_id).where(OutboxRow.outbox_id == number))
    if case_id is not None:
        lock_cases(session, [case_id])
    return session.get(OutboxRow, number, with_for_update=True, populate_existing=True)


def mark_sent(
    session: Session, number: int, who: str, at: datetime, now: datetime
) -> tuple[str | None, str | None]:
    """A person says that they sent a waiting message: the partner it is about, and why it is
    refused, if it is. The caller commits in both cases: what is untrue is withdrawn."""
    row = _locked(session, number)
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


# ---- about anything else, by the first word of the key ----


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


def _lead(session: Session, row: OutboxRow, now: datetime) -> str | None:
    return lead_notice_activities.why_untrue(session, row.notice_key, now)


def _check_in(session: Session, row: OutboxRow, now: datetime) -> str | None:
    return check_ins.why_untrue(session, row.notice_key, now)


def _track(session: Session, row: OutboxRow, now: datetime) -> str | None:
    _, day, partner_id, kind = row.notice_key.split("/")
    return track_facts.why_untrue(
        session, partner_id, NoticeKind(kind), date.fromisoformat(day), now
    )


def _policy(session: Session, row: OutboxRow, now: datetime) -> str | None:
    if row.partner_id is None:
        return None
    news = policy_changes.announcement(session, int(row.notice_key.split("/")[1]))
    partner = session.get_one(PartnerRow, row.partner_id)
    concerned = news is not None and news.concerns(row.partner_id, partner.tier)
    return None if concerned else "nothing changes for this partner"


def _exclusive(session: Session, row: OutboxRow, now: datetime) -> str | None:
    return exclusive_truth.why_untrue(session, row, now)


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
    if row.kind != NoticeKind.GUARD:
        return None
    review_id = "/".join(row.notice_key.split("/")[1:-2])
    return None if guard.decision(session, review_id) == "waiting" else "a person has answered"


_ELSE: dict[str, Callable[[Session, OutboxRow, datetime], str | None]] = {
    "intervention": about_intervention,
    "promotion": _promotion,
    "exclusive": _exclusive,
    "referral": _referral,
    "check_in": _check_in,
    "track": _track,
    "lead": _lead,
    "policy": _policy,
    "inbox": _digest,
    "review": _review,
}
