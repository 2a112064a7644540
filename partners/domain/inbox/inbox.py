"""What waits for a person: one item each, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InboxKind(StrEnum):
    """In the order in which people should look at them."""

    GUARD = "guard"  # a review, or a case, waits for approval
    HOLD = "hold"  # a case waits
    ASIDE = "set aside"  # a partner whose data cannot be judged
    STEP = "step"  # one that fails again and again: what it belongs to stands still
    APPEAL = "appeal"
    COMPLAINT = "complaint"  # a serious one
    MAIL = "mail"  # unknown, undeliverable, or waiting to be sent by a person
    PROMOTION = "promotion"  # a candidate waits for a decision
    CORRECTION = "correction"  # a closed case would have ended otherwise
    WEBHOOK = "webhook"  # the outside could not be told
    OFFER = "offer"  # a block in words: nobody knows of which offer


class InboxAct(StrEnum):
    """What a person can do about it; each face makes its command, its link or its button of it."""

    DECIDE_GUARDED = "decide guarded"  # approve or reject what the guard holds
    RESUME_CASE = "resume case"
    LOOK_AT_PARTNER = "look at partner"
    LOOK_AT_WORKFLOW = "look at workflow"
    ANSWER_APPEAL = "answer appeal"
    SETTLE_COMPLAINT = "settle complaint"
    MARK_SENT = "mark sent"  # once they have sent the message themselves
    LOOK_AT_MESSAGE = "look at message"
    DECIDE_PROMOTION = "decide promotion"
    RETRY_DELIVERY = "retry delivery"
    SAY_WHICH_OFFER = "say which offer"


@dataclass(frozen=True)
class InboxItem:
    """One thing: what it is about, since when it waits, why, and what to do with what."""

    kind: InboxKind
    about: str  # a partner's id, a review, a message's number
    since: datetime
    why: str
    act: InboxAct
    subject: str  # of the act: a partner's id, a message's number, whatever it takes
    partner_id: str | None = None
    name: str = ""  # the partner's
    text: str = ""  # what somebody wrote: a complaint, an appeal, the subject of a message


def in_order(items: list[InboxItem]) -> list[InboxItem]:
    """By kind, and within each the oldest first."""
    kinds = list(InboxKind)
    return sorted(items, key=lambda item: (kinds.index(item.kind), item.since, item.about))
