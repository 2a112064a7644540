"""What passes between the workflow and its activities: ids, dates, numbers; nothing personal.

New fields have defaults: a case lives through several deployments. Dataclasses of pydantic, whose
validators are built once; for standard ones the converter builds them anew for every workflow.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime

from pydantic.dataclasses import dataclass

from partners.domain.cases.case import CaseStatus, HoldReason, Next, Outcome, Reminder
from partners.domain.cases.commands import CommandKind
from partners.domain.cases.outlook import Prospect
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Mailed, Sending
from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class FindingLine:
    """A finding in words, as the timeline shows it."""

    label: str
    measured: str
    required: str
    verdict: Verdict


@dataclass(frozen=True)
class Telling:
    """What a person did, whose notice is to be sent."""

    intervention_id: int
    kind: CommandKind

    @property
    def notice(self) -> NoticeKind:
        assert self.kind.notice is not None
        return self.kind.notice


@dataclass(frozen=True)
class Act:
    """What a person did, in the words that they signed it with (rule 16)."""

    on: date
    did: str  # "extended: deadline 2026-12-30"
    who: str
    why: str


@dataclass(frozen=True)
class CaseView:
    """A case as its row stands, with every moment that follows from it. Instants: program time."""

    case_id: str
    partner_id: str
    revision: int
    status: CaseStatus
    tier: str
    policy_version: int
    notice_kind: NoticeKind = NoticeKind.WARNING
    attempt: int = 1
    deadline: date | None = None
    deadline_at: datetime | None = None  # the end of that day
    decision_day: date | None = None
    decision_at: datetime | None = None
    reminders: tuple[Reminder, ...] = ()  # those neither sent nor skipped
    recovery_until: datetime | None = None  # the end of the recovery hold, if one runs
    relapse_untold: bool = False  # staff have yet to be told of a repeat (rule 7)
    feed_wait_until: datetime | None = None
    hold_reason: HoldReason | None = None
    hold_detail: str = ""
    hold_notices: int = 0  # how many staff notices this hold has had
    staff_notice_at: datetime | None = None  # when staff are told of the hold (again)
    next: Next | None = None
    outcome: Outcome | None = None
    closing_notice: NoticeKind | None = None
    headline: str = ""  # "6 orders a month, 10 required"
    findings: tuple[FindingLine, ...] = ()
    standing: str = "good"  # the partner's, for the search attribute
    current_tier: str = ""  # the partner's tier now, for the search attribute
    day_ends_at: datetime | None = None  # when the program's day ends on which this was looked at
    clock: ProgramClock = field(default_factory=ProgramClock)
    to_tell: tuple[Telling, ...] = ()  # what people did, of which the partner has yet to be told
    outlook: tuple[Prospect, ...] = ()  # what comes, if nothing changes, and if something does
    resume_at: datetime | None = None  # a pause that has a last day ends then
    migration_untold: bool = False  # the partner has yet to be told of a move to another policy
    month: str = ""  # the newest month on which the partner was found below
    warned_on: date | None = None
    warned_for: str = ""  # what the warning named: "6 orders a month, 10 required"
    held_since: date | None = None
    next_deadline: date | None = None  # of a pause, or an appeal: when it would be, as of today
    decided_on: date | None = None
    decided: str = ""  # the outcome, and how it came about
    afterwards: tuple[str, ...] = ()  # what comes once the outcome is known
    acts: tuple[Act, ...] = ()  # what people did, the latest of them
    more_acts: int = 0  # earlier ones
    mails: tuple[Mailed, ...] = ()  # the latest of them
    more_mails: int = 0  # earlier ones


@dataclass(frozen=True)
class PartnerRef:
    partner_id: str


@dataclass(frozen=True)
class CaseRef:
    case_id: str


@dataclass(frozen=True)
class Opening:
    """The case that was opened or goes on; or None and the reason."""

    case: CaseView | None
    reason: str = ""
    detail: str = ""
    continued: bool = False  # the case was open already
    check_in: bool = False  # no case, but a check-in is due


@dataclass(frozen=True)
class ApplyOutcome:
    case_id: str
    revision: int  # of the case as it was decided; a mismatch applies nothing (rule 17)


@dataclass(frozen=True)
class PlainCommand:
    """A person's command on a case (rule 16)."""

    case_id: str
    who: str
    reason: str
    silent: bool = False  # the workflow was cancelled
    quiet: bool = False  # the partner is not told, as is recorded
    revision: int = 0  # of the case as the person saw it; 0: whatever it is


@dataclass(frozen=True)
class SendNotice:
    case_id: str
    kind: NoticeKind
    reminder_days: int | None = None  # of a reminder: which one
    hold_notice: int | None = None  # of a staff notice: which one of this hold, from 1


@dataclass(frozen=True)
class Sent:
    result: Sending
    case: CaseView
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in program time


@dataclass(frozen=True)
class Told:
    """What became of the notice of an intervention."""

    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in program time
    case: CaseView | None = None  # the case that it was about


@dataclass(frozen=True)
class Untold:
    """What a person did about no case; None: nothing is left to tell."""

    next: Telling | None = None
    clock: ProgramClock = field(default_factory=ProgramClock)


@dataclass(frozen=True)
class GracePeriodInput:
    """All that is needed to start: `{"partner_id": "acme"}`."""

    partner_id: str


@dataclass(frozen=True)
class GracePeriodResult:
    """How it ended. `opened` is false where there was no case to open; `reason` says why."""

    partner_id: str
    opened: bool
    reason: str = ""
    detail: str = ""
    case_id: str | None = None
    outcome: str | None = None
    tier: str | None = None  # the partner's tier afterwards; None: out, or not enrolled
    deadline: date | None = None
