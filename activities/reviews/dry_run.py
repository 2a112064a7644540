"""What a review would do now: who would be warned, promoted, removed, with the mails.

Reads, never writes: rows that a review would change are copies that no session knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.cases import notice_facts
from activities.judging.deciding import at_deadline, why_void
from activities.judging.gathering import CaseFile, Uncased
from activities.judging.moments import decision_at
from activities.responses.check_in_activities import still_below
from partners.calendars import calendar_of
from partners.domain.cases.case import (
    CaseStatus,
    Next,
    Outcome,
    PartnerHistory,
    guard_holds,
    is_repeat,
)
from partners.domain.cases.view import SendNotice
from partners.domain.judging.aside import Aside
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.ladder.ladder import Promotion
from partners.domain.mail.notices import NoticeKind, Rendered
from partners.domain.policy.entering import Approval
from partners.domain.policy.policy import Policy, TierKind
from partners.domain.reviews.review import Action, Would
from partners.domain.time.calendar import Month
from partners.mail.notice import Notice, StepUp
from partners.mail.render import Renderer
from partners.mail.transport import best_address, is_usable
from partners.mail.words import wording
from partners.store.cases import cases
from partners.store.judging import aside
from partners.store.judging.histories import histories
from partners.store.judging.judging import ALL_KINDS, Judged, judge_all
from partners.store.judging.window_sums import Range, partners_page
from partners.store.ladder.ladder_judging import LadderJudge
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PartnerRow

PAGE = 500


@dataclass(frozen=True)
class Planned:
    """One thing that would be done about a partner, and the mail that would go out."""

    action: Would
    partner_id: str
    tier: str
    why: str
    kind: NoticeKind | None = None  # of the mail that would go out
    mail: Rendered | None = None  # only where mails were asked for


class DryRun:
    """One review that does nothing but look.

    What it finds is given out at once and not kept, for there may be thousands of mails. `judged`
    is told of each page: how many partners it had.
    """

    def __init__(
        self,
        session: Session,
        renderer: Renderer | None,  # None: mails are only named
        policy: Policy,
        month: Month,
        now: datetime,
        kinds: frozenset[TierKind] = ALL_KINDS,
        judged: Callable[[int], None] = lambda number: None,
    ) -> None:
        self._told = judged
        self._session = session
        self._renderer = renderer
        self._policy = policy
        self._month, self._now, self._kinds = month, now, kinds
        self._calendar = calendar_of(policy)
        self.verdicts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
        self.below: set[str] = set()

    @property
    def _today(self) -> date:
        return self._calendar.day_of(self._now)

    # ---- warnings ----

    def warnings(self) -> Iterator[Planned]:
        """Who is below and would get a case, or a check-in; counts every verdict on the way."""
        args = (self._session, self._policy, self._month, self._today, self._kinds)
        for page in judge_all(*args):
            for judged in page.judged:
                self.verdicts[judged.assessment.verdict] += 1
                if judged.assessment.verdict is Verdict.BELOW:
                    self.below.add(judged.partner_id)
                if judged.action is Action.CASE:
                    yield from self._apart(judged, self._warning)
                elif judged.action is Action.CHECK_IN:
                    yield from self._apart(judged, self._check_in)
            yield from _set_aside(page.aside)
            self._told(len(page.judged) + page.exempt + len(page.aside))

    def _apart(self, judged: Judged, work: Callable[[Judged], Planned]) -> Iterator[Planned]:
        """What is planned for one partner; one who cannot be judged does not stop the others."""
        done, failed = aside.each_apart([judged.partner_id], lambda _: work(judged))
        yield from done.values()
        yield from _set_aside(failed)
        self._session.expunge_all()  # thousands of partners' rows are not kept

    def _warning(self, judged: Judged) -> Planned:
        matter, history = self._matter(judged, judged.warned_of)
        why = wording.summary(judged.warned_of, self._policy)
        as_of = matter.newest_day()
        if as_of and matter.assess_cure(as_of).verdict is Verdict.PASSING:
            return Planned(Would.NOTHING, judged.partner_id, judged.tier, f"{why}; already cured")
        if not is_usable(best_address(matter.partner.email, matter.partner.fallback_email)):
            why += "; the address can receive no mail: the case would be on hold"
        kind, grace = NoticeKind.WARNING, self._policy.grace
        repeat = is_repeat(history, grace.relapse_days, self._today)
        mail = self._render(
            lambda: notice_facts.about(
                matter, kind, matter.findings, repeat=repeat, grace_days=grace.days
            )
        )
        return Planned(Would.WARN, judged.partner_id, judged.tier, why, kind, mail)

    def _check_in(self, judged: Judged) -> Planned:
        matter, _ = self._matter(judged, judged.checked_in_on)
        why = wording.summary(judged.checked_in_on, self._policy)
        still, gone = still_below(matter)
        if not still:
            words = f"{why}; {next(iter(gone.values()))}"
            return Planned(Would.NOTHING, judged.partner_id, judged.tier, words)
        left, kind = replace(matter, findings=tuple(still)), NoticeKind.CHECK_IN
        mail = self._render(lambda: notice_facts.about(left, kind, left.findings))
        return Planned(Would.CHECK_IN, judged.partner_id, judged.tier, why, kind, mail)

    def _matter(
        self, judged: Judged, findings: Sequence[Finding]
    ) -> tuple[Uncased, PartnerHistory]:
        """What would be warned of, or asked about."""
        session, calendar = self._session, self._calendar
        partner = session.get_one(PartnerRow, judged.partner_id)
        history = histories(session, calendar, [judged.partner_id])[judged.partner_id]
        since = history.since(self._policy.review.judge_from)
        about = (tuple(findings), self._month, since)
        return Uncased(session, partner, self._policy, calendar, self._now, *about), history

    def _render(self, notice: Callable[[], Notice]) -> Rendered | None:
        return self._renderer.render(notice()) if self._renderer else None

    def guard_would_hold(self, warned: list[str]) -> str | None:
        """Why so many warnings would wait for a person (rule 13); None if they would go out."""
        lately = set(cases.seen_lately(self._session, "", self._now))
        enrolled = cases.enrolled(self._session)
        acted = len(lately | set(warned))
        if not warned or not guard_holds(self._policy.guard, acted - 1, enrolled):
            return None
        others = len(lately - set(warned))
        return (
            f"{len(warned)} of {enrolled} partners would be warned, and {others} others were "
            f"warned or removed in the last {cases.GUARD_DAYS} days"
        )

    # ---- promotions ----

    def promotions(self) -> Iterator[Planned]:
        """Who has earned the next tier; call it after `warnings`, which finds who is below."""
        judge = LadderJudge.of(self._session, self._policy, self._month, self._today)
        ids = Range()
        while page := partners_page(self._session, ids, PAGE, everybody=True):
            verdicts, failed = judge.judge_page(self._session, page, self.below)
            for partner_id, verdict in verdicts.items():
                if isinstance(verdict, Promotion):
                    yield self._promotion(partner_id, verdict)
            yield from _set_aside(failed)
            self._session.expunge_all()
            self._told(len(page))
            ids = Range(page[-1].partner_id)

    def _promotion(self, partner_id: str, step: Promotion) -> Planned:
        words = f"{step.from_tier or 'no tier'} → {step.to_tier}"
        if self._policy.promotion.approval is Approval.STAFF:
            words += "; waits for staff"
            return Planned(Would.PROPOSE, partner_id, step.from_tier or "–", words)
        partner = self._session.get_one(PartnerRow, partner_id)
        tier = self._policy.tier(step.to_tier)
        assert tier is not None
        kind = NoticeKind.PROMOTED if step.from_tier else NoticeKind.WELCOME
        if self._renderer is None:
            return Planned(Would.PROMOTE, partner_id, step.from_tier or "–", words, kind)
        notice = Notice(
            kind=kind,
            policy=self._policy,
            tier=tier,
            partner_id=partner_id,
            partner_name=partner.name,
            language=partner.language or self._policy.program.language,
            findings=step.findings,
            today=self._today,
            step=StepUp(
                old_tier=self._policy.tier(step.from_tier) if step.from_tier else None,
                returns=step.from_tier is None and partner.left_on is not None,
            ),
        )
        mail = self._renderer.render(notice)
        return Planned(Would.PROMOTE, partner_id, step.from_tier or "–", words, kind, mail)

    # ---- open cases ----

    def decisions(self) -> Iterator[Planned]:
        """The open cases whose decision is due, and how each would be decided."""
        query = select(CaseRow).where(
            CaseRow.closed_at.is_(None),
            CaseRow.status.in_((CaseStatus.IN_GRACE, CaseStatus.DECIDING)),
        )
        after = ""
        while found := self._session.scalars(
            query.where(CaseRow.partner_id > after).order_by(CaseRow.partner_id).limit(PAGE)
        ).all():
            self._session.expunge_all()  # copies from here on: nothing of them is written
            after = found[-1].partner_id
            yield from self._due_of({case.partner_id: case for case in found})
            self._told(len(found))

    def _due_of(self, found: dict[str, CaseRow]) -> Iterator[Planned]:
        done, failed = aside.each_apart(found, lambda partner_id: self._due(found[partner_id]))
        yield from (one for one in done.values() if one is not None)
        yield from _set_aside(failed)

    def _due(self, case: CaseRow) -> Planned | None:
        """How a case would be decided, if it is time."""
        partner = self._session.get_one(PartnerRow, case.partner_id)
        self._session.expunge(partner)
        policy = policies.load(self._session, case.policy_version)
        calendar = calendar_of(policy)
        file = CaseFile(self._session, partner, policy, calendar, self._now, case)
        due = decision_at(file)
        return self._decision(file) if due is not None and self._now >= due else None

    def _decision(self, file: CaseFile) -> Planned:
        case, tier = file.case, file.case.tier
        if because := why_void(file):
            kind = NoticeKind.CORRECTION
            return self._ended(file, Would.VOID, Outcome.VOIDED, kind, because.words)
        decision = at_deadline(file)
        if decision.next is Next.REINSTATE:
            kind = NoticeKind.RECOVERED
            return self._ended(file, Would.REINSTATE, Outcome.REINSTATED, kind, decision.why)
        if decision.next is not Next.REMOVE:
            action = Would.HOLD if decision.next is Next.HOLD else Would.WAIT
            return Planned(action, case.partner_id, tier, decision.why)
        assert decision.assessment is not None
        why = f"{wording.summary(decision.assessment.findings, file.policy)} {decision.why}"
        below = file.policy.tier_below(tier)
        file.partner.tier = below.key if below else None
        outcome = Outcome.DEMOTED if below else Outcome.REMOVED
        action = Would.DEMOTE if below else Would.REMOVE
        return self._ended(file, action, outcome, NoticeKind.REMOVAL, why)

    def _ended(
        self, file: CaseFile, action: Would, outcome: Outcome, kind: NoticeKind, why: str
    ) -> Planned:
        file.case.outcome, file.case.decided_at = outcome, self._now
        request = SendNotice(file.case.case_id, kind)
        mail = self._render(lambda: notice_facts.notice(file, request))
        return Planned(action, file.case.partner_id, file.case.tier, why, kind, mail)


def _set_aside(failed: Sequence[Aside]) -> Iterator[Planned]:
    for partner_id, reason in failed:
        yield Planned(Would.SET_ASIDE, partner_id, "–", f"cannot be judged: {reason}")
