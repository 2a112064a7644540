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
    """The current details, Markdown: state, next step, how it came about, money, mails."""
    money = [f"{amount} {view.currency}" for amount in (view.held, view.payable, view.paid)]
    head = ("Held", "Payable", "Paid", "Open referrals")
    return markdown.joined(
        [
            f"**{state_of(view)}**",
            next_step(view),
            markdown.bullets(_facts(view)),
            markdown.table(head, [markdown.row(*money, str(view.open))]),
            *_told(view),
            timeline.demo(view.clock),
        ]
    )


def _facts(view: ReferralView) -> list[str]:
    """What counts, and until when; nothing from a step of an older version."""
    if not view.window_days:
        return []
    named = f": {'; '.join(map(markdown.text, view.purchases))}" if view.purchases else ""
    facts = [f"**Why:** {view.needed} purchases within {view.window_days} days qualify{named}"]
    if view.stage is Stage.COLLECTING:
        last = f"{view.act_by}, for the oldest to count" if view.act_by else "none runs"
        facts.append(f"**Deadline:** {last}")
    elif view.stage is Stage.PROPOSED:
        facts.append("**Deadline:** none; what has qualified stays so")
    if not next_step(view):
        facts.append("**Next:** nothing, until something happens to a referral")
    return facts


def _told(view: ReferralView) -> list[str]:
    """Who decided, and what was sent."""
    if not view.window_days:
        return []
    return [markdown.acts(view.acts), markdown.mails(view.mails)]


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
