"""What a manager reads of a partner's referrals in the Temporal UI, and how long is waited."""

from __future__ import annotations

from datetime import datetime, timedelta

from partners.domain.referrals.qualification import Stage
from partners.domain.referrals.view import ReferralNews, ReferralsTold, ReferralView
from workflows.kit import mail_waits, markdown, timeline

STATIC_DETAILS = (
    "What a partner refers is tracked to the purchase and paid for; enough purchases within the "
    "window make a referral partner a reseller. Where this partner stands: see Current Details."
)


def static_summary(partner_id: str) -> str:
    """The headline of the page."""
    return f"Referrals of {partner_id}"


def assess_summary(news: ReferralNews, named: int) -> str:
    """`referral r-17: converted, 1,200.00 USD on 2026-10-05; and 40 more`."""
    if not news.count:
        return "look at the referrals"
    words = [str(event) for event in news.events[:named]]
    more = news.count - len(words)
    if more:
        words.append(f"and {more} more" if words else f"{more} referrals changed")
    return timeline.shorten("; ".join(words))


def state_of(view: ReferralView) -> str:
    """Where the partner stands, in one sentence."""
    return {
        Stage.COLLECTING: f"Collecting: {view.progress}",
        Stage.PROPOSED: "Qualified: waits for staff to approve",
        Stage.QUALIFIED: f"Qualified on {view.qualified_on}"
        + (f", now in {view.tier}" if view.tier else ""),
        Stage.DECLINED: "Declined by staff; stays a referral partner",
        Stage.NOT_ON_IT: f"A partner in {view.tier} who also refers"
        if view.tier
        else "Refers, and is not on the way to a tier",
    }[view.stage]


def next_step(view: ReferralView) -> str:
    if view.stage is Stage.PROPOSED:
        return f"Next: `approve {view.partner_id}`"
    if view.promote:
        return "Next: the promotion is carried out"
    return f"Next look by itself: {view.wake_at:%Y-%m-%d}" if view.wake_at else ""


def details(view: ReferralView) -> str:
    """The current details, Markdown: state, next step, money."""
    gap = markdown.CELL_GAP
    head = f"| Held{gap} | Payable{gap} | Paid{gap} | Open referrals{gap} |"
    money = " | ".join(
        f"{amount} {view.currency}{gap}" for amount in (view.held, view.payable, view.paid)
    )
    table = f"{head}\n| :-- | :-- | :-- | :-- |\n| {money} | {view.open}{gap} |"
    parts = [f"**{state_of(view)}**", next_step(view), table]
    if not view.clock.is_real:
        length = f"{view.clock.day_seconds:g} seconds"
        parts.append(f"**DEMO:** a day lasts {length}; these dates are the demo's own.")
    return "\n\n".join(part for part in parts if part)


def wait_for(
    view: ReferralView, now: datetime, held: ReferralsTold | None
) -> tuple[timedelta | None, str]:
    """How long to wait in real time, None for as long as it takes; and what for.

    `held`: the first message that could not go out now, if any; a day at most then.
    """
    if held is not None:
        day = view.clock.real_length(1)
        return mail_waits.how_long(held.result, held.until, day), mail_waits.WHY[held.result]
    if view.wake_at is None:
        return None, "until something happens"
    words = f"until {view.wake_at:%Y-%m-%d}"
    if view.stage is Stage.COLLECTING:
        words = f"{view.count} of {view.needed}: {words}"
    return max(view.clock.real_time(view.wake_at) - now, timedelta()), timeline.shorten(words)
