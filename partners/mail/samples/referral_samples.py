"""Invented facts of the notices about referrals, for previews and tests."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, Tier
from partners.domain.policy.referral_policy import Compensation, ReferralSection, step_label
from partners.domain.referrals.compensation import Balance, EntryKind, promised
from partners.domain.referrals.referral_window import Progress
from partners.domain.time.calendar import Month
from partners.mail.notice import StepUp
from partners.mail.referral_notice import EntryLine, ReferralFacts, ReferralLine

TODAY = date(2026, 11, 16)
_STAND_IN = ReferralSection(compensation=Compensation(bounty=Decimal(150)))
"""The terms where the policy has none."""

KINDS = (
    NoticeKind.REFERRAL_WELCOME,
    NoticeKind.REFERRAL_RECEIVED,
    NoticeKind.REFERRAL_CONVERTED,
    NoticeKind.REFERRAL_DIGEST,
    NoticeKind.REFERRAL_RESULTS,
    NoticeKind.QUALIFIED,
    NoticeKind.WINDOW_ENDED,
    NoticeKind.NUDGE,
    NoticeKind.STATEMENT,
    NoticeKind.REFERRAL_STAFF,
)
_EVENTS = {
    NoticeKind.REFERRAL_RECEIVED: "accepted",
    NoticeKind.REFERRAL_CONVERTED: "converted",
    NoticeKind.REFERRAL_STAFF: "entered",
}
_ABOUT_ONE = (NoticeKind.REFERRAL_RECEIVED, NoticeKind.REFERRAL_CONVERTED)


def about_referrals(kind: NoticeKind, policy: Policy) -> dict[str, object]:
    """The facts of a notice of that kind: a partner with two purchases so far."""
    terms = policy.referral or _STAND_IN
    entry: Tier = policy.entry_tier or policy.tiers[-1]
    return {
        "findings": (),
        "tier": entry,
        "step": StepUp() if kind is NoticeKind.QUALIFIED else None,
        "referral": facts(kind, terms),
    }


def facts(kind: NoticeKind, terms: ReferralSection) -> ReferralFacts:
    event = _EVENTS.get(kind, "")
    second = "accepted" if kind is NoticeKind.REFERRAL_DIGEST else "converted"
    lines = (_line(terms, 0, "converted"), _line(terms, 1, second))
    oldest = TODAY - timedelta(days=30)
    return ReferralFacts(
        terms=terms,
        event=event,
        line=_line(terms, 0, event) if kind in _ABOUT_ONE else None,
        lines=lines,
        progress=Progress(2, terms.successes, oldest, oldest + timedelta(terms.window_days - 1)),
        on_the_way=True,
        silent_since=TODAY - timedelta(days=terms.nudge_days),
        window_ended_on=TODAY - timedelta(days=1),
        month=Month(2026, 10),
        entries=_entries(terms),
        before={"": Balance(payable=_pays(terms, 800))},
        after={"": Balance(held=_pays(terms, 800) + 86, paid=_pays(terms, 800))},
        checklist=tuple(step_label(step) for step in terms.checklist),
    )


def _pays(terms: ReferralSection, amount: int) -> Decimal:
    return promised(terms.compensation, Decimal(amount), 2)


def _line(terms: ReferralSection, number: int, event: str) -> ReferralLine:
    bought = event in ("converted", "corrected", "refunded", "withdrawn")
    amount = 1200 + 350 * number
    day = TODAY - timedelta(days=30 - 20 * number)
    return ReferralLine(
        referral_id=f"r-{2031 + number}",
        lead_ref=f"A-{481 + number}",
        event=event,
        submitted_on=day - timedelta(days=12),
        bought_on=day if bought else None,
        amount=Decimal(amount) if bought else None,
        pays=_pays(terms, amount) if event in ("converted", "corrected") else Decimal(0),
        payable_on=day + timedelta(days=terms.holding_days),
    )


def _entries(terms: ReferralSection) -> tuple[EntryLine, ...]:
    pays = _pays(terms, 800)
    return (
        EntryLine(date(2026, 10, 5), EntryKind.PAID, pays),
        EntryLine(date(2026, 10, 17), EntryKind.EARNED, pays, "r-2031"),
        EntryLine(date(2026, 10, 20), EntryKind.EARNED, pays, "r-2032"),
        EntryLine(date(2026, 10, 29), EntryKind.CLAWED_BACK, -pays, "r-2032"),
        EntryLine(date(2026, 10, 30), EntryKind.EARNED, Decimal(86), period="2026-09"),
    )
