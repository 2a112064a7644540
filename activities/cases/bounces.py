"""A notice that starts a clock and did not arrive: the clock stops (rule 1).

The other address is tried first, under the next attempt's key; where there is none, the case goes
on hold and staff are told.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from activities.cases import case_steps as steps
from activities.judging.gathering import CaseFile
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.mail.notices import MailState, NoticeKind, attempt_key
from partners.domain.record.decisions import Step
from partners.mail.transport import is_usable, without_addresses
from partners.mail_addresses import normal
from partners.store.mail import mail_events, outbox, recipients
from partners.store.tables.mail_tables import OutboxRow

# Built once, for every warning asks.
_THAT_START = select(OutboxRow).where(
    OutboxRow.case_id == bindparam("case_id"),
    OutboxRow.kind.in_([kind for kind in NoticeKind if kind.starts_clock]),
)


def stop_if_undelivered(file: CaseFile, row: OutboxRow | None = None) -> bool:
    """Stop a running grace period whose notice came back before it ran out; whether it did.

    What counts is when it came back, not when it was learned: a bounce that became known only at
    the decision stops that decision.
    """
    found = undelivered(file, row) if file.case.status == CaseStatus.IN_GRACE else None
    if found is None:
        return False
    row, why = found
    _stop_clock(file)
    undeliverable(file, row, why)
    file.case.untold = False
    return True


def undelivered(file: CaseFile, row: OutboxRow | None = None) -> tuple[OutboxRow, str] | None:
    """The notice on which the clock rests, and why it did not arrive; None if it may have.

    Also of a clock that stands still: who ends a pause or removes the partner asks first. `row`:
    that notice, for whoever has it at hand.
    """
    case = file.case
    if case.deadline is None:
        return None
    if row is None:
        key = attempt_key(case.case_id, case.notice_kind, case.attempt)
        row = outbox.message(file.session, key)
    failure = _failure(file, row)
    if row is None or failure is None or failure[0] >= file.calendar.end_of(case.deadline):
        return None
    return row, failure[1]


def undeliverable(file: CaseFile, row: OutboxRow, why: str) -> None:
    """A notice that starts a clock reached nobody: try the other address, or wait for a person."""
    case = file.case
    if _other_address(file, row):
        case.attempt += 1
        case.status = CaseStatus.OPENED
        steps.record(file, Step.UNDELIVERABLE, f"{why}; the other address is tried")
    else:
        steps.put_on_hold(file, HoldReason.UNDELIVERABLE, why)


def failed_addresses(file: CaseFile) -> frozenset[str]:
    """Addresses, in their normal form, at which a notice of this case has failed."""
    sent = file.session.scalars(_THAT_START, {"case_id": file.case.case_id})
    failed = [row for row in sent if _has_failed(file, row)]
    return frozenset(normal(address) for row in failed for address in row.to)


def _failure(file: CaseFile, row: OutboxRow | None) -> tuple[datetime, str] | None:
    """When and why an accepted message did not arrive; None if it may have."""
    if row is None or row.state != MailState.ACCEPTED:
        return None
    failed = mail_events.failed_delivery(file.session, row.outbox_id)
    if failed is None:
        return None
    return failed.at, without_addresses(f"{failed.state}: {failed.reason}".removesuffix(": "))


def _has_failed(file: CaseFile, row: OutboxRow) -> bool:
    return row.state == MailState.REJECTED or _failure(file, row) is not None


def _other_address(file: CaseFile, row: OutboxRow) -> bool:
    """Whether an address is left that has not failed."""
    known = recipients.addresses_of(file.partner)
    blocked = recipients.blocked(file.session, known)
    failed = failed_addresses(file) | {normal(address) for address in row.to}
    return any(is_usable(a) and normal(a) not in {*blocked, *failed} for a in known)


def _stop_clock(file: CaseFile) -> None:
    """Nothing runs until another attempt is accepted; then a new period does, never shorter."""
    case = file.case
    if case.notice_kind == NoticeKind.WARNING:
        case.warned_at = None
    case.clock_from = case.stated_deadline = case.deadline = None
    case.recovery_since = None
