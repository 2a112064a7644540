"""The kinds of notice and the keys that make each one unique (rule 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class NoticeKind(StrEnum):
    WARNING = "warning"
    REMINDER = "reminder"
    FINAL_NOTICE = "final_notice"
    REMOVAL = "removal"
    RECOVERED = "recovered"
    CORRECTION = "correction"
    WELCOME = "welcome"  # enters the program, or returns to it
    PROMOTED = "promoted"
    ON_HOLD = "on_hold"  # to staff
    RELAPSE = "relapse"  # to staff
    GUARD = "guard"  # to staff: a review waits for approval
    EXTENDED = "extended"  # a person moved the deadline, or ended a pause
    PAUSED = "paused"  # a person stopped the clock
    WAIVED = "waived"  # not judged until a day
    REINSTATED = "reinstated"  # by a person
    BLOCKED = "blocked"  # taken out of reviews, or some offers; or that is over
    APPEAL = "appeal"  # received, upheld or overturned
    STANDARDS_CHANGED = "standards_changed"
    POLICY_PUBLISHED = "policy_published"  # to staff: who was told, and who could not be
    REFERRAL_WELCOME = "referral_welcome"
    REFERRAL_RECEIVED = "referral_received"  # accepted, or why not
    REFERRAL_CONVERTED = "referral_converted"  # with the money; also when it is refunded
    REFERRAL_DIGEST = "referral_digest"  # many received at once
    REFERRAL_RESULTS = "referral_results"  # many of the two at once: money is among them
    QUALIFIED = "qualified"  # enters the program by referrals
    WINDOW_ENDED = "window_ended"  # not there yet: how it went, and that it goes on
    NUDGE = "nudge"  # no referral for some time
    STATEMENT = "statement"  # what a month's referrals paid
    REFERRAL_STAFF = "referral_staff"  # to staff: somebody qualified, waits, or had a refund
    LEAD_ASSIGNED = "lead_assigned"  # a lead for a reseller to take or decline; also the reminder
    LEAD_SALES = "lead_sales"  # to the provider's sales: a lead that is theirs
    CHECK_IN = "check_in"  # a friendly word before any warning
    TRACK_REMINDER = "track_reminder"  # something that was completed expires soon
    TRACK_LAPSED = "track_lapsed"  # it has expired; nothing follows by itself
    AUDIT = "audit"  # to staff: what a quarterly audit found
    INBOX_DIGEST = "inbox_digest"  # to staff, daily: what waits for a person
    EXCLUSIVE_OFFERED = "exclusive_offered"  # signed: from when, and on what terms
    EXCLUSIVE_ACTIVE = "exclusive_active"  # begins, holds again, or is kept
    EXCLUSIVE_WARNING = "exclusive_warning"  # a minimum was missed, or the tier was lost
    EXCLUSIVE_ENDED = "exclusive_ended"
    EXCLUSIVE_RENEWAL = "exclusive_renewal"  # to staff: near its end, with the record of the term
    EXCLUSIVE_OTHER = "exclusive_other"  # to who can no longer order there
    PRICE_CHANGE = "price_change"  # an offer gets dearer; or does not, though it was announced
    PRICES_TOLD = "prices_told"  # to staff: who could not be told of a dearer price

    @property
    def to_staff(self) -> bool:
        return self in (
            NoticeKind.ON_HOLD,
            NoticeKind.RELAPSE,
            NoticeKind.GUARD,
            NoticeKind.POLICY_PUBLISHED,
            NoticeKind.REFERRAL_STAFF,
            NoticeKind.LEAD_SALES,
            NoticeKind.AUDIT,
            NoticeKind.INBOX_DIGEST,
            NoticeKind.EXCLUSIVE_RENEWAL,
            NoticeKind.PRICES_TOLD,
        )

    @property
    def starts_clock(self) -> bool:
        """Whether a grace period runs from this notice's acceptance (rule 1)."""
        return self in (NoticeKind.WARNING, NoticeKind.FINAL_NOTICE)

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


def case_id(partner_id: str, month: object) -> str:
    """A case's id. One case per partner and month (rule 10), so the two name it."""
    return f"{partner_id}-{month}"


def attempt_key(case: str, kind: NoticeKind, attempt: int) -> str:
    """`grace/<case>/warning/<attempt>`: attempts rise only on a recorded failure."""
    return f"grace/{case}/{kind}/{attempt}"


