"""Every kind of notice, every way that its templates branch, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from partners.domain.cases.case import HoldReason, Outcome
from partners.domain.cases.commands import CommandKind
from partners.domain.exclusives.exclusive_minimum import Sold, Span
from partners.domain.exclusives.exclusive_term import Ending, NewsEvent
from partners.domain.mail.notices import NoticeKind
from partners.domain.offers.exclusive import Period
from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import DiscountChange
from partners.domain.policy.referral_policy import Compensation, ReferralSection
from partners.domain.referrals.referral import ReferralState as S
from partners.domain.referrals.referral import Standing, Uncounted
from partners.domain.time.calendar import Month
from partners.mail.exclusive_notice import PeriodFacts
from partners.mail.notice import CheckedIn, CommandFacts, Footer, Notice, StepUp
from partners.mail.offer_notice import OfferLine, OffersChange
from partners.mail.samples.exclusive_samples import EVENTS as EXCLUSIVE_EVENTS
from partners.mail.samples.referral_samples import KINDS as REFERRAL_KINDS
from partners.mail.samples.samples import sample
from partners.mail.samples.track_samples import track_of
from partners.mail.track_notice import TrackFacts, TrackLine
from partners.mail.words import catalogues

TO_PARTNERS = [kind for kind in NoticeKind if not kind.to_staff]
GRACE = [NoticeKind.WARNING, NoticeKind.REMINDER, NoticeKind.FINAL_NOTICE]
OFFERS = [
    *(NoticeKind.WELCOME, NoticeKind.PROMOTED, NoticeKind.QUALIFIED, NoticeKind.REMOVAL),
    *(NoticeKind.REINSTATED, NoticeKind.APPEAL, NoticeKind.BLOCKED),
]
"""Kinds that tell which offers open and close."""
DATED = [*GRACE, NoticeKind.EXTENDED, NoticeKind.EXCLUSIVE_WARNING]
OPTIONAL = Footer(
    postal_address="1 Harbour Street, 20457 Hamburg",
    preferences_url="https://partners.northwind.example/mail/abc",
    unsubscribe_url="https://partners.northwind.example/stop/abc",
)
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7*7 }} {% raw %} {# x #} %(tier)s %s",
    "Acme\r\nBcc: everybody@example.com",
    "Acme\x00\x1b[31m\u2028\u2029",
    "Acme \u202egnp.exe \u2066x",
    "W" * 300,
    "Zoë & Söhne 🎉👩‍👩‍👧 “GmbH” 'x'",
    "   ",
]


def variants(policy: Policy) -> Iterator[Notice]:
    """All of them; staff's in English alone."""
    for notice in _branches(policy):
        yield notice
        if not notice.kind.to_staff:
            for language in catalogues.languages()[1:]:
                yield replace(notice, language=language)


def _branches(policy: Policy) -> Iterator[Notice]:
    for kind in NoticeKind:
        yield from _of_any_kind(sample(kind, policy), policy)
    warning = sample(NoticeKind.WARNING, policy)
    repeated = CheckedIn(date(2026, 10, 5), warning.warned)
    yield replace(warning, checked_in=repeated)
    yield replace(warning, checked_in=repeated, repeat=True)
    hold = sample(NoticeKind.ON_HOLD, policy)
    for reason in HoldReason:
        yield replace(hold, hold_reason=reason, guard_list=("acme", "b.2"), hold_detail="why so")
    yield replace(hold, hold_reason=None, waiting_since=None, hold_detail="")
    yield replace(sample(NoticeKind.REMINDER, policy), today=None)
    yield from _quick(policy)
    yield from _changes(policy)
    yield from _steps_up(policy)
    yield from _by_persons(policy)
    yield from _referrals(policy)
    yield from _tracks(policy)
    yield from _leads(policy)
    yield from _exclusives(policy)
    yield from _offers(policy)


