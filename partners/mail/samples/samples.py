"""An invented notice of each kind, for previews and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from partners.domain.cases.case import HoldReason, Outcome
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.metrics import Unit
from partners.domain.policy.policy import Criterion, Policy, Standards, Tier
from partners.domain.policy.policy_change import standards_changes
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.mail.notice import Audit, AuditedPartner, AuditTier, Notice, PolicyChange, StepUp
from partners.mail.samples.exclusive_samples import EVENTS, about_exclusive
from partners.mail.samples.inbox_samples import inbox_digest
from partners.mail.samples.lead_samples import LEADS
from partners.mail.samples.offer_samples import offers_of, price_change, prices_told
from partners.mail.samples.person_samples import PERSONS, of_person
from partners.mail.samples.referral_samples import KINDS, about_referrals
from partners.mail.samples.track_samples import expiring, track_of

TODAY = date(2026, 11, 16)
_PASSING = {Unit.COUNT: Decimal("1.2"), Unit.RATE: Decimal("1.02"), Unit.RATING: Decimal("1.02")}
_FAILING = {Unit.COUNT: Decimal("0.6"), Unit.RATE: Decimal("0.94"), Unit.RATING: Decimal("0.93")}
"""The share of the requirement that such a figure reaches; 1.1 and 0.8 for other units."""


def sample(kind: NoticeKind, policy: Policy) -> Notice:
    """A notice of that kind about the policy's highest tier with keep standards.

    The dates follow the policy's own rules around 16 November 2026.
    """
    tier = _tier(policy)
    entered = kind in (NoticeKind.WELCOME, NoticeKind.PROMOTED)
    good = (NoticeKind.RECOVERED, NoticeKind.CORRECTION, NoticeKind.REINSTATED)
    failing = 0 if entered or kind in good else 2
    standards = tier.enter if entered else tier.keep_standards
    notice = Notice(
        kind=kind,
        policy=policy,
        tier=tier,
        partner_id="blue-harbour",
        partner_name="Blue Harbour Trading",
        language=policy.program.language,
        findings=_findings(policy, standards, failing),
        warned=tuple(tier.keep_standards)[:2],
        today=TODAY,
        offers_change=offers_of(kind, policy),
    )
    return replace(notice, **_details(kind, policy, tier))  # type: ignore[arg-type]


def _tier(policy: Policy) -> Tier:
    judged = [tier for tier in policy.tiers if tier.keep_standards]
    return (judged or list(policy.tiers))[-1]


def _findings(policy: Policy, standards: Standards, failing: int) -> tuple[Finding, ...]:
    criteria = standards.values()
    return tuple(_finding(policy, c, number >= failing) for number, c in enumerate(criteria))


def _finding(policy: Policy, criterion: Criterion, passes: bool) -> Finding:
    unit = policy.metric(criterion.metric).unit
    passing, failing = _PASSING.get(unit, Decimal("1.1")), _FAILING.get(unit, Decimal("0.8"))
    share = passing if passes else failing
    at_least = criterion.at_least is not None
    actual = criterion.required * share if at_least else criterion.required / share
    if unit in (Unit.COUNT, Unit.MONTHS):
        actual = Decimal(int(actual)) + (0 if passes or at_least else 1)
    elif unit is Unit.RATE:
        actual = min(actual, Decimal(1))
    elif unit is Unit.RATING:
        actual = min(actual, Decimal(5))
    return Finding(
        metric=criterion.metric,
        actual=actual,
        required=criterion.required,
        at_least=at_least,
        window_months=criterion.window_months,
        sample=max(26, policy.min_sample(criterion)),
        min_sample=policy.min_sample(criterion),
        verdict=Verdict.PASSING if passes else Verdict.BELOW,
    )


def _details(kind: NoticeKind, policy: Policy, tier: Tier) -> dict[str, object]:
    if kind in (NoticeKind.WARNING, NoticeKind.REMINDER, NoticeKind.FINAL_NOTICE):
        final = kind is NoticeKind.FINAL_NOTICE
        days = policy.grace.final_notice_days if final else policy.grace.days
        dates = _clock(policy, days)
        if kind is NoticeKind.REMINDER:
            before = policy.grace.reminders[0] if policy.grace.reminders else 1
            return {**dates, "today": dates["deadline"] - timedelta(days=before)}
        return {**dates, "grace_days": days}
    if kind is NoticeKind.REMOVAL:
        below = policy.tier_below(tier.key)
        ladder = policy.ladder
        wait = ladder.min_days_between_changes if below else ladder.reentry_days
        return _clock(policy, -policy.feed.settling_days - 1) | {
            "outcome": Outcome.DEMOTED if below else Outcome.REMOVED,
            "new_tier": below,
            "reentry_on": TODAY + timedelta(days=wait),
            "appeal_until": TODAY + timedelta(days=policy.appeals.days),
        }
    if kind is NoticeKind.CHECK_IN:
        return {"findings": _findings(policy, tier.keep_standards, failing=2)[:2]}
    if kind is NoticeKind.RECOVERED:
        return {"outcome": Outcome.REINSTATED}
    if kind is NoticeKind.CORRECTION:
        return {"outcome": Outcome.VOIDED}
    if kind is NoticeKind.ON_HOLD:
        return {
            "hold_reason": HoldReason.UNDELIVERABLE,
            "hold_detail": "550 5.1.1 mailbox does not exist",
            "waiting_since": TODAY - timedelta(days=2),
        }
    if kind in PERSONS:
        return of_person(PERSONS[kind], _clock(policy, policy.grace.days), TODAY)
    if kind in KINDS:
        return about_referrals(kind, policy)
    if kind in EVENTS:
        return about_exclusive(kind, policy, tier, _clock(policy, policy.grace.days))
    if kind in _CHANGES:
        return _CHANGES[kind](policy, tier)
    return {"repeat": True}


def _guard(policy: Policy, tier: Tier) -> dict[str, object]:
    return {
        "partner_id": "",
        "partner_name": "",
        "findings": (),
        "review_id": "monthly/2026-10",
        "guard_list": ("acme", "blue-harbour", "wheels-and-more"),
        "hold_detail": "with these, 61 of 300 partners would be warned or removed within 7 days",
        "waiting_since": TODAY,
    }


def _standards_changed(policy: Policy, tier: Tier) -> dict[str, object]:
    """As if every number criterion had asked a fifth less before."""
    fifth_less = {
        name: c.model_copy(update={c.bound: c.required * Decimal("0.8")})
        for name, c in tier.keep_standards.items()
    }
    old_tier = tier.model_copy(update={"keep": fifth_less})
    tiers = tuple(old_tier if t.key == tier.key else t for t in policy.tiers)
    previous = policy.model_copy(update={"tiers": tiers})
    criteria = standards_changes(previous, policy, tier.key)
    return {"change": PolicyChange(2, previous, TODAY + timedelta(days=30), criteria)}


def _policy_published(policy: Policy, tier: Tier) -> dict[str, object]:
    change = PolicyChange(2, policy, TODAY + timedelta(days=30), told=42, untold=("acme", "wheels"))
    return {"partner_id": "", "partner_name": "", "findings": (), "change": change}


def _audit(policy: Policy, tier: Tier) -> dict[str, object]:
    """Two partners below in the notice's tier, one of them with a case."""
    findings = _findings(policy, tier.keep_standards, failing=1)
    verdicts = {Verdict.PASSING: 38, Verdict.BELOW: 2, Verdict.INSUFFICIENT: 4}
    below = (
        AuditedPartner("acme", tier, findings, has_case=True),
        AuditedPartner("blue-harbour", tier, findings, has_case=False),
    )
    audit = Audit("2026-Q3", Month(2026, 9), (AuditTier(tier, verdicts),), below)
    about = {"partner_id": "", "partner_name": "", "findings": ()}
    return {**about, "review_id": "quarterly/2026-Q3", "audit": audit}


