"""Judging everybody, page by page: what a review and a dry run share. Reads, never writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.cases.case import NotOpened, PartnerHistory, why_exempt, why_unjudged
from partners.domain.judging.aside import Aside
from partners.domain.judging.assessment import Assessment, Finding, Rule, Verdict, assess_months
from partners.domain.judging.coverage import Coverage
from partners.domain.judging.windows import Reader, Windows
from partners.domain.policy.policy import Policy, TierKind
from partners.domain.responses.response import Answer, about, answer
from partners.domain.reviews.review import Action, action_on
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.judging import facts, window_sums
from partners.store.judging.aside import in_halves
from partners.store.judging.unusual import Unusual, unusual_of
from partners.store.judging.window_sums import Enrolled, Range

ALL_KINDS = frozenset(TierKind)


class Judged(NamedTuple):
    """One partner held against the standards of their tier, and what is to be done.

    `reason`: why a partner who is below gets no case. `answer`: which step each failing criterion
    leads to, where standards are answered by check-ins; None: all of them lead to a case.
    """

    partner_id: str
    tier: str
    assessment: Assessment
    action: Action
    reason: NotOpened | None = None
    answer: Answer | None = None

    @property
    def warned_of(self) -> tuple[Finding, ...]:
        """What a case of theirs is opened with."""
        found = self.assessment.findings
        return found if self.answer is None else about(found, self.answer.warned)

    @property
    def checked_in_on(self) -> tuple[Finding, ...]:
        """What a check-in is about."""
        metrics = self.answer.check_ins if self.answer else ()
        return tuple(f for f in self.assessment.below if f.metric in metrics)


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """Partners judged together. `last_id` is where the next page begins after."""

    last_id: str
    judged: list[Judged]
    exempt: int  # not judged: waived, blocked, in a public or unknown tier
    aside: list[Aside] = field(default_factory=list)  # could not be judged


@dataclass(frozen=True)
class _Months:
    """What to sum over the months that count, and how to judge the sums, by tier."""

    windows: Windows
    readers: dict[str, Reader]


@dataclass
class Judge:
    """One month's rules, worked out once: windows, coverage, standards by tier.

    `kinds`: the kinds of tier that are judged; partners in others are exempt.
    """

    policy: Policy
    coverage: Coverage
    month: Month
    as_of: date
    kinds: frozenset[TierKind] = ALL_KINDS
    calendar: ProgramCalendar = field(init=False)

    def __post_init__(self) -> None:
        self.calendar = calendar_of(self.policy)
        self._standards = {t.key: list(t.keep_standards.values()) for t in self.policy.tiers}
        judge_from = self.policy.review.judge_from
        self._everybody = self._months(judge_from and judge_from - timedelta(days=1))
        self._from: dict[Month, _Months] = {}
        self._responds = {t.key for t in self.policy.tiers if t.keep_responds}
        self._need_feed = {k for k, of in self._standards.items() if self.policy.needs_feed(of)}
        self._judged_tiers = {
            tier.key
            for tier in self.policy.tiers
            if tier.kind in self.kinds and tier.kind is not TierKind.PUBLIC
        }

    @classmethod
    def of(
        cls,
        session: Session,
        policy: Policy,
        month: Month,
        as_of: date,
        kinds: frozenset[TierKind] = ALL_KINDS,
    ) -> Judge:
        return cls(policy, facts.coverage(session), month, as_of, kinds)

    # ---- the months ----

    def _months(self, since: date | None) -> _Months:
        """The months that count for whom none counts that began on `since` or before."""
        criteria = [criterion for of_tier in self._standards.values() for criterion in of_tier]
        windows = Windows(self.policy, criteria, self.coverage, self.month, since)
        readers = {
            key: windows.reader([Rule.of(self.policy, c) for c in of_tier])
            for key, of_tier in self._standards.items()
        }
        return _Months(windows, readers)

    def _months_from(self, first: Month) -> _Months:
        """As `_months`, from a month on; worked out once, for there are few such months."""
        if first not in self._from:
            self._from[first] = self._months(first.first_day - timedelta(days=1))
        return self._from[first]

    # ---- a page ----

    def next_page(
        self, session: Session, ids: Range, limit: int | None = None
    ) -> JudgedPage | None:
        """Judge the next partners of a range; None after the last."""
        page = window_sums.partners_page(session, ids, limit)
        if not page:
            return None
        pages, aside = in_halves(page, lambda some: self._judge_page(session, some))
        judged = [one for some in pages for one in some.judged]
        exempt = sum(some.exempt for some in pages)
        return JudgedPage(page[-1].partner_id, judged, exempt, aside)

    def _judge_page(self, session: Session, page: list[Enrolled]) -> JudgedPage:
        unusual = self._unusual(session, page)
        judgeable = [p for p in page if self._why_exempt(p, unusual) is None]
        assessments = self._assess(session, judgeable, unusual)
        judged = [self._judge(p, assessments[p.partner_id], unusual) for p in judgeable]
        return JudgedPage(page[-1].partner_id, judged, len(page) - len(judged))

    def _unusual(self, session: Session, page: Sequence[Enrolled]) -> Unusual:
        responds = bool(self._responds)
        return unusual_of(session, page, self.calendar, self.as_of, responds=responds)

    def _why_exempt(self, partner: Enrolled, unusual: Unusual) -> NotOpened | None:
        overrides = unusual.overrides.get(partner.partner_id)
        if overrides is None and partner.tier in self._judged_tiers:
            return None  # nearly everybody
        reason = why_exempt(partner, self.policy, overrides or ())
        if reason is None and partner.tier not in self._judged_tiers:
            return NotOpened.PUBLIC_TIER
        return reason

    def assessments(self, session: Session, page: list[Enrolled]) -> dict[str, Assessment]:
        """Hold partners, sorted by id, against the standards of their tiers, exempt or not; each
        must be in a tier of the policy. Nothing follows from it."""
        return self._assess(session, page, self._unusual(session, page)) if page else {}

    # ---- one partner ----

    def _history(self, partner: Enrolled, unusual: Unusual) -> PartnerHistory:
        known = unusual.histories.get(partner.partner_id)
        if known is not None:
            return known
        return PartnerHistory(partner.joined_on, partner.tier_since or partner.joined_on)

    def _spared_until(self, partner: Enrolled, unusual: Unusual) -> Month | None:
        """The first month that counts where rule 10 spares this partner some; None: as for all."""
        if partner.partner_id in unusual.histories:
            since = self._history(partner, unusual).since(None)
        else:
            since = max(partner.tier_since or partner.joined_on, partner.joined_on)
        if since < self._everybody.windows.first.first_day:
            return None
        judge_from = self.policy.review.judge_from
        last_spared = max(since, judge_from - timedelta(days=1)) if judge_from else since
        return Month.of(last_spared).plus(1)

    def _assess(
        self, session: Session, page: Sequence[Enrolled], unusual: Unusual
    ) -> dict[str, Assessment]:
        """Hold each partner against the standards of their tier, on the months that count."""
        alike: defaultdict[Month | None, list[Enrolled]] = defaultdict(list)
        own = [p for p in page if p.partner_id in unusual.unknown]
        assessments = self._assess_alone(session, own, unusual) if own else {}
        for partner in page:
            if partner.partner_id not in unusual.unknown:
                alike[self._spared_until(partner, unusual)].append(partner)
        for first, partners in alike.items():
            months = self._everybody if first is None else self._months_from(first)
            few = len(partners) * 2 < len(page)
            summed = window_sums.summed_facts(session, partners, months.windows, scattered=few)
            for p in partners:
                assert p.tier is not None
                reader = months.readers[p.tier]
                assessments[p.partner_id] = reader.assess(summed[p.partner_id], self.as_of)
        return assessments

    def _assess_alone(
        self, session: Session, own: list[Enrolled], unusual: Unusual
    ) -> dict[str, Assessment]:
        """Those of whom the feed knows other days than of the rest, month by month."""
        judge_from = self.policy.review.judge_from
        since = {p.partner_id: self._history(p, unusual).since(judge_from) for p in own}
        known = facts.monthly_facts(session, list(since), self.policy, self.month, since)
        found = {}
        for p in own:
            of_tier, mine = self._standards[p.tier or ""], known[p.partner_id]
            found[p.partner_id] = assess_months(self.policy, of_tier, mine, self.month, self.as_of)
        return found

    def _judge(self, partner: Enrolled, assessment: Assessment, unusual: Unusual) -> Judged:
        assert partner.tier is not None
        verdict = assessment.verdict
        if verdict is not Verdict.BELOW:
            return Judged(partner.partner_id, partner.tier, assessment, Action.NONE)
        reason, answered = self._why_no_case(partner, unusual), None
        has_case = partner.partner_id in unusual.open_cases
        if reason is None and not has_case and partner.tier in self._responds:
            answered = self._answer(partner, assessment, unusual)
            reason = answered.why_no_case
        action = action_on(verdict, reason, has_case)
        return Judged(partner.partner_id, partner.tier, assessment, action, reason, answered)

    def _answer(self, partner: Enrolled, assessment: Assessment, unusual: Unusual) -> Answer:
        """The next step for each criterion that the partner fails."""
        tier = self.policy.tier(partner.tier or "")
        assert tier is not None
        return answer(
            tier.keep_standards,
            assessment.below,
            unusual.steps.get(partner.partner_id, ()),
            self.month,
            self.as_of,
            self.policy.response.repeat_within_days,
        )

    def _why_no_case(self, partner: Enrolled, unusual: Unusual) -> NotOpened | None:
        """Why a partner who is below gets no case (rules 3 and 10)."""
        if not self.policy.enrolment.includes(partner.partner_id):
            return NotOpened.NOT_LAUNCHED
        needs_feed = partner.tier in self._need_feed
        history = self._history(partner, unusual)
        return why_unjudged(history, self.policy, self.coverage, self.month, self.as_of, needs_feed)


def judge_all(
    session: Session,
    policy: Policy,
    month: Month,
    as_of: date,
    kinds: frozenset[TierKind] = ALL_KINDS,
) -> Iterator[JudgedPage]:
    """Judge everybody in a tier on the whole months that end with `month`; writes nothing."""
    judge = Judge.of(session, policy, month, as_of, kinds)
    ids = Range()
    while (page := judge.next_page(session, ids)) is not None:
        yield page
        ids = Range(page.last_id)
