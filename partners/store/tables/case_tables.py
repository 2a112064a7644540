"""The tables of cases: where each stands, what was decided, and who said otherwise."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.cases.case import CaseStatus, HoldReason, Next, Outcome
from partners.domain.cases.commands import AppealState, CommandKind
from partners.domain.mail.notices import NoticeKind
from partners.domain.overrides.override import Override
from partners.domain.record.decisions import Because, Step
from partners.store.tables.base import Base, PartnerId, Word


class CaseRow(Base):
    """A case. The workflow's own memory of it is only a copy: a new run goes on from this row."""

    __tablename__ = "cases"
    __table_args__ = (
        # The lock that lasts (ADR 002): a workflow's id keeps others out only while a run is open.
        Index(
            "uq_cases_one_open_per_partner",
            "partner_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("uq_cases_partner_id_month", "partner_id", "month", unique=True),
        Index(
            "ix_cases_recheck",
            "closed_at",
            sqlite_where=text("recheck"),
            postgresql_where=text("recheck"),
        ),
    )

    case_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`<partner_id>-<month>`."""
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    month: Mapped[int]
    """The newest month it was opened on, YYYYMM; once per partner and month (rule 10)."""
    since: Mapped[date]
    """Only months that began after this day were held against the partner."""
    tier: Mapped[str] = mapped_column(String(64))
    """The partner's tier when the case opened."""
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    """Pinned: the case is judged by it throughout (rule 6)."""
    repeat: Mapped[bool]
    """A relapse soon after the last case (rule 7)."""
    revision: Mapped[int]
    """Rises with every change; applying an outcome compares it (rule 17)."""
    status: Mapped[CaseStatus] = mapped_column(Word(CaseStatus))
    opened_at: Mapped[datetime]
    findings: Mapped[list[dict[str, Any]]]
    """Of the whole-month assessment that opened the case; those below are the warned ones."""
    latest: Mapped[list[dict[str, Any]]]
    """Findings of the newest trailing assessment of the warned criteria; empty before the first."""
    notice_kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind))
    """The notice whose acceptance starts the clock: warning, or final_notice after a hold."""
    attempt: Mapped[int]
    """The attempt at that notice; rises only on a recorded failure (rule 9)."""
    warned_at: Mapped[datetime | None]
    """When the provider accepted the warning; None before."""
    clock_from: Mapped[datetime | None]
    """When the running period began: `warned_at`, or the acceptance of the final notice."""
    stated_deadline: Mapped[date | None]
    """The deadline that the accepted notice states."""
    deadline: Mapped[date | None]
    """The last day that counts (rule 12)."""
    period_days: Mapped[int]
    """Length of the running period: the grace, or the final notice's."""
    notices_done: Mapped[list[str]]
    """Keys of reminders sent or skipped, and of staff notices sent once."""
    recovery_since: Mapped[datetime | None]
    """When the first cured assessment began the recovery hold (rule 7)."""
    hold_reason: Mapped[HoldReason | None] = mapped_column(Word(HoldReason))
    hold_count: Mapped[int]
    """How often the case was put on hold."""
    hold_since: Mapped[datetime | None]
    hold_detail: Mapped[str | None]
    """What is known of the reason."""
    hold_notices: Mapped[int]
    """How many staff notices this hold has had."""
    hold_until: Mapped[date | None]
    """Paused: the last day of the pause; None: until a person ends it."""
    approved_by: Mapped[str | None]
    """Who approved warning or removing over the guard (rule 13)."""
    next: Mapped[Next | None] = mapped_column(Word(Next))
    """What the newest decision leads to, until it is applied; see `domain.cases.case.Next`."""
    decided_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome, 32))
    silent: Mapped[bool]
    """The partner is not told of the outcome: the workflow was cancelled."""
    closed_at: Mapped[datetime | None]
    untold: Mapped[bool]
    """An import touched the partner, and the workflow has not been signalled yet."""
    recheck: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Closed: data of its days have changed since, and it has not been judged on them yet."""


class DecisionRow(Base):
    """Every decision with its inputs: why, by which policy, on which findings (rule 15)."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "partner_id"), Index(None, "case_id"))

    decision_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
    step: Mapped[Step] = mapped_column(Word(Step, 32))
    result: Mapped[str]
    """What was decided, in a word or a sentence: for people alone."""
    came_to: Mapped[str | None] = mapped_column(String(80))
    """The same as a code: a `Verdict`, `NotOpened`, `Next`, `HoldReason` or `Outcome`, by the
    step; None: the step has none."""
    because: Mapped[Because | None] = mapped_column(Word(Because, 32))
    """Why, of a case that was decided."""
    as_of: Mapped[date]
    """The last day whose data counted."""
    policy_version: Mapped[int]
    findings: Mapped[list[dict[str, Any]]]
    actor: Mapped[str]
    """`workflow <run id>`, or the person who decided."""
    reason: Mapped[str | None]
    """A person's words."""


