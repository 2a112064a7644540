"""Rules of the audit for mail's permissions, for what referrals earn and are paid, and tracks."""

from __future__ import annotations

from collections.abc import Mapping

from partners.domain.offers.incentives.incentive_runs import RunStatus
from partners.domain.record.audit import AuditKind, Entry
from partners.store.record.audit_fields import digest, ref_of, run_digest
from partners.store.record.audit_rule import Rule, Written
from partners.store.record.audit_stands import TRACK_FACTS
from partners.store.tables.base import Base
from partners.store.tables.incentive_tables import IncentiveRunRow
from partners.store.tables.mail_tables import MailApprovalRow, PreferenceRow, UnblockRow
from partners.store.tables.referral_tables import (
    LeadRow,
    LeadTurnRow,
    LedgerRow,
    PayoutRow,
    QualificationRow,
)
from partners.store.tables.track_tables import TrackStepRow


def _choice(w: Written) -> Entry:
    row: PreferenceRow = w.row
    details = {"topic": row.topic, "wanted": row.wanted, "via": row.via}
    actor = f"partner, by {row.via}"
    return Entry(AuditKind.MAIL, row.at, actor, row.partner_id, ref=ref_of(row), details=details)


def _approval(w: Written) -> Entry:
    row: MailApprovalRow = w.row
    details = {"approved": row.run, "reason": row.reason}
    return Entry(AuditKind.MAIL, row.at, row.who, ref=ref_of(row), details=details)


def _unblock(w: Written) -> Entry:
    """The address itself stays in its table."""
    row: UnblockRow = w.row
    details = {"what": "unblocked", "sha256": digest(row)}
    return Entry(AuditKind.MAIL, row.at, row.who, ref=ref_of(row), details=details)


def _ledger(w: Written) -> Entry:
    """Not of incentives: see `_accrual`."""
    row: LedgerRow = w.row
    amounts = {name: str(getattr(row, name)) for name in ("held", "payable", "paid")}
    details = {"kind": row.kind, "currency": row.currency, "day": row.day, **amounts}
    return Entry(
        AuditKind.COMPENSATION,
        row.at,
        w.actor,
        row.partner_id,
        policy_version=row.policy_version,
        ref=ref_of(row),
        details={**details, "key": row.key},
    )


def _accrual(w: Written) -> Entry:
    """A finished accrual is one entry, with a digest of all that it posted."""
    row: IncentiveRunRow = w.row
    done = row.status == RunStatus.DONE
    return Entry(
        AuditKind.COMPENSATION,
        row.finished_at or row.started_at,
        w.actor,
        ref=ref_of(row),
        details={
            "status": row.status,
            "month": row.month,
            "as_of": row.as_of,
            "counts": row.counts,
            **({"sha256": run_digest(w.session, row.run_id)} if done else {}),
        },
    )


def _payout(w: Written) -> Entry:
    row: PayoutRow = w.row
    paid = row.paid_on is not None
    details = {"amount": str(row.amount), "currency": row.currency, "paid_on": row.paid_on}
    return Entry(
        AuditKind.COMPENSATION,
        w.at if paid else row.exported_at,
        (row.paid_by if paid else row.exported_by) or w.actor,
        row.partner_id,
        ref=ref_of(row),
        details=details,
    )


def _qualification(w: Written) -> Entry:
    row: QualificationRow = w.row
    details = {"qualified_on": row.qualified_on, "declines": row.declines}
    return Entry(
        AuditKind.REFERRAL, w.at, w.actor, row.partner_id, ref=ref_of(row), details=details
    )


def _track_step(w: Written) -> Entry:
    row: TrackStepRow = w.row
    details = {name: getattr(row, name) for name in TRACK_FACTS}
    return Entry(AuditKind.TRACK, w.at, w.actor, row.partner_id, ref=ref_of(row), details=details)


def _lead(w: Written) -> Entry:
    """Who works a lead, and the purchase that an order made of it; of nobody but the program."""
    row: LeadRow = w.row
    details = {
        "state": row.state,
        "turn": row.turn,
        "order_id": row.order_id,
        "bought_at": row.bought_at,
        "amount": row.amount,
        "taken_back_at": row.taken_back_at,
    }
    return Entry(AuditKind.REFERRAL, w.at, w.actor, ref=ref_of(row), details=details)


def _lead_turn(w: Written) -> Entry:
    row: LeadTurnRow = w.row
    details = {
        "taken_at": row.taken_at,
        "end": row.end,
        "ended_at": row.ended_at,
        "won_on": row.won_on,
        "sha256": digest(row),
    }
    who = row.who if w.new else w.actor
    return Entry(AuditKind.REFERRAL, w.at, who, row.partner_id, ref=ref_of(row), details=details)


LEAD_FACTS = ("turn", "order_id", "bought_at", "amount", "taken_back_at")

MAIL_AND_MONEY: Mapping[type[Base], Rule] = {
    IncentiveRunRow: Rule(_accrual, "status"),
    LeadRow: Rule(_lead, "state", LEAD_FACTS),
    LeadTurnRow: Rule(_lead_turn, "end", ("taken_at", "won_on")),
    LedgerRow: Rule(_ledger),
    MailApprovalRow: Rule(_approval),
    PayoutRow: Rule(_payout, "paid_on"),
    PreferenceRow: Rule(_choice),
    QualificationRow: Rule(_qualification, "qualified_on"),
    TrackStepRow: Rule(_track_step, "done_on", TRACK_FACTS),
    UnblockRow: Rule(_unblock),
}
