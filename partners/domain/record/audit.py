"""The audit's chain: each entry's hash covers the entry and the hash before it.

So an entry that was changed, left out or put in between shows at the next one. An entry holds ids,
days, numbers and hashes; names, addresses and what people wrote about a partner stay out of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

START = "0" * 64
"""What stands for the hash before the first entry."""


class AuditKind(StrEnum):
    """What an entry records."""

    BEGINS = "begins"  # the first entry: how many records are older than the audit
    OLDER = "older"  # an upgrade: how many rows of other tables have no entry, for they are older
    CASE = "case"  # a case was opened, or what stands in it is another
    DECISION = "decision"
    TIER_CHANGE = "tier_change"
    STANDING = "standing"  # a partner is new, or their tier or standing is another
    OVERRIDE = "override"  # a person's word over the automation begins, changes or ends
    INTERVENTION = "intervention"  # what a person did: extended, paused, removed …
    APPEAL = "appeal"  # opened, upheld, overturned; or moot
    NOTICE = "notice"  # a message was claimed, accepted, rejected …
    GUARD = "guard"  # asked, approved, rejected
    CANDIDATE = "candidate"  # a promotion was proposed, approved, declined, carried out …
    APPRAISAL = "appraisal"
    NOTE = "note"
    REVIEW = "review"  # claimed, waiting, refused, done (with a digest of every assessment)
    POLICY = "policy"  # a version was accepted, or put off until a day
    SWITCH = "switch"  # something was stopped, or let go on
    IMPORT = "import"
    MAIL = "mail"  # a choice, an approval of a run, an address that was freed
    COMPENSATION = "compensation"  # earned, payable, paid, clawed back; exported, paid out
    REFERRAL = "referral"  # on the way to a tier: began, qualified; who works a lead
    TRACK = "track"  # a step began, was said to be done, confirmed, or taken back
    RESPONSE = "response"  # a step of progressive response was taken, or withdrawn
    COMPLAINT = "complaint"  # recorded, settled, withdrawn
    OFFER = "offer"  # an offer, an area, a grant, a price or a window was written or changed
    EXCLUSIVE = "exclusive"  # proposed, signed, judged, or stands otherwise
    WEBHOOK = "webhook"  # a delivery was given up, tried again or passed over


@dataclass(frozen=True)
class Entry:
    """What happened, before it has its place in the chain. `details` is plain JSON."""

    kind: AuditKind
    at: datetime  # program time
    actor: str  # a person, or `workflow <run id>`
    partner_id: str | None = None
    case_id: str | None = None
    policy_version: int | None = None
    ref: str | None = None  # the record it is about: `decisions/17`
    details: Mapping[str, Any] = field(default_factory=dict)


class Link(NamedTuple):
    """An entry as it stands in the chain. `details` is the very text that was hashed."""

    seq: int  # 1, 2, 3 … without a gap
    at: datetime
    kind: str
    actor: str
    partner_id: str | None
    case_id: str | None
    policy_version: int | None
    ref: str | None
    details: str
    hash: str


@dataclass(frozen=True)
class Broken:
    """The first place where the chain, or a record behind it, is not as it was written."""

    seq: int
    why: str


def plain(value: Any) -> Any:
    """A value as entries have it: days, instants (in UTC) and amounts are text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):  # the same amount is the same text: 5.0 is 5
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: Any) -> str:
    if isinstance(value, date | Decimal):  # an instant is a date, too
        return str(plain(value))
    raise TypeError(f"{type(value).__name__} has no place in an audit entry")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
)


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, instants in UTC."""
    return _ENCODER.encode(value)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def link(entry: Entry, seq: int, before: str) -> Link:
    """Put an entry in its place, after the entry whose hash is `before`."""
    placed = Link(
        seq,
        entry.at.astimezone(UTC),
        entry.kind.value,
        entry.actor,
        entry.partner_id,
        entry.case_id,
        entry.policy_version,
        entry.ref,
        canonical(entry.details),
        hash="",
    )
    return placed._replace(hash=_hash(before, placed))


def chain(entries: Iterable[Entry], last_seq: int, last_hash: str) -> list[Link]:
    """Entries in their places after the last one."""
    links: list[Link] = []
    for seq, entry in enumerate(entries, last_seq + 1):
        links.append(link(entry, seq, links[-1].hash if links else last_hash))
    return links


def is_right(found: Link, before: str) -> bool:
    """Whether the hash is that of this entry after that one."""
    return found.hash == _hash(before, found)


def _hash(before: str, placed: Link) -> str:
    """Over a line with the hash before, and the entry's fields as a JSON array."""
    seq, at, *rest, _ = placed  # the last is the hash
    return sha256(f"{before}\n{canonical([seq, plain(at), *rest])}")


def walk(links: Iterable[Link]) -> Iterator[Link | Broken]:
    """The entries as long as the chain holds; then the break, and nothing after it."""
    seq, before = 0, START
    for found in links:
        if found.seq != seq + 1:
            yield Broken(seq + 1, f"entry {seq + 1} is missing: {found.seq} follows {seq}")
            return
        if not is_right(found, before):
            yield Broken(found.seq, "it was changed, or the entry before it was")
            return
        yield found
        seq, before = found.seq, found.hash
