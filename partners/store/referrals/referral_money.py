"""The compensation ledger: posting to it, and reading it. Nothing else writes to its table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.numbers import get_currency_precision
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.compensation import Balance, Posting, Purchase, settle
from partners.domain.referrals.referral import ReferralState
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.tables.incentive_tables import IncentiveRunRow
from partners.store.tables.referral_tables import LedgerRow, ReferralRow


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have."""
    return get_currency_precision(currency)


def terms(session: Session, row: ReferralRow) -> tuple[ReferralSection, str] | None:
    """What was promised for a referral, and in which currency; None before it was accepted."""
    if row.policy_version is None:
        return None
    policy = policies.load(session, row.policy_version)
    return policy.referral or ReferralSection(), policy.program.currency


def purchase(session: Session, row: ReferralRow) -> Purchase | None:
    """The purchase that stands; None where there is none, or it was refunded."""
    promised = terms(session, row)
    if row.state != ReferralState.CONVERTED or promised is None:
        return None
    assert row.amount is not None
    assert row.bought_on is not None
    return Purchase(row.amount, row.bought_on, promised[0])


def posting(entry: LedgerRow) -> Posting:
    """An entry as the domain has it."""
    return Posting(entry.kind, entry.held, entry.payable, entry.paid)


def settle_referrals(
    session: Session, rows: Sequence[ReferralRow], now: datetime, today: date
) -> None:
    """Post what is missing from the ledgers of these referrals; done twice it adds nothing.

    The rows' lock has been taken (`referrals.lock`).
    """
    ids = [row.referral_id for row in rows]
    entries = _entries_of(session, ids)
    for row in rows:
        promised = terms(session, row)
        own = entries[row.referral_id]
        posted = total(own)
        if promised is None and not own:
            continue
        currency = own[0].currency if own else (promised or (None, ""))[1]
        bought = purchase(session, row)
        for number, made in enumerate(
            settle(posted, bought, decimals(currency), today), len(own) + 1
        ):
            posted = posted.plus(made)
            session.add(
                LedgerRow(
                    key=f"referral/{row.referral_id}/{number}",
                    partner_id=row.partner_id,
                    referral_id=row.referral_id,
                    kind=made.kind,
                    held=made.held,
                    payable=made.payable,
                    paid=made.paid,
                    currency=currency,
                    day=today,
                    at=now,
                    policy_version=row.policy_version,
                    note="" if row.state == ReferralState.CONVERTED else row.state,
                )
            )
        row.payable_on = bought.payable_on if bought and posted.held > 0 else None
    session.flush()


def _entries_of(session: Session, ids: Sequence[str]) -> defaultdict[str, list[LedgerRow]]:
    found: defaultdict[str, list[LedgerRow]] = defaultdict(list)
    query = select(LedgerRow).where(LedgerRow.referral_id.in_(ids)).order_by(LedgerRow.entry_id)
    for entry in session.scalars(query):
        found[entry.referral_id or ""].append(entry)
    return found


def total(entries: Iterable[LedgerRow]) -> Balance:
    result = Balance()
    for entry in entries:
        result = result.plus(posting(entry))
    return result


def entries(
    session: Session, partner_id: str, first: date | None = None, last: date | None = None
) -> Sequence[LedgerRow]:
    """A partner's entries of these days, oldest first."""
    query = select(LedgerRow).where(LedgerRow.partner_id == partner_id)
    if first is not None:
        query = query.where(LedgerRow.day >= first)
    if last is not None:
        query = query.where(LedgerRow.day <= last)
    return session.scalars(query.order_by(LedgerRow.entry_id)).all()


def balances(
    session: Session, partner_id: str | None = None, until: date | None = None
) -> dict[tuple[str, str], Balance]:
    """What a partner, or everybody, has held, payable and paid, at the end of a day, or now: by
    partner and currency, for amounts of two are never added up."""
    row = LedgerRow
    query = select(row.partner_id, row.currency, row.held, row.payable, row.paid)
    if partner_id is not None:
        query = query.where(row.partner_id == partner_id)
    if until is not None:
        query = query.where(row.day <= until)
    found: defaultdict[tuple[str, str], Balance] = defaultdict(Balance)
    for who, currency, held, payable, paid in session.execute(query):
        sums = found[who, currency]
        found[who, currency] = Balance(sums.held + held, sums.payable + payable, sums.paid + paid)
    return dict(found)


def balance_of(session: Session, partner_id: str, currency: str) -> Balance:
    """What a partner has in one currency, now."""
    return balances(session, partner_id).get((partner_id, currency), Balance())


def currency_of(session: Session, row: ReferralRow, default: str = "") -> str:
    """The currency of what is paid for a referral: that of its terms."""
    promised = terms(session, row)
    return promised[1] if promised else default


def money_of(session: Session, referral_id: str) -> Balance:
    """What the entries of one referral come to."""
    return total(_entries_of(session, [referral_id])[referral_id])


@dataclass(frozen=True)
class Statement:
    """A month's entries in one currency, with the balance before and after it."""

    currency: str
    before: Balance
    entries: Sequence[LedgerRow]
    after: Balance


def statements(
    session: Session, partner_id: str, month: Month, currency: str
) -> tuple[Statement, ...]:
    """A month by currency: `currency`, the program's, first; the others if anything is in them."""
    rows = entries(session, partner_id, month.first_day, month.last_day)
    before = balances(session, partner_id, month.first_day - timedelta(days=1))
    after = balances(session, partner_id, month.last_day)
    others = sorted({name for _, name in (*before, *after)} - {currency})
    return tuple(
        Statement(
            name,
            before.get((partner_id, name), Balance()),
            [row for row in rows if row.currency == name],
            after.get((partner_id, name), Balance()),
        )
        for name in (currency, *others)
    )


def has_entries(session: Session, partner_id: str, month: Month) -> bool:
    row = LedgerRow
    query = select(func.count()).where(
        row.partner_id == partner_id, row.day.between(month.first_day, month.last_day)
    )
    return bool(session.scalar(query))


def has_incentives(session: Session, partner_id: str) -> bool:
    """Whether an incentive ever paid the partner anything."""
    row = LedgerRow
    query = select(row.entry_id).where(row.partner_id == partner_id, row.period.is_not(None))
    return session.scalar(query.limit(1)) is not None


def incentives_posted(session: Session, month: Month) -> Iterator[str]:
    """Partners for whom an accrual posted something in a month, by id."""
    row, run = LedgerRow, IncentiveRunRow
    runs = select(run.run_id).where(run.as_of.between(month.first_day, month.last_day))
    query = select(row.partner_id).where(row.run_id.in_(runs)).distinct()
    yield from session.scalars(query.order_by(row.partner_id))
