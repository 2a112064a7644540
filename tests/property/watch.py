"""Looks at the database after every call, and holds what has changed against the model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.cases.case import CaseStatus, Next, Outcome
from partners.domain.mail.notices import NoticeKind
from partners.mail.transport import Message
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow, OverrideRow, TierChangeRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests.property.model import BELOW, ONE_DAY, PASSING, START, Model

GRACE = 30
SETTLING_DAYS = 3
RECOVERY_HOLD = timedelta(days=14)
GUARD_DAYS = timedelta(days=7)
OF_OVERRIDES = ("waived", "blocked", "unblocked", "pinned", "unpinned")
PEOPLES = (Outcome.WAIVED, Outcome.BLOCKED)
LONGEST_GRACE = 60
REMOVALS = (Outcome.REMOVED, Outcome.DEMOTED)


@dataclass(frozen=True)
class Seen:
    """A case's row as it stood after a call."""

    case_id: str
    partner_id: str
    tier: str
    month: int
    policy_version: int
    status: str
    next: str | None
    outcome: str | None
    warned_at: datetime | None
    clock_from: datetime | None
    deadline: date | None
    period_days: int
    recovery_since: datetime | None
    metrics: tuple[str, ...]

    @classmethod
    def of(cls, row: CaseRow) -> Seen:
        below = tuple(f["metric"] for f in row.findings if f["verdict"] == BELOW)
        names = [name for name in cls.__dataclass_fields__ if name != "metrics"]
        return cls(**{name: getattr(row, name) for name in names}, metrics=below)


