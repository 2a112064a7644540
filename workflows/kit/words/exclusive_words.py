"""What a manager reads of an exclusive in the Temporal UI: summaries, bars, current details."""

from __future__ import annotations

from partners.domain.exclusives.exclusive_term import Ending, NewsEvent, TermStep
from partners.domain.exclusives.term_moments import MomentKind
from partners.domain.exclusives.view import PeriodLine, TermMoment, TermTelling, TermView
from partners.domain.number_words import number_of
from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict
from workflows.kit import markdown, timeline
from workflows.kit.alarms import Alarm

STATIC_DETAILS = (
    "An exclusive is announced, holds from its first day to its last, and is looked at by the "
    "period: a missed minimum is warned of, and can be made up for before it is lost. Where this "
    "one stands: see Current Details."
)


def static_summary(exclusive_id: str) -> str:
    """The headline of the page, for as long as it exists."""
    return f"Exclusive {exclusive_id}"


# ---- summaries of activities and timers ----

STEPS = {
    TermStep.END_REMOVED: "the holder has left the program: end",
    TermStep.END_TERM: "the last day is over: end",
    TermStep.ANNOUNCE: "announce: the holder, and who can no longer order there",
    TermStep.SUSPEND: "the holder is blocked: suspend",
    TermStep.RESTORE: "no longer blocked: restore",
    TermStep.ACTIVATE: "first day: exclusive from now on",
    TermStep.PUT_AT_RISK: "the tier is lost: at risk",
    TermStep.CLEAR_RISK: "back in the tier: no longer at risk",
    TermStep.STOP_CLOCK: "the warning came back: no days run",
    TermStep.LOSE_TIER: "the tier was not regained: non-exclusive",
    TermStep.CURE: "made up for: the warning is over",
    TermStep.LOSE_MISSED: "not made up for: non-exclusive",
    TermStep.WARN_AGAIN: "warn again, at another address",
    TermStep.REVIEW: "count the orders of the period",
    TermStep.PROPOSE_RENEWAL: "ask staff whether it is renewed",
    TermStep.TELL_END: "a person ended it: the holder is told",
}
TELLINGS = {
    NewsEvent.OFFERED: "e-mail: signed, from when and on what terms",
    NewsEvent.OTHER: "e-mail to others: what they can no longer order there",
    NewsEvent.BEGINS: "e-mail: the exclusive has begun",
    NewsEvent.RESTORED: "e-mail: it holds again",
    NewsEvent.CURED: "e-mail: made up for, it is kept",
    NewsEvent.SAFE: "e-mail: no longer at risk",
    NewsEvent.MISSED: "e-mail: warning: the minimum was missed",
    NewsEvent.TIER_LOST: "e-mail: warning: the tier was lost",
    NewsEvent.ENDED: "e-mail: no longer exclusive: why, and how to regain it",
    NewsEvent.RENEWAL: "e-mail to staff: the record of the term, renew or let it end",
}


def step_summary(view: TermView, step: TermStep) -> str:
    """`count the orders of the period: 2026-10`."""
    words = STEPS[step]
    return timeline.shorten(f"{words}: {view.due_about}" if view.due_about else words)


def telling_summary(view: TermView, telling: TermTelling) -> str:
    """`e-mail: warning: the minimum was missed: 1 of 4 orders (2026-10)`."""
    words = TELLINGS[telling.event]
    if telling.event is NewsEvent.OTHER:
        words = f"{words} ({number_of(len(telling.news_ids), 'message')})"
    if telling.event is NewsEvent.MISSED and (figures := _figures(view)):
        words = f"{words}: {figures}"
    return timeline.shorten(f"{words} ({telling.about})" if telling.about else words)


def _figures(view: TermView) -> str:
    """What was sold in the period that is warned of; blank if it is not listed."""
    line = next((line for line in view.periods if line.name == view.warned_period), None)
    if line is None:
        return ""
    orders = f"{line.placed} of {number_of(line.asked, 'order')}" if line.asked else ""
    asked = view.completion is not None and line.concluded >= view.min_sample
    completed = f"{line.completed} of {line.concluded} completed" if asked else ""
    return ", ".join(filter(None, (orders, completed)))


BARS = {
    MomentKind.FIRST_DAY: "announced: begins on {day}",
    MomentKind.LAST_DAY: "exclusive until {day}",
    MomentKind.PERIOD: "{about}: its orders are counted on {day}",
    MomentKind.CURE: "{about} was missed: to cure until {day}",
    MomentKind.DECISION: "{about} was missed: orders settle; decision on {day}",
    MomentKind.FEED: "waiting for the order feed; looked at on {day}",
    MomentKind.AT_RISK: "at risk: the tier was lost; kept until {day}",
    MomentKind.RENEWAL: "staff are asked on {day} whether it is renewed",
    MomentKind.BLOCKED: "blocked until {day}",
}


def alarms(view: TermView) -> list[Alarm]:
    """The term as one long bar, the periods and whatever runs beside it."""
    return [Alarm(moment.at, bar(moment)) for moment in view.moments]