def _welcome(policy: Policy, tier: Tier) -> dict[str, object]:
    return {"step": StepUp(), "track": track_of(policy, tier)}


def _promoted(policy: Policy, tier: Tier) -> dict[str, object]:
    """From the tier below; a policy of one tier has none, so there the benefits are all new."""
    at = policy.tiers.index(tier)
    step = StepUp(old_tier=policy.tiers[at - 1] if at else None)
    return {"step": step, "track": track_of(policy, tier)}


def _track(policy: Policy, tier: Tier) -> dict[str, object]:
    return {"findings": (), "track": expiring(policy, TODAY + timedelta(days=30))}


def _track_lapsed(policy: Policy, tier: Tier) -> dict[str, object]:
    return {"findings": (), "track": expiring(policy, TODAY - timedelta(days=1))}


_CHANGES: Mapping[NoticeKind, Callable[[Policy, Tier], dict[str, object]]] = {
    NoticeKind.WELCOME: _welcome,
    NoticeKind.PROMOTED: _promoted,
    NoticeKind.GUARD: _guard,
    NoticeKind.STANDARDS_CHANGED: _standards_changed,
    NoticeKind.POLICY_PUBLISHED: _policy_published,
    NoticeKind.TRACK_REMINDER: _track,
    NoticeKind.TRACK_LAPSED: _track_lapsed,
    NoticeKind.AUDIT: _audit,
    NoticeKind.INBOX_DIGEST: inbox_digest,
    **LEADS,
    NoticeKind.PRICE_CHANGE: price_change,
    NoticeKind.PRICES_TOLD: prices_told,
}


def _clock(policy: Policy, days: int) -> dict[str, date]:
    calendar = ProgramCalendar(policy.program.zone, frozenset(policy.program.holidays))
    deadline = calendar.stated_deadline(TODAY, days)
    return {
        "deadline": deadline,
        "decision_day": calendar.decision_day(deadline, policy.feed.settling_days),
    }
