"""Accepted policies: numbered, hashed, never changed or deleted (rule 6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.errors import Refusal, SetupError
from partners.store.tables.program_tables import PolicyRow
from partners.store.tables.review_tables import PolicyEffectRow

_parsed: dict[str, Policy] = {}
"""By hash of the content, so that it is right for every database: a hash never changes meaning."""

_LOADED = "policies"
"""Under this name a session keeps the versions that it has read."""


class NoPolicy(SetupError):
    """No policy is in force yet."""


@dataclass(eq=False)
class NotActedUpon(Refusal):
    """A case of whoever is not in the launch group cannot be judged by this version."""

    says = (
        "refused: by policy version {version}, {partner_id} is not in the launch group, and not "
        "acted upon"
    )

    version: int
    partner_id: str


@dataclass(eq=False)
class UnknownVersion(Refusal):
    """No policy has been accepted under this number."""

    says = "there is no policy version {version}"

    version: int


_NEWEST_FIRST = (
    select(PolicyRow.version, PolicyRow.sha256, PolicyEffectRow.effective_from)
    .outerjoin(PolicyEffectRow, PolicyEffectRow.version == PolicyRow.version)
    .order_by(PolicyRow.version.desc())
)


def canonical(policy: Policy) -> str:
    """The content as JSON with sorted keys: a re-formatted file gives the same text."""
    return json.dumps(policy.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


def fingerprint(policy: Policy) -> str:
    """The SHA-256 of the canonical content, in hexadecimal."""
    return hashlib.sha256(canonical(policy).encode()).hexdigest()


def accept(session: Session, policy: Policy, source: str, at: datetime, who: str) -> int:
    """Record a policy as the newest version and return its number.

    A policy with the content of the newest version is that version: nothing is recorded. One can
    return to the content of an older version; it gets a number of its own.
    """
    sha256 = fingerprint(policy)
    newest = _newest_row(session)
    if newest is not None and newest.sha256 == sha256:
        return newest.version
    version = newest.version + 1 if newest else 1  # the key refuses the second of two at once
    session.add(
        PolicyRow(
            version=version,
            sha256=sha256,
            source=source,
            content=policy.model_dump(mode="json"),  # in the file's order, as people read it
            accepted_at=at,
            accepted_by=who,
        )
    )
    session.flush()
    return version


def take_effect(
    session: Session, version: int, effective_from: date, reason: str | None = None
) -> None:
    """Put off a version that has just been recorded until the beginning of a day."""
    session.add(PolicyEffectRow(version=version, effective_from=effective_from, reason=reason))
    session.flush()


def effects(session: Session) -> dict[int, date]:
    """From which day each version is effective; one that was so at once is absent."""
    query = select(PolicyEffectRow.version, PolicyEffectRow.effective_from)
    return dict(session.execute(query).all())


def reasons(session: Session) -> dict[int, str | None]:
    """Why each version was published, where somebody said."""
    query = select(PolicyEffectRow.version, PolicyEffectRow.reason)
    return dict(session.execute(query).all())


def publish(
    session: Session,
    policy: Policy,
    source: str,
    at: datetime,
    who: str,
    effective_from: date,
    reason: str | None,
) -> int:
    """Record a policy as the newest version, in force from a day on; returns its number."""
    version = accept(session, policy, source, at, who)
    take_effect(session, version, effective_from, reason)
    return version


def replaces(effects: Mapping[int, date], version: int) -> list[int]:
    """Earlier versions that were put off, and that this one takes the place of."""
    day = effects[version]
    return [other for other in sorted(effects) if other < version and effects[other] >= day]


def replaced_by(effects: Mapping[int, date], version: int) -> int | None:
    """The first later version that takes this one's place before it is ever in force."""
    day = effects.get(version)
    later = (v for v in sorted(effects) if v > version and day and effects[v] <= day)
    return next(later, None)


def in_force(session: Session, day: date) -> tuple[int, Policy] | None:
    """The version by which new cases are judged on that day: the newest that is effective.

    None before the first one is. A version that was published later counts as newer, whichever
    day it takes effect on.
    """
    for version, sha256, begins in session.execute(_NEWEST_FIRST):
        if begins is None or begins <= day:
            return version, loaded(session, version, sha256)
    return None


def in_force_at(session: Session, moment: datetime) -> tuple[int, Policy] | None:
    """The version in force at a moment of program time; each version's day begins in its zone."""
    after = moment.date() + timedelta(days=2)  # in no zone has that day begun
    for version, sha256, begins in session.execute(_NEWEST_FIRST):
        if begins is not None and begins > after:
            continue
        policy = loaded(session, version, sha256)
        if begins is None or begins <= moment.astimezone(policy.program.zone).date():
            return version, policy
        after = begins - timedelta(days=1)
    return None


def required(session: Session, moment: datetime) -> tuple[int, Policy]:
    """The version in force at a moment of program time. Raises NoPolicy before the first."""
    found = in_force_at(session, moment)
    if found is None:
        raise NoPolicy("no policy has been accepted yet; run: partners setup")
    return found


def zone_at(session: Session, moment: datetime) -> tzinfo:
    """The zone in which the program's days begin; UTC before there is a policy."""
    found = in_force_at(session, moment)
    return found[1].program.zone if found else UTC


def day_of(session: Session, moment: datetime) -> date:
    """The program's day on which a moment of program time falls: never UTC's (rule 12)."""
    return moment.astimezone(zone_at(session, moment)).date()


def newest(session: Session) -> tuple[int, Policy] | None:
    """The version published last, which may not be effective yet; None before the first.

    For whom to tell and how to sign; `in_force` is what partners are judged by.
    """
    version = session.scalar(select(PolicyRow.version).order_by(PolicyRow.version.desc()).limit(1))
    return None if version is None else (version, load(session, version))


def load(session: Session, version: int) -> Policy:
    """A version by its number, asked for once in a transaction: a version never changes.

    Raises UnknownVersion if there is none.
    """
    known: Policy | None = session.info.get(_LOADED, {}).get(version)
    if known is not None:
        return known
    sha256 = session.scalar(select(PolicyRow.sha256).where(PolicyRow.version == version))
    if sha256 is None:
        raise UnknownVersion(version)
    return loaded(session, version, sha256)


def loaded(session: Session, version: int, sha256: str) -> Policy:
    """A version whose hash has been read; the content is read and parsed once in a process."""
    if sha256 not in _parsed:
        content: dict[str, Any] | None = session.scalar(
            select(PolicyRow.content).where(PolicyRow.version == version)
        )
        _parsed[sha256] = Policy.model_validate(content)
    known: dict[int, Policy] = session.info.setdefault(_LOADED, {})
    return known.setdefault(version, _parsed[sha256])


def history(session: Session) -> Sequence[PolicyRow]:
    """Every accepted version, oldest first."""
    return session.scalars(select(PolicyRow).order_by(PolicyRow.version)).all()


def _newest_row(session: Session) -> PolicyRow | None:
    return session.scalar(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1))
