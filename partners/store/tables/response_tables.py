"""The tables of progressive response: the steps that were taken, and complaints about partners."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.mail.view import Sending
from partners.domain.responses.response import Severity
from partners.store.tables.base import Base, Word


class ResponseRow(Base):
    """A step that was taken about one partner, and why; never deleted."""

    __tablename__ = "responses"
    __table_args__ = (
        UniqueConstraint("partner_id", "subject", "month", "step"),  # a month counts once
        Index(None, "notice_key"),
    )

    response_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    subject: Mapped[str] = mapped_column(String(64))
    """The criterion's metric, or `complaint/<number>`."""
    month: Mapped[int]
    """The newest month it was judged on, YYYYMM; of a complaint, that of its day."""
    step: Mapped[str] = mapped_column(String(16))
    """check_in, warning, removal; of a serious complaint staff or block."""
    taken_on: Mapped[date]
    """The program's day on which it was taken; of a check-in, on which the partner was told."""
    recorded_at: Mapped[datetime]
    tier: Mapped[str | None] = mapped_column(String(64))
    """The partner's tier then."""
    why: Mapped[str]
    """In a manager's words; nothing personal."""
    findings: Mapped[list[dict[str, Any]]]
    """The figure that was judged; none for a complaint."""
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    actor: Mapped[str]
    """`workflow <run id>`, or the person who took it."""
    case_id: Mapped[str | None] = mapped_column(String(80))
    """Of a warning or a removal: the case that it is a step of."""
    notice_key: Mapped[str | None] = mapped_column(String(200))
    """The message of a check-in; criteria that are checked in on together share one."""
    told_at: Mapped[datetime | None]
    """When the fate of a check-in's message was known; None while it has not gone out."""
    result: Mapped[str | None]
    """What became of that message, in words."""
    sending: Mapped[Sending | None] = mapped_column(Word(Sending))
    """The same as a code."""
    withdrawn: Mapped[str | None]
    """Why the step does not count: it turned out to be wrong. None: it counts."""


class ComplaintRow(Base):
    """A complaint about a partner, as staff recorded it. The only place that holds its text."""

    __tablename__ = "complaints"
    __table_args__ = (Index(None, "partner_id", "received_on"),)

    complaint_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    severity: Mapped[Severity] = mapped_column(Word(Severity))
    """minor or serious."""
    text: Mapped[str]
    """What was complained of, in words; never leaves the database (rule 18)."""
    order_id: Mapped[str | None] = mapped_column(String(128))
    """The order that it is about."""
    received_on: Mapped[date]
    """The program's day on which it counts."""
    recorded_at: Mapped[datetime]
    who: Mapped[str]
    settled_at: Mapped[datetime | None]
    """When a person dealt with a serious one; None while it waits, and for minor ones."""
    settled_by: Mapped[str | None]
    settled_how: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    """From then on it does not count."""
    withdrawn_by: Mapped[str | None]
    withdrawn_why: Mapped[str | None]
