"""Accepted policies: numbered, hashed, never changed or deleted (rule 6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.policy import Policy
from partners.errors import UserError
from partners.store.tables import PolicyRow

_parsed: dict[str, Policy] = {}
"""By hash of the content, so that it is right for every database: a hash never changes meaning."""


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
    version = newest.version + 1 if newest else 1
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


def newest(session: Session) -> tuple[int, Policy] | None:
    """The version in force for new cases; None before the first one is accepted."""
    version = session.scalar(select(PolicyRow.version).order_by(PolicyRow.version.desc()).limit(1))
    return None if version is None else (version, load(session, version))


def load(session: Session, version: int) -> Policy:
    """A version by its number. Raises UserError if there is no such version."""
    sha256 = session.scalar(select(PolicyRow.sha256).where(PolicyRow.version == version))
    if sha256 is None:
        raise UserError(f"there is no policy version {version}; run: partners policy list")
    if sha256 not in _parsed:
        content: dict[str, Any] | None = session.scalar(
            select(PolicyRow.content).where(PolicyRow.version == version)
        )
        _parsed[sha256] = Policy.model_validate(content)
    return _parsed[sha256]


def history(session: Session) -> Sequence[PolicyRow]:
    """Every accepted version, oldest first."""
    return session.scalars(select(PolicyRow).order_by(PolicyRow.version)).all()


def _newest_row(session: Session) -> PolicyRow | None:
    return session.scalar(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1))