class TierChangeRow(Base):
    """Every change of tier, once per key."""

    __tablename__ = "tier_changes"
    __table_args__ = (Index(None, "partner_id"),)

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    from_tier: Mapped[str | None]
    to_tier: Mapped[str | None]
    """None: out of the program."""
    changed_at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]


class OverrideRow(Base):
    """A person's word over the automation, until it ends (rule 16)."""

    __tablename__ = "overrides"
    __table_args__ = (Index(None, "partner_id"),)

    override_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    kind: Mapped[Override] = mapped_column(Word(Override))
    """See `domain.overrides.override.Override`: waiver, block, offers, pin."""
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    """The last day; None: until ended."""
    who: Mapped[str]
    reason: Mapped[str]
    offers: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """Kind offers: which ones are blocked."""


class InterventionRow(Base):
    """What a person did about a partner, with all that its notice says; the override itself, the
    change of tier or the case's step are written with it."""

    __tablename__ = "interventions"
    __table_args__ = (Index(None, "partner_id"), Index(None, "case_id"))

    intervention_id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str | None] = mapped_column(String(160), unique=True)
    """The activity that carried it out, so that it does so once; None: a command line."""
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.case_id"))
    """The open case it was about; None: there was none."""
    kind: Mapped[CommandKind] = mapped_column(Word(CommandKind))
    at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    beyond_policy: Mapped[bool]
    """The person said that it goes beyond what the policy allows."""
    quiet: Mapped[bool]
    """The person said that the partner is not to be told."""
    tier: Mapped[str | None] = mapped_column(String(64))
    """The tier it is about: of a removal the one that was left; None: of no tier."""
    to_tier: Mapped[str | None] = mapped_column(String(64))
    """The partner's tier afterwards."""
    deadline: Mapped[date | None]
    """Of the case, afterwards."""
    until: Mapped[date | None]
    """The last day of a pause or an override."""
    offers: Mapped[list[str]]
    told: Mapped[str | None]
    """What became of the notice; None: it is yet to be sent."""


class AppealRow(Base):
    """A partner's appeal, opened by staff for them: at most one is open per partner."""

    __tablename__ = "appeals"
    __table_args__ = (
        Index(
            "uq_appeals_one_open_per_partner",
            "partner_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "case_id"),
    )

    appeal_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.case_id"))
    """The open case that it is against; None: against a change of tier."""
    against: Mapped[str | None] = mapped_column(String(160))
    """The key of that change of tier; see `TierChangeRow`."""
    state: Mapped[AppealState] = mapped_column(Word(AppealState))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision: Mapped[str | None]
    """The words of whoever decided."""


class GuardActionRow(Base):
    """Each partner warned or removed, as the guard counts them (rule 13)."""

    __tablename__ = "guard_actions"
    __table_args__ = (Index(None, "acted_at", "partner_id"),)

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    acted_at: Mapped[datetime]
