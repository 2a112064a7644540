"""What a manager reads of a lead in the Temporal UI, and how long is waited."""

from __future__ import annotations

from datetime import datetime, timedelta

from partners.domain.referrals.lead_view import LeadTurn, LeadView
from workflows.kit import markdown, timeline

STATIC_DETAILS = (
    "A lead that a partner referred goes to a seller, and on to the next if that one does not take "
    "it. Where it stands: see Current Details."
)


def static_summary(referral_id: str) -> str:
    """The headline of the page."""
    return f"Lead of referral {referral_id}"


def look_summary(before: LeadView) -> str:
    """`look at the lead: offered`."""
    return f"look at the lead: {before.state}" if before.state else "look at the lead"


def details(view: LeadView) -> str:
    """The current details, Markdown: who has it, until when, what is wrong, who had it."""
    facts = [f"**Deadline:** {view.due}, for an answer" if view.due else "**Deadline:** none runs"]
    if view.problem:
        facts.append(f"**A person is needed:** {markdown.text(view.problem)}")
    facts.append(f"**Next:** {next_step(view)}")
    head = ("No.", "Who", "Way", "Since", "Then", "On")
    rows = [_row(turn) for turn in view.turns]
    return markdown.joined(
        [
            f"**{markdown.text(view.headline)}**",
            markdown.bullets(facts),
            markdown.table(head, rows) if rows else "",
            timeline.demo(view.clock),
        ]
    )


def _row(turn: LeadTurn) -> str:
    who = markdown.text(turn.partner_id) if turn.partner_id else "sales"
    on = str(turn.ended_on) if turn.ended_on else ""
    return markdown.row(str(turn.number), who, turn.way, str(turn.on), turn.end, on)


def next_step(view: LeadView) -> str:
    if view.telling is not None:
        return "a message goes out"
    if view.ended:
        return "nothing, until something happens to the referral"
    if view.wake_at is not None:
        return f"a look by itself on {view.wake_at:%Y-%m-%d}"
    return "nothing by itself; an order with the lead's customer counts as its purchase"


def wait_for(view: LeadView, now: datetime) -> tuple[timedelta | None, str]:
    """How long to wait in real time, None for as long as it takes; and what for."""
    if view.wake_at is None:
        return None, "until something happens"
    wait = view.clock.real_time(view.wake_at) - now
    return max(wait, timedelta()), f"{view.headline}: until {view.wake_at:%Y-%m-%d}"
