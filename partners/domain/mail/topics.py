"""Two classes of mail, and the topics of the one that people may do without.

*Service* mail is part of the program: a warning cannot be unsubscribed from. *Optional* mail is
sent by topic, and each topic can be turned off (research: two classes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Topic(StrEnum):
    """What optional mail is about, as the preference page offers it."""

    NEWSLETTER = "newsletter"
    SCORECARD = "scorecard"
    PROMOTIONS = "promotions"
    ANNOUNCEMENTS = "announcements"
    REFERRAL_DIGEST = "referral_digest"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


EVERYTHING = "everything"
"""In place of a topic: all optional mail, also of topics that come later."""

SERVICE = frozenset(
    {
        "warning",
        "reminder",
        "final_notice",
        "removal",
        "recovered",
        "correction",
        "welcome",
        "promoted",
        "extended",
        "paused",
        "waived",
        "reinstated",
        "blocked",
        "appeal",
        "standards_changed",
        "price_change",
        "check_in",
        "track_reminder",
        "track_lapsed",
        "referral_welcome",
        "referral_converted",
        "referral_results",
        "qualified",
        "window_ended",
        "statement",
        "lead_assigned",
        "exclusive_offered",
        "exclusive_active",
        "exclusive_warning",
        "exclusive_ended",
        "exclusive_other",
        # to staff, whose work it is
        "on_hold",
        "relapse",
        "guard",
        "policy_published",
        "audit",
        "inbox_digest",
        "prices_told",
        "referral_staff",
        "lead_sales",
        "exclusive_renewal",
    }
)
"""Kinds of notice that go out whatever the preferences say."""

OPTIONAL: dict[str, Topic] = {
    "newsletter": Topic.NEWSLETTER,
    "scorecard": Topic.SCORECARD,
    "promotions": Topic.PROMOTIONS,
    "announcement": Topic.ANNOUNCEMENTS,
    "referral_received": Topic.REFERRAL_DIGEST,
    "referral_digest": Topic.REFERRAL_DIGEST,
    "nudge": Topic.REFERRAL_DIGEST,
}
"""Kinds of notice that need a topic that is wanted; a kind is in one of the two."""


def topic_of(kind: str) -> Topic | None:
    """The topic of an optional kind; None for service mail.

    Raises KeyError for a kind that is in neither class: say which, before it is sent.
    """
    return None if kind in SERVICE else OPTIONAL[kind]


class Consent(StrEnum):
    """What is assumed of a partner who has not chosen."""

    ASSUMED = "assumed"  # optional mail goes out until it is turned off
    REQUIRED = "required"  # nothing optional goes out before a recorded yes


@dataclass(frozen=True)
class Choice:
    """What a partner chose, when, and how it came to be known. Never changed, only followed."""

    topic: str  # a topic, or EVERYTHING
    wanted: bool
    at: datetime
    via: str  # page, one-click, sendgrid, staff …


def is_wanted(topic: Topic, choices: Iterable[Choice], consent: Consent) -> bool:
    """Whether a topic is wanted: the newest choice about it or about everything decides.

    `choices`: oldest first, so that of two at the same moment the later one counts.
    """
    about = [choice for choice in choices if choice.topic in (topic, EVERYTHING)]
    if not about:
        return consent is Consent.ASSUMED
    return max(enumerate(about), key=lambda pair: (pair[1].at, pair[0]))[1].wanted
