"""What a manager reads in the Temporal UI: the current details and the words of the summaries."""

from __future__ import annotations

from collections.abc import Mapping

from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.view import CaseView, SendNotice
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.number_words import number_of
from partners.domain.reviews.view import ReviewView
from partners.domain.time.clock import ProgramClock
from workflows.kit import markdown

SUMMARY_BYTES = 200
"""The server's limit for a summary."""

HOLD_WORDS = {
    HoldReason.UNDELIVERABLE: "undeliverable warning",
    HoldReason.INSUFFICIENT: "insufficient data",
    HoldReason.FEED: "feed ends before the deadline",
    HoldReason.GUARD: "guard against mass action",
    HoldReason.TIER: "the tier to move to is no more",
    HoldReason.PAUSED: "paused by a person",
    HoldReason.APPEAL: "an appeal waits for an answer",
}
REMEDIES = {
    HoldReason.UNDELIVERABLE: "correct the address, then have a new warning sent",
    HoldReason.INSUFFICIENT: "once there are more numbers, have them judged again",
    HoldReason.FEED: "import the missing orders, then have them judged",
    HoldReason.TIER: "publish a policy that says where it went (renamed_from)",
    HoldReason.GUARD: "look who else is affected, then approve",
    HoldReason.PAUSED: "when the pause is to end",
    HoldReason.APPEAL: "look into it, then answer",
}
VERDICT_WORDS = {
    Verdict.PASSING: "✓\N{NO-BREAK SPACE}met",
    Verdict.BELOW: "✗\N{NO-BREAK SPACE}below",
    Verdict.INSUFFICIENT: "too little data",
}

STATIC_DETAILS = (
    "A partner below standards is warned, given time, reminded, and then keeps the tier or leaves "
    "it. Where this case stands: see Current Details."
)


def static_summary(partner_id: str) -> str:
    """The headline of a case's page, for as long as it exists."""
    return f"Grace period of {partner_id}"


def shorten(summary: str) -> str:
    """Cut a summary to what the server takes; halves of characters, which it does not, are `?`."""
    encoded = summary.encode(errors="replace")
    if len(encoded) <= SUMMARY_BYTES:
        return encoded.decode()
    return encoded[: SUMMARY_BYTES - 3].decode(errors="ignore") + "…"


def send_summary(case: CaseView, request: SendNotice) -> str:
    """`e-mail: warning: 6 orders a month, 10 required`."""
    if request.kind is NoticeKind.REMINDER:
        return (
            f"e-mail: reminder, {number_of(request.reminder_days or 0, 'day')} before the deadline"
        )
    if request.kind is NoticeKind.ON_HOLD:
        return f"e-mail to staff: on hold ({_hold(case)}), a person is needed"
    if request.kind is NoticeKind.RELAPSE:
        return "e-mail to staff: below again soon after the last case"
    if request.kind.starts_clock:
        return shorten(f"e-mail: {request.kind.label}: {case.headline}")
    return shorten(f"e-mail: {request.kind.label}")


def _hold(case: CaseView) -> str:
    return HOLD_WORDS[case.hold_reason] if case.hold_reason else "a person is needed"


def _remedy(case: CaseView) -> str:
    return REMEDIES[case.hold_reason] if case.hold_reason else "a person looks, then"


def state_of(case: CaseView) -> str:
    """Where the case stands, in one sentence."""
    if case.status is CaseStatus.ON_HOLD:
        return f"On hold: {_hold(case)}" + (f" ({case.hold_detail})" if case.hold_detail else "")
    if case.outcome is not None:
        return f"Outcome: {case.outcome.replace('_', ' ')}"
    if case.status is CaseStatus.IN_GRACE and case.recovery_until is not None:
        return (
            f"Recovering: reinstated on {case.recovery_until.date()} if the numbers hold; "
            f"grace period until {case.deadline}"
        )
    if case.status is CaseStatus.IN_GRACE:
        return f"In grace until {case.deadline}; decision on {case.decision_day}"
    if case.status is CaseStatus.OPENED:
        return f"Below standards; the {case.notice_kind.label} is on its way"
    return "Being decided"