def _of_any_kind(notice: Notice, policy: Policy) -> Iterator[Notice]:
    yield notice
    yield replace(notice, repeat=True)
    yield replace(notice, language="de-AT")
    yield replace(notice, language="no such")
    yield replace(notice, time_zone="Asia/Tokyo", footer=Footer(OPTIONAL.postal_address))
    yield replace(notice, time_zone="Europe/Vienna", footer=OPTIONAL)
    yield replace(notice, footer=replace(OPTIONAL, preferences_url=""))
    yield replace(notice, footer=replace(OPTIONAL, unsubscribe_url=""))
    yield replace(notice, findings=notice.findings[:1])
    yield replace(notice, findings=sample(NoticeKind.WARNING, policy).findings)
    yield replace(notice, findings=sample(NoticeKind.RECOVERED, policy).findings)
    if notice.kind not in DATED:
        yield replace(notice, findings=(), deadline=None, decision_day=None, reentry_on=None)
    yield replace(notice, tier=policy.tiers[0], new_tier=None, outcome=Outcome.REMOVED)


def _leads(policy: Policy) -> Iterator[Notice]:
    """With and without what is known of a lead, and a page; the reminder; to sales, and why."""
    assigned, sales = (
        sample(NoticeKind.LEAD_ASSIGNED, policy),
        sample(NoticeKind.LEAD_SALES, policy),
    )
    assert assigned.lead is not None
    assert sales.lead is not None
    bare = replace(assigned.lead, service="", leads_url="", answer_url="")
    for facts in (assigned.lead, bare):
        yield replace(assigned, lead=facts)
        yield replace(assigned, lead=replace(facts, reminder=True))
    for asked, by_person in ((0, False), (1, False), (2, True)):
        facts = replace(sales.lead, asked=asked, by_person=by_person, service="")
        yield replace(sales, lead=replace(facts, leads_url="https://crm.example/leads"))


def _quick(policy: Policy) -> Iterator[Notice]:
    """A program of days of one: every plural's singular, and no recovery hold."""
    grace = policy.grace.model_copy(
        update={"recovery_days": 1, "recovery_hold_days": 1, "relapse_days": 1}
    )
    none = grace.model_copy(update={"recovery_hold_days": 0, "reminders": (), "relapse_days": 0})
    for kind in (*GRACE, NoticeKind.RECOVERED):
        for rules in (grace, none):
            quick = sample(kind, policy.model_copy(update={"grace": rules}))
            yield replace(quick, grace_days=1, findings=quick.findings[-1:])


