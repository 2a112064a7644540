"""Payouts: what is handed to those who pay, once; and their word that it was paid, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.referrals.compensation import pay
from partners.errors import Refusal
from partners.store.tables.referral_tables import LedgerRow, PayoutRow

Owed = dict[tuple[str, str], Decimal]
"""By partner and currency."""


@dataclass(eq=False)
class UnknownPayout(Refusal):
    """No payout has this id."""

    says = "there is no payout {payout_id!r}"

    payout_id: str


def export(session: Session, batch: str, who: str, now: datetime) -> Sequence[PayoutRow]:
    """The payouts of a batch: made the first time, the same ones at every repetition.

    A payout is what is payable to a partner and in no other payout that is still unpaid. Below
    zero (a refund after payment) nothing is paid: it is set off against what comes.
    """
    made = of_batch(session, batch)
    if made:
        return made
    # `referrals.lock` is held: two exports at once would both find the same amounts unpaid.
    due = {key: amount for key, amount in sorted(_owed(session).items()) if amount > 0}
    for (partner_id, currency), amount in due.items():
        alone = sum(who == partner_id for who, _ in due) == 1
        session.add(
            PayoutRow(
                payout_id=f"{batch}/{partner_id}" + ("" if alone else f"/{currency}"),
                batch=batch,
                partner_id=partner_id,
                amount=amount,
                currency=currency,
                exported_at=now,
                exported_by=who,
            )
        )
    session.flush()
    return of_batch(session, batch)


def of_batch(session: Session, batch: str) -> Sequence[PayoutRow]:
    query = select(PayoutRow).where(PayoutRow.batch == batch)
    return session.scalars(query.order_by(PayoutRow.payout_id)).all()


def unpaid(session: Session) -> Iterator[PayoutRow]:
    """Payouts that nobody has said were paid, oldest first."""
    query = select(PayoutRow).where(PayoutRow.paid_on.is_(None))
    query = query.order_by(PayoutRow.exported_at, PayoutRow.payout_id)
    yield from session.scalars(query.execution_options(yield_per=500))


def _owed(session: Session) -> Owed:
    owed: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    row = LedgerRow
    for partner_id, currency, payable in session.execute(
        select(row.partner_id, row.currency, row.payable)
    ):
        owed[partner_id, currency] += payable
    for payout in unpaid(session):
        owed[payout.partner_id, payout.currency] -= payout.amount
    return owed


def find(session: Session, payout_ids: Iterable[str]) -> list[PayoutRow]:
    """Payouts by id. Raises UnknownPayout for one that does not exist."""
    found = []
    for payout_id in payout_ids:
        row = session.get(PayoutRow, payout_id, with_for_update=True)
        if row is None:
            raise UnknownPayout(payout_id)
        found.append(row)
    return found


def mark_paid(session: Session, row: PayoutRow, day: date, who: str, now: datetime) -> bool:
    """A person says that a payout was paid. Returns False if that was known."""
    if row.paid_on is not None:
        return False
    made = pay(row.amount)
    session.add(
        LedgerRow(
            key=f"payout/{row.payout_id}",
            partner_id=row.partner_id,
            referral_id=None,
            kind=made.kind,
            held=made.held,
            payable=made.payable,
            paid=made.paid,
            currency=row.currency,
            day=day,
            at=now,
            policy_version=None,
            note=f"payout {row.payout_id}",
        )
    )
    row.paid_on, row.paid_by = day, who
    session.flush()
    return True
