"""What each notice about referrals says: facts from the file, and whether it is still true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from activities.referrals.referral_file import ReferralFile
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.referral_policy import ReferralSection, step_label
from partners.domain.referrals.qualification import Stage, silent_since
from partners.domain.time.calendar import Month
from partners.mail.referral_notice import EntryLine, ReferralFacts, ReferralLine
from partners.store.referrals import referral_money, referral_news
from partners.store.referrals.referral_money import posting
from partners.store.tables.referral_tables import ReferralNewsRow, ReferralRow

MOST_LINES = 50
"""A mail lists no more; the rest is counted."""


def why_not(file: ReferralFile, row: ReferralNewsRow) -> str | None:
    """Why a notice must not go out any more; None if it is still true (rule 14)."""
    kind = row.kind
    if kind in (NoticeKind.REFERRAL_WELCOME, NoticeKind.WINDOW_ENDED, NoticeKind.NUDGE):
        if file.stage is not Stage.COLLECTING:
            return f"no longer true: {file.stage.value}"
        if kind == NoticeKind.NUDGE and str(silent_since(file.facts)) != row.event:
            return "a referral has come meanwhile"
    if row.referral_id is not None:
        return _why_outdated(file, row)
    return None


def _why_outdated(file: ReferralFile, row: ReferralNewsRow) -> str | None:
    """News about a referral that stands otherwise by now is followed by newer news."""
    referral = file.session.get_one(ReferralRow, row.referral_id)
    revision = row.key.rpartition("/")[2]
    if row.kind == NoticeKind.REFERRAL_RECEIVED and referral.state != row.event:
        return f"it is {referral.state} by now"
    changed = int(revision) != referral.revision and row.kind == NoticeKind.REFERRAL_CONVERTED
    return f"it is {referral.state} by now" if changed else None


def facts(file: ReferralFile, row: ReferralNewsRow) -> ReferralFacts:
    """The facts of a notice."""
    details = _DETAILS.get(row.kind, _nothing)(file, row)
    return ReferralFacts(
        terms=file.section,
        event=row.event,
        progress=file.progress,
        on_the_way=file.stage in (Stage.COLLECTING, Stage.PROPOSED),
        **details,  # type: ignore[arg-type]
    )


def _nothing(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    return {}


def _one(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    referral = file.session.get_one(ReferralRow, row.referral_id)
    return {"line": line(file, referral, row.event)}


def line(file: ReferralFile, referral: ReferralRow, event: str = "") -> ReferralLine:
    """A referral as a notice lists it, with what it pays."""
    money = referral_money.money_of(file.session, referral.referral_id)
    return ReferralLine(
        referral_id=referral.referral_id,
        lead_ref=referral.lead_ref,
        event=event or referral.state,
        submitted_on=file.calendar.day_of(referral.submitted_at),
        bought_on=referral.bought_on,
        amount=referral.amount,
        pays=money.due,
        payable_on=referral.payable_on,
        reason=referral.reason,
        because=referral.because,
        currency=referral_money.currency_of(file.session, referral, file.policy.program.currency),
    )


def _digest(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    news = [n for n in referral_news.bundled(file.session, row.key) if n.referral_id]
    newest = {n.referral_id: n for n in news}  # the last word about each
    named = list(newest.values())[-MOST_LINES:]
    referrals = [(n, file.session.get_one(ReferralRow, n.referral_id)) for n in named]
    lines = tuple(line(file, referral, n.event) for n, referral in referrals)
    return {"lines": lines, "more": len(newest) - len(lines)}


def purchases(file: ReferralFile, first: date, last: date) -> dict[str, object]:
    """The purchases of these days that count, as lines."""
    inside = [s for s in file.found if first <= s.day <= last]
    rows = [file.session.get_one(ReferralRow, s.referral_id) for s in inside[:MOST_LINES]]
    lines = tuple(line(file, row) for row in rows)
    return {"lines": lines, "more": len(inside) - len(lines)}


def _window(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    """The purchases of the window that ended."""
    days = file.section.window_days
    over = file.partner.joined_on + timedelta(days=int(row.event) * days)
    last = over - timedelta(days=1)
    return {"window_ended_on": last, **purchases(file, over - timedelta(days=days), last)}


def _nudge(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    return {"silent_since": date.fromisoformat(row.event)}


def _statement(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    month = Month.parse(row.event)
    currency = file.policy.program.currency
    parts = referral_money.statements(file.session, file.partner_id, month, currency)
    entries = sorted((e for part in parts for e in part.entries), key=lambda e: e.entry_id)
    shown = [
        EntryLine(e.day, e.kind, posting(e).amount, e.referral_id or "", e.currency, e.period or "")
        for e in entries[:MOST_LINES]
    ]
    more = len(entries) - len(shown)
    return {
        "month": month,
        "entries": tuple(shown),
        "more": more,
        "before": {part.currency: part.before for part in parts},
        "after": {part.currency: part.after for part in parts},
    }


def _staff(file: ReferralFile, row: ReferralNewsRow) -> dict[str, object]:
    return {"checklist": labels(file.section), **window_until(file)}


def window_until(file: ReferralFile) -> dict[str, object]:
    """The purchases of the window with which the partner qualified."""
    last = file.row.qualified_on or file.today
    return purchases(file, last - timedelta(days=file.section.window_days - 1), last)


def labels(section: ReferralSection) -> tuple[str, ...]:
    return tuple(step_label(step) for step in section.checklist)


Gather = Callable[[ReferralFile, ReferralNewsRow], dict[str, object]]
_DETAILS: dict[NoticeKind, Gather] = {
    NoticeKind.REFERRAL_RECEIVED: _one,
    NoticeKind.REFERRAL_CONVERTED: _one,
    NoticeKind.REFERRAL_DIGEST: _digest,
    NoticeKind.REFERRAL_RESULTS: _digest,
    NoticeKind.WINDOW_ENDED: _window,
    NoticeKind.NUDGE: _nudge,
    NoticeKind.STATEMENT: _statement,
    NoticeKind.REFERRAL_STAFF: _staff,
}


def of_qualified(file: ReferralFile) -> ReferralFacts:
    """What a partner who qualified is told when the tier has changed."""
    return ReferralFacts(
        terms=file.section,
        progress=file.progress,
        checklist=labels(file.section),
        **window_until(file),  # type: ignore[arg-type]
    )