class Watch:
    """Compares each state of the database with the one before. `person`: whose command runs."""

    def __init__(self, database: Database, model: Model, reached: Counter[str]) -> None:
        """`reached`: counts the states and outcomes that cases come to, over all sequences."""
        self.database, self.model, self.reached = database, model, reached
        self.now = START
        self.person: str | None = None
        self.beyond = False
        self._cases: dict[str, Seen] = {}
        self._moves: set[str] = set()
        self._acted: list[tuple[str, datetime]] = []

    def begin(self, person: str, beyond: bool) -> None:
        """A person's command runs from here on; `beyond`: past what the rules allow."""
        self.person, self.beyond = person, beyond

    def end(self) -> None:
        self.person, self.beyond = None, False

    @property
    def today(self) -> date:
        return self.now.date()

    def look(self, now: datetime) -> None:
        """Check everything that has changed since the last look."""
        self.now = now
        with self.database.read() as session:
            cases = {row.case_id: Seen.of(row) for row in session.scalars(select(CaseRow))}
            for case_id, case in cases.items():
                self._check(session, self._cases.get(case_id), case)
            assert self._cases.keys() <= cases.keys(), "a case is gone"
            self._cases = cases
            self._check_tiers(session)
            if self.person not in OF_OVERRIDES:  # else the model hears of it afterwards
                self._check_overrides(session)

    # ---- a case ----

    def _check(self, session: Session, before: Seen | None, after: Seen) -> None:
        if before == after:
            return
        if before is None:
            self._check_opening(after)
            return
        assert before.status != CaseStatus.CLOSED, f"a closed case has changed: {before} {after}"
        if before.policy_version != after.policy_version:
            assert self.person == "migrate", "only a person moves a case to another policy"
        if after.status == CaseStatus.IN_GRACE and before.status == CaseStatus.OPENED:
            self._check_clock(session, after)
        if after.period_days > LONGEST_GRACE:
            assert self.beyond or before.period_days == after.period_days, "longer than 60 days"
        if before.clock_from == after.clock_from and before.deadline and after.deadline:
            assert before.deadline <= after.deadline, "a deadline moved earlier"
        if after.next is not None and (before.next, before.status) != (after.next, after.status):
            self._check_decision(before, after)
        if after.status != before.status:
            self.reached[after.status] += 1
        if before.outcome != after.outcome:
            self.reached[after.outcome or ""] += 1
            assert before.outcome is None, f"a second outcome: {before} {after}"
            self._check_outcome(session, before, after)

    def _check_opening(self, case: Seen) -> None:
        assert not self.model.in_force(case.partner_id, self.today), "opened under an override"
        assert case.metrics
        for metric in ("orders_per_month", "acceptance_rate"):
            verdict = self._in_month(case, (metric,))
            assert (verdict == BELOW) == (metric in case.metrics), (metric, verdict, case)

    def _check_clock(self, session: Session, case: Seen) -> None:
        """Rules 1 and 12: the period runs in full from a notice that was taken."""
        assert case.clock_from is not None
        assert case.deadline is not None
        self.model.approved.discard(case.case_id)
        row = session.scalars(
            select(OutboxRow)
            .where(OutboxRow.case_id == case.case_id, OutboxRow.settled_at == case.clock_from)
            .where(OutboxRow.kind.in_([NoticeKind.WARNING, NoticeKind.FINAL_NOTICE]))
        ).one()
        assert self._is_taken(row)
        days = GRACE if row.kind == NoticeKind.WARNING else 1
        assert case.deadline >= case.clock_from.date() + timedelta(days)
        assert row.stated_deadline is not None
        assert case.deadline >= row.stated_deadline

    def _check_decision(self, before: Seen, case: Seen) -> None:
        """What was decided is what the model says, on all that is known now."""
        if case.next == Next.VOID:
            moved = self.person == "migrate" or self.model.tiers[case.partner_id] != case.tier
            assert moved or self._in_month(case) != BELOW, f"voided without a reason: {case}"
            return
        newest = min(self.model.through, self.today - ONE_DAY)
        if case.next == Next.REINSTATE:
            as_of = min(newest, case.deadline or newest)
            assert self._cured(case, as_of) == PASSING, f"reinstated uncured: {case}"
            since = before.recovery_since
            sustained = since is not None and since + RECOVERY_HOLD <= self.now
            assert sustained or before.status != CaseStatus.IN_GRACE or self._is_due(case)
        if case.next == Next.REMOVE:
            assert self._is_due(case), f"decided before its day: {case}"
            self._check_failing(case)

    def _is_due(self, case: Seen) -> bool:
        assert case.deadline is not None
        return self.today > case.deadline + timedelta(SETTLING_DAYS)

    def _check_failing(self, case: Seen) -> None:
        assert case.deadline is not None
        assert self.model.through >= case.deadline, "decided on days that nobody knows"
        assert self._in_month(case) == BELOW, "was not below after all"
        assert self._cured(case, case.deadline) == BELOW, "was cured at the deadline"

    def _check_outcome(self, session: Session, before: Seen, case: Seen) -> None:
        if case.outcome in REMOVALS:
            self._check_removal(session, before, case)
        elif case.outcome in PEOPLES:
            assert self.person == case.outcome
        elif case.outcome == Outcome.REINSTATED:
            assert before.next == Next.REINSTATE or self.person == "reinstated"
        elif case.outcome == Outcome.RECOVERED_BEFORE_WARNING:
            assert case.warned_at is None
            newest = min(self.model.through, self.today - ONE_DAY)
            assert self._in_month(case) != BELOW or self._cured(case, newest) == PASSING
        elif self.person is None and before.next != Next.VOID:
            exempt = self.model.in_force(case.partner_id, self.today)
            moved = self.model.tiers[case.partner_id] != case.tier
            assert before.status == CaseStatus.OPENED
            assert exempt or moved, f"voided by nobody: {case}"

    def _check_removal(self, session: Session, before: Seen, case: Seen) -> None:
        """No removal without an accepted warning and the full grace after it."""
        if self.person is not None:
            assert self.person == "removed"
            self._acted.append((case.partner_id, self.now))
            if self.beyond:
                return
        else:
            assert before.next == Next.REMOVE
            assert case.partner_id not in self.model.appealed, "removed while an appeal waits"
            self._check_failing(case)
            in_force = self.model.in_force(case.partner_id, self.today)
            assert not in_force, f"removed by automation under an override: {in_force}"
            self._check_guard(case)
        warnings = session.scalars(
            select(OutboxRow).where(
                OutboxRow.case_id == case.case_id, OutboxRow.kind == NoticeKind.WARNING
            )
        ).all()
        accepted = [r.settled_at for r in warnings if r.settled_at and self._is_taken(r)]
        assert accepted, "removed without a warning"
        assert self.now >= min(accepted) + timedelta(days=GRACE), "removed within the grace"
        assert case.deadline is not None
        assert self.today > case.deadline
        self.model.approved.discard(case.case_id)

    def _is_taken(self, row: OutboxRow) -> bool:
        key = row.message_key
        return row.state == "accepted" and bool(
            self.model.taken[key] or key in self.model.said_sent
        )

    # ---- the model's word ----

    def _required(self, case: Seen) -> int:
        return self.model.standards[case.policy_version][case.tier]

    def _in_month(self, case: Seen, metrics: tuple[str, ...] = ()) -> str:
        required, names = self._required(case), list(metrics or case.metrics)
        return self.model.in_month(case.partner_id, names, required, case.month)

    def _cured(self, case: Seen, as_of: date) -> str:
        return self.model.cured(case.partner_id, list(case.metrics), self._required(case), as_of)

    def _check_guard(self, case: Seen) -> None:
        """Rule 13: of two partners within a week the second needs a person's word."""
        who = case.partner_id
        lately = {p for p, at in self._acted if p != who and at > self.now - GUARD_DAYS}
        assert not lately or case.case_id in self.model.approved, "over the guard"
        self._acted.append((who, self.now))

    # ---- mail ----

    def took(self, message: Message) -> None:
        """The provider takes a message: only once, and only if it is still true."""
        with self.database.read() as session:
            row = session.get_one(OutboxRow, message.outbox_id)
            self.model.taken[row.message_key] += 1
            assert self.model.taken[row.message_key] == 1, f"sent twice: {row.message_key}"
            if row.kind == NoticeKind.WARNING:
                self._check_warning(Seen.of(session.get_one(CaseRow, row.case_id)))

    def _check_warning(self, case: Seen) -> None:
        assert case.outcome is None
        assert not self.model.in_force(case.partner_id, self.today), "warned under an override"
        assert self._in_month(case) == BELOW, "warned though not below"
        newest = min(self.model.through, self.today - ONE_DAY)
        assert self._cured(case, newest) != PASSING, "warned though cured"
        self._check_guard(case)

    # ---- tiers and overrides ----

    def _check_tiers(self, session: Session) -> None:
        """A tier changes by a recorded move only; a case moves a partner once."""
        for move in session.scalars(select(TierChangeRow).order_by(TierChangeRow.changed_at)):
            if move.key in self._moves:
                continue
            self._moves.add(move.key)
            assert move.from_tier == self.model.tiers[move.partner_id]
            if move.case_id:
                assert self._cases[move.case_id].outcome in REMOVALS
            else:
                assert self.person in ("removed", "reinstated", "overturned"), "moved by nobody"
                assert not self.model.in_force(move.partner_id, self.today) & {"block", "pin"}
                if self.person == "removed":
                    assert self.beyond, "removed without a warning"
                    self._acted.append((move.partner_id, self.now))
            self.model.tiers[move.partner_id] = move.to_tier
        for row in session.scalars(select(PartnerRow)):
            assert row.tier == self.model.tiers[row.partner_id], "a tier changed by itself"

    def _check_overrides(self, session: Session) -> None:
        """Automation never undoes what a person said (rule 16)."""
        rows = session.scalars(select(OverrideRow).order_by(OverrideRow.override_id)).all()
        found = [(r.partner_id, r.kind, r.from_day, r.until_day, r.who) for r in rows]
        said = [(o.partner_id, o.kind, o.first, o.until, o.who) for o in self.model.overrides]
        assert found == said