def next_step(case: CaseView) -> str:
    """What a person is to do: the act and the partner, which each face has its own way to do."""
    if case.hold_reason is HoldReason.APPEAL:
        who = case.partner_id
        return f"Next: {_remedy(case)}: `uphold {who}` or `overturn {who}`"
    if case.status is CaseStatus.ON_HOLD and case.resume_at is None:
        return f"Next: {_remedy(case)}: `resume {case.partner_id}`"
    return ""


def ahead(case: CaseView) -> str:
    """What comes, if nothing changes and if something does; Markdown."""
    parts = []
    for prospect in case.outlook:
        condition = prospect.condition[:1].upper() + prospect.condition[1:]
        parts.append(f"{condition}:\n\n{markdown.bullets(prospect.steps)}")
    if case.afterwards:
        parts.append(f"What comes now:\n\n{markdown.bullets(case.afterwards)}")
    return "\n\n".join(parts)


def details(case: CaseView, waiting: str = "") -> str:
    """The workflow's current details, Markdown: the case's whole story, and what comes next."""
    rows = [
        markdown.row(line.label, line.measured, line.required, VERDICT_WORDS[line.verdict])
        for line in case.findings
    ]
    findings = markdown.table(("Criterion", "Measured", "Required", "Verdict"), rows)
    about = f"Case {case.case_id} · tier {case.tier} · policy version {case.policy_version}"
    return markdown.joined(
        [
            f"**{markdown.text(state_of(case))}**",
            waiting,
            next_step(case),
            markdown.bullets(facts(case)),
            findings,
            ahead(case),
            *_told(case),
            about,
            demo(case.clock),
        ]
    )


def facts(case: CaseView) -> list[str]:
    """Why, until when, and what is waited for; nothing from a step of an older version."""
    if not case.month:
        return []
    warned = f"warned on {case.warned_on}" if case.warned_on else "no warning has arrived"
    found = [
        f"**Why:** {case.warned_for} (whole months until {case.month}); {warned}",
        f"**Deadline:** {_deadline(case)}",
    ]
    if case.outcome is not None:
        found.append(f"**Decided:** on {case.decided_on}: {markdown.text(case.decided)}")
    elif case.status is CaseStatus.ON_HOLD:
        found.append(f"**Next:** nothing {_until(case)}")
    return found


def _deadline(case: CaseView) -> str:
    if case.deadline is None:
        return "none runs"
    if case.outcome is not None:
        return f"{case.deadline}"
    if case.status is not CaseStatus.ON_HOLD:
        return f"{case.deadline}; decision on {case.decision_day}"
    since = f"{case.deadline}; no clock runs since {case.held_since}"
    if case.next_deadline is None:
        return since
    estimate = "about" if case.resume_at else "at the earliest"
    return f"{since}. It will be {estimate} {case.next_deadline}"


def _until(case: CaseView) -> str:
    if case.resume_at is not None:
        return f"{markdown.text(case.hold_detail)} is over; then the clock goes on by itself"
    if case.hold_reason is HoldReason.APPEAL:
        return "until somebody upholds or overturns the appeal"
    again = f"; staff are reminded on {case.staff_notice_at.date()}" if case.staff_notice_at else ""
    return f"until somebody resumes the case{again}"


def _told(case: CaseView) -> list[str]:
    """What people did, and what was sent."""
    if not case.month:
        return []
    return [
        markdown.acts(case.acts, case.more_acts, case.partner_id),
        markdown.mails(case.mails, case.more_mails, case.partner_id),
    ]


def demo(clock: ProgramClock) -> str:
    """That a case is none of the real world's; blank for one that is."""
    if clock.is_real:
        return ""
    length = "a second" if clock.day_seconds == 1 else f"{clock.day_seconds:g} seconds"
    return f"**DEMO:** a day lasts {length}; these dates are the demo's own."


def review_details(view: ReviewView, step: str, counts: Mapping[str, int]) -> str:
    """The current details of a review, Markdown: where it is, and its counts so far."""
    rows = "".join(f"| {name} | {number} |\n" for name, number in counts.items())
    table = f"\n\n| | partners |\n| --- | --- |\n{rows}" if rows else ""
    return (
        f"**{view.kind.capitalize()} review {view.period}: {step}**\n\n"
        f"On whole months until {view.month}.{table}"
    )