def bar(moment: TermMoment) -> str:
    return timeline.shorten(BARS[moment.kind].format(day=moment.day, about=moment.about))


# ---- current details ----

ENDINGS = {
    Ending.TERM_OVER: "its last day is over",
    Ending.RENEWED: "its last day is over, and another term follows",
    Ending.MISSED: "a missed minimum was not made up for",
    Ending.TIER_LOST: "the tier was not regained",
    Ending.REMOVED: "the holder has left the program",
    Ending.BY_PERSON: "a person ended it",
}
VERDICTS = {
    PeriodVerdict.MET: "✓\N{NO-BREAK SPACE}met",
    PeriodVerdict.MISSED: "✗\N{NO-BREAK SPACE}missed",
    PeriodVerdict.UNKNOWN: "unknown: the feed does not cover it",
    PeriodVerdict.EXEMPT: "exempt",
}


def state_of(view: TermView) -> str:
    """Where the exclusive stands, in one sentence."""
    match view.status:
        case ExclusiveStatus.ANNOUNCED:
            return f"Announced: begins on {view.first_day}"
        case ExclusiveStatus.SUSPENDED:
            return "Suspended: the holder is blocked; its place is kept"
        case ExclusiveStatus.ACTIVE if view.warned_period:
            return f"Active, and warned: {view.warned_period} was missed; {_to_cure(view)}"
        case ExclusiveStatus.ACTIVE if view.at_risk_until is not None:
            return f"Active, and at risk: the tier was lost; {_at_risk(view)}"
        case ExclusiveStatus.ACTIVE:
            return f"Active until {view.last_day}"
        case ExclusiveStatus.NON_EXCLUSIVE:
            return f"Non-exclusive: {_ending(view)}; the holder may go on selling"
        case ExclusiveStatus.ENDED:
            return f"Ended: {_ending(view)}"
        case ExclusiveStatus.PROPOSED:
            return "Proposed: waits for a person to sign"
    return "There is no such exclusive, or it was not signed"


def _ending(view: TermView) -> str:
    return ENDINGS[view.ending or Ending.BY_PERSON]


def _to_cure(view: TermView) -> str:
    if view.cure_until is None:
        return f"no days run: {_unreached(view)}"
    return f"to cure until {view.cure_until}, decision on {view.decision_day}"


def _at_risk(view: TermView) -> str:
    if view.risk_told_on is None:
        return f"no days run: {_unreached(view)}"
    return f"kept until {view.at_risk_until}"


def _unreached(view: TermView) -> str:
    return markdown.text(view.unreached) or "the warning has yet to be accepted"


def next_step(view: TermView) -> str:
    """What comes next, and what a person is to do."""
    if view.unreached:
        return f"Next: correct the address of `{view.partner_id}`; then it is sent again"
    if view.renewal_waits:
        return f"Next: `exclusive renew {view.exclusive_id}`, or it ends on {view.last_day}"
    if view.waits_for_feed:
        return "Next: import the missing orders; nothing is judged without them"
    ahead = min(view.moments, key=lambda moment: moment.at, default=None)
    return f"Next: {bar(ahead)}" if ahead is not None else ""


def details(view: TermView, waiting: str = "") -> str:
    """The current details, Markdown: state, next step, terms, periods, who decided, mails."""
    rows = [_row(line) for line in view.periods]
    head = ("Period", "Orders", "Completed", "Verdict")
    return markdown.joined(
        [
            f"**{state_of(view)}**",
            waiting,
            next_step(view),
            markdown.bullets(_terms(view)),
            markdown.table(head, rows) if rows else "",
            markdown.acts(view.acts, heading="How it came to stand so"),
            markdown.mails(view.mails),
            timeline.demo(view.clock),
        ]
    )


def _row(line: PeriodLine) -> str:
    completed = f"{line.completed} of {line.concluded}" if line.concluded else "–"
    verdict = VERDICTS[line.verdict] if line.verdict else "not settled"
    return markdown.row(line.name, f"{line.placed} of {line.asked}", completed, verdict)


def _terms(view: TermView) -> list[str]:
    """What was agreed."""
    if view.first_day is None:
        return []
    where = markdown.text(view.area_code) if view.area_code else "everywhere"
    terms = [
        f"**What:** {markdown.text(view.service)}, {where}",
        f"**Holder:** {markdown.text(view.partner_id)}, tier {markdown.text(view.tier)}",
        f"**Term:** {view.first_day} to {view.last_day}, looked at {view.period}",
    ]
    if view.minimum_orders:
        terms.append(f"**Minimum:** {number_of(view.minimum_orders, 'order')} a month")
    if view.completion is not None:
        rate = f"{view.completion * 100:f}".rstrip("0").rstrip(".")
        terms.append(f"**Completion:** {rate} %, on {view.min_sample} concluded orders or more")
    if view.required_tier:
        terms.append(f"**Tier:** {markdown.text(view.required_tier)} or above")
    return terms