def _by_persons(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about a person's decision branch."""
    for kind in CommandKind:
        if kind.notice is None:
            continue
        usual = sample(kind.notice, policy)
        clock = sample(NoticeKind.WARNING, policy)
        dated = replace(usual, deadline=clock.deadline, decision_day=clock.decision_day)
        until = date(2027, 1, 31) if kind is not CommandKind.PAUSED else None
        for did in (
            CommandFacts(kind, until=until),
            CommandFacts(kind, in_case=True, until=date(2027, 1, 31)),
            CommandFacts(kind, in_case=True, until=until, clock_stopped=True),
            CommandFacts(kind, until=until, offers=("O-1", "O-2")),
        ):
            yield replace(dated, by_person=did)
            yield replace(dated, by_person=did, findings=())
            if usual.deadline is None:
                yield replace(usual, by_person=did, new_tier=policy.tiers[0])


def _steps_up(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about a step up the ladder branch."""
    silver, gold = policy.tiers
    for kind in (NoticeKind.WELCOME, NoticeKind.PROMOTED):
        notice = sample(kind, policy)
        yield replace(notice, step=StepUp(returns=True))
        yield replace(notice, step=StepUp(by_hand=True, old_tier=silver), findings=())
        for tier in (
            gold.model_copy(update={"requires": ("expertise", "segments")}),
            gold.model_copy(update={"benefits": silver.benefits}),
            gold.model_copy(update={"benefits": ()}),
            gold.model_copy(update={"enter": {}, "requires": ("coverage",)}),
        ):
            yield replace(notice, tier=tier)
            yield replace(notice, tier=tier, findings=())


def _referrals(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about referrals branch."""
    events = {
        NoticeKind.REFERRAL_RECEIVED: ("submitted", "rejected", "duplicate", "working"),
        NoticeKind.REFERRAL_CONVERTED: ("corrected", "refunded", "withdrawn"),
        NoticeKind.REFERRAL_STAFF: ("waiting", "refunded", "withdrawn"),
    }
    for kind in REFERRAL_KINDS:
        notice = sample(kind, policy)
        facts = notice.referral
        assert facts is not None
        for event in events.get(kind, ()):
            line = facts.line and replace(facts.line, event=event, pays=Decimal(0))
            yield replace(notice, referral=replace(facts, event=event, line=line))
        for because in (None, *Uncounted):
            stands = because.standing() if because else Standing(S.REJECTED, "не наш рынок <1>")
            event, why = stands.state.value, {"reason": stands.reason, "because": because}
            line = facts.line and replace(facts.line, event=event, **why)
            if kind is NoticeKind.REFERRAL_RECEIVED:
                yield replace(notice, referral=replace(facts, event=event, line=line))
        bare = {"lines": (), "entries": (), "checklist": (), "progress": None, "on_the_way": False}
        yield replace(notice, referral=replace(facts, **bare, more=0))  # type: ignore[arg-type]
        yield replace(notice, referral=replace(facts, more=120))
        for terms in (
            ReferralSection(successes=1, window_days=1, holding_days=1),
            ReferralSection(
                minimum_amount=Decimal("99.5"),
                compensation=Compensation(share=Decimal("0.125"), cap=Decimal(500)),
            ),
        ):
            yield replace(notice, referral=replace(facts, terms=terms))


def _tracks(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about a track branch: one step or all, certifying or not."""
    steps = policy.tracks["gold"].steps
    for kind in (NoticeKind.TRACK_REMINDER, NoticeKind.TRACK_LAPSED):
        notice = sample(kind, policy)
        for some in (steps, steps[:1], steps[-1:]):
            lines = tuple(TrackLine(step, date(2026, 12, 1)) for step in some)
            yield replace(notice, track=TrackFacts(lines, date(2026, 12, 31)))
        gold = policy.tiers[-1].model_copy(update={"requires": ("expertise",)})
        asking = policy.model_copy(update={"tiers": (*policy.tiers[:-1], gold)})
        yield replace(notice, policy=asking, tier=gold)
    qualified = sample(NoticeKind.QUALIFIED, policy)
    yield replace(qualified, track=track_of(policy, policy.tiers[-1]))
    yield replace(sample(NoticeKind.WELCOME, policy), track=None)


def _offers(policy: Policy) -> Iterator[Notice]:
    """Every way that a change of offers is told, in every kind that tells one."""
    line = OfferLine("Wartung", Decimal("1234.5"), before=Decimal(1000))
    many = tuple(replace(line, name=f"Offer {number:02}") for number in range(14))
    lines = (line, OfferLine("Zum Fest"), replace(line, orderable=False), *many)
    for kind in OFFERS:
        notice = sample(kind, policy)
        if notice.by_person is not None:  # also as it is without a case
            notice = replace(notice, by_person=replace(notice.by_person, in_case=False))
        yield replace(notice, offers_change=None)
        for parts in (
            {"opens": lines[:2]},
            {"reprices": lines[:1]},
            {"closes": lines[:3]},
            {"opens": lines, "reprices": lines[:13], "closes": lines},
        ):
            yield replace(notice, offers_change=OffersChange("EUR", **parts))
    rise = sample(NoticeKind.PRICE_CHANGE, policy)
    assert rise.price is not None
    yield replace(rise, price=replace(rise.price, withdrawn=True))
    yield replace(rise, price=replace(rise.price, withdrawn=True, before=None))
    untold = tuple(f"partner-{number}" for number in range(250))
    yield replace(sample(NoticeKind.PRICES_TOLD, policy), price=replace(rise.price, untold=untold))


def _changes(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about a review or a new policy branch."""
    many = tuple(f"partner-{number}" for number in range(250))
    guard = sample(NoticeKind.GUARD, policy)
    yield replace(guard, guard_list=many)
    yield replace(guard, guard_list=(), hold_detail="", waiting_since=None)
    for kind in (NoticeKind.STANDARDS_CHANGED, NoticeKind.POLICY_PUBLISHED):
        notice = sample(kind, policy)
        assert notice.change is not None
        for more in (
            {"criteria": (), "replaces": date(2026, 12, 1)},
            {"replaces": date(2026, 12, 1), "has_case": True},
            {"in_case": True},
            {"discount": DiscountChange(Decimal("0.1"), None)},
            {"criteria": (), "discount": DiscountChange(Decimal("0.1"), Decimal("0.05"))},
            {
                "criteria": (),
                "discount": DiscountChange(Decimal("0.125"), None),
                "replaces": date(2026, 12, 1),
            },
            {"criteria": (), "discount_stays": True, "replaces": date(2026, 12, 1)},
            {"untold": ()},
            {"untold": many},
        ):
            yield replace(notice, change=replace(notice.change, **more))  # type: ignore[arg-type]
    moved = replace(sample(NoticeKind.STANDARDS_CHANGED, policy), deadline=date(2026, 12, 30))
    assert moved.change is not None
    yield replace(moved, change=replace(moved.change, in_case=True), decision_day=date(2027, 1, 3))


def _exclusives(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about exclusives branch."""
    plain = {"minimum_orders": 0, "completion": None, "required_tier": None}
    for kind, usual in EXCLUSIVE_EVENTS.items():
        notice = sample(kind, policy)
        facts = notice.exclusive
        assert facts is not None
        events = [usual]
        if kind is NoticeKind.EXCLUSIVE_ACTIVE:
            events = [NewsEvent.RESTORED, NewsEvent.CURED, NewsEvent.SAFE]
        if kind is NoticeKind.EXCLUSIVE_WARNING:
            events = [NewsEvent.MISSED, NewsEvent.TIER_LOST]
        for event in events:
            told = replace(facts, event=event)
            yield replace(notice, exclusive=told)
            yield replace(notice, exclusive=replace(told, area="", offers=(), begun=True))
            yield replace(notice, exclusive=replace(told, recovery_days=1, record=()))
            for period in Period:
                days = {"cure_days": 1, "minimum_orders": 1, "min_sample": 1, "max_holders": 2}
                terms = replace(told.terms, period=period, **days)
                yield replace(notice, exclusive=replace(told, terms=terms))
            terms = replace(told.terms, max_holders=4)
            quarter = PeriodFacts(Span(Month(2026, 7), Month(2026, 9)), Sold(), 3)
            yield replace(notice, exclusive=replace(told, terms=terms, period=quarter))
            if event is NewsEvent.TIER_LOST:  # it asks for one
                continue
            bare = replace(told.terms, **plain)  # type: ignore[arg-type]
            yield replace(notice, exclusive=replace(told, terms=bare, required_tier=None))
    ended = sample(NoticeKind.EXCLUSIVE_ENDED, policy)
    assert ended.exclusive is not None
    for ending in Ending:
        facts = replace(ended.exclusive, ending=ending)
        yield replace(ended, exclusive=facts)
        if ending is not Ending.MISSED:
            yield replace(ended, exclusive=replace(facts, period=None))
        if ending is not Ending.TIER_LOST:
            yield replace(ended, exclusive=replace(facts, required_tier=None))