def reminder_key(case: str, days: int, deadline: date) -> str:
    """`grace/<case>/reminder/14/<deadline>`: a moved deadline is reminded of anew."""
    return f"grace/{case}/{NoticeKind.REMINDER}/{days}/{deadline}"


def hold_key(case: str, hold: int, week: int) -> str:
    """`grace/<case>/on_hold/<which hold>/<which reminder of it>`."""
    return f"grace/{case}/{NoticeKind.ON_HOLD}/{hold}/{week}"


def once_key(case: str, kind: NoticeKind) -> str:
    """For notices that a case sends once: removal, recovered, correction, relapse."""
    return f"grace/{case}/{kind}"


def migration_key(case: str, version: int) -> str:
    """`grace/<case>/standards_changed/<version>`: the case is judged by another policy."""
    return f"grace/{case}/{NoticeKind.STANDARDS_CHANGED}/{version}"


def promotion_key(partner_id: str, candidate_id: int, kind: NoticeKind) -> str:
    """`promotion/<partner_id>/<candidate_id>/promoted`: a partner is told of a step up once."""
    return f"promotion/{partner_id}/{candidate_id}/{kind}"


def check_in_key(partner_id: str, month: str, metric: str) -> str:
    """`check_in/2026-10/<partner_id>/<metric>`: once for a partner, criterion and month.

    One message may tell of several criteria: it is named after the first. All of a month's are a
    run of mail.
    """
    return f"{NoticeKind.CHECK_IN}/{month}/{partner_id}/{metric}"


def track_key(expires_on: date, partner_id: str, kind: NoticeKind) -> str:
    """`track/2027-01-31/<partner_id>/track_reminder`: once for all that a partner has which expires
    on one day. All of a day's are a run of mail."""
    return f"track/{expires_on}/{partner_id}/{kind}"


def intervention_key(partner_id: str, intervention_id: int, kind: NoticeKind) -> str:
    """`intervention/<partner_id>/<number>/extended`: told once of what a person did."""
    return f"intervention/{partner_id}/{intervention_id}/{kind}"


def policy_key(version: int, partner_id: str) -> str:
    """`policy/<version>/<partner_id>`: a partner is told of new standards once."""
    return f"policy/{version}/{partner_id}"


def price_run(price_id: int, day: date) -> str:
    """`price/<price_id>/<day>`: that a price begins, or is over, from a day on."""
    return f"price/{price_id}/{day}"


def price_key(price_id: int, day: date, partner_id: str) -> str:
    """`price/<price_id>/<day>/<partner_id>`: a partner is told once that an offer gets dearer."""
    return f"{price_run(price_id, day)}/{partner_id}"


def price_withdrawn_key(price_id: int, day: date, partner_id: str) -> str:
    """`price/<price_id>/<day>/withdrawn/<partner_id>`: told once that it does not."""
    return f"{price_run(price_id, day)}/withdrawn/{partner_id}"


_ALONE = ("grace", "promotion", "review", "intervention", "lead")
"""First words of the keys of messages that concern one partner, or staff, alone."""


def run_of(key: str) -> str | None:
    """The run of mail that a message belongs to: many partners told of one thing, as in
    `policy/3/<partner_id>`; None for what concerns one partner or staff alone."""
    what, *rest = key.split("/")
    if what == "exclusive":  # those who can no longer order there are many
        return f"{what}/{rest[0]}" if rest[1:2] == ["other"] else None
    many = len(rest) >= 2 and what not in _ALONE
    return f"{what}/{rest[0]}" if many else None


def inbox_key(day: date) -> str:
    """`inbox/2026-11-22`: one digest a day."""
    return f"inbox/{day}"


class MailState(StrEnum):
    """Where a message of the outbox stands (research: the send protocol)."""

    WAITING = "waiting"  # rendered; waits for a person to say `partners mail mark-sent`
    QUEUED = "queued"  # the provider was not reached, or asked to wait: to be handed over again
    SENDING = "sending"  # claimed; handed to the provider, no answer yet
    ACCEPTED = "accepted"  # the provider took it, or a person marked it as sent
    REJECTED = "rejected"  # the provider refused it for good, or there is no usable address
    UNKNOWN = "unknown"  # handed over, and nobody knows what became of it
    LOST = "lost"  # stayed unknown: taken as not sent; what follows depends on its kind
    SUPERSEDED = "superseded"  # not accepted on the day it was rendered: rendered anew (rule 12)


@dataclass(frozen=True)
class Rendered:
    """A notice in words."""

    subject: str
    text: str
    html: str
