"""Builders: a policy, partners and orders in a line each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus, Period, Renewal
from partners.domain.offers.offer import OfferStatus, PriceLevel, Visibility
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.judging.totals import recount_all
from partners.store.offers import areas
from partners.store.offers.exclusive_standing import stand
from partners.store.offers.holding import exclusive_places
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.feed_tables import CoverageRow, ImportRow, OrderRow
from partners.store.tables.offer_tables import (
    AreaRow,
    GrantRow,
    OfferRow,
    OfferStateRow,
    PriceRow,
)
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.response_tables import ComplaintRow

POLICY: dict[str, Any] = {
    "program": {
        "name": "Preferred Partners",
        "provider": "Northwind",
        "time_zone": "UTC",
        "contact_email": "partners@northwind.example",
    },
    "staff": {"emails": ["managers@northwind.example"]},
    "tiers": [
        {
            "key": "preferred",
            "kind": "preferred",
            "enter": {
                "orders_per_month": {"at_least": 10},
                "acceptance_rate": {"at_least": "0.90", "window_months": 3},
                "tenure_months": {"at_least": 3},
            },
        }
    ],
}


def a_policy(**sections: Any) -> Policy:
    """The test policy; a keyword replaces or extends a section: `grace={"days": 30}`."""
    content = dict(POLICY)
    for name, value in sections.items():
        old = content.get(name)
        content[name] = {**old, **value} if isinstance(old, dict) else value
    return Policy.model_validate(content)


def accept(database: Database, policy: Policy) -> int:
    with database.write() as session:
        return policies.accept(session, policy, "", datetime.now(UTC), "tests")


def a_partner(session: Session, partner_id: str, **columns: Any) -> PartnerRow:
    """A preferred partner who joined long ago, with an address that works."""
    joined_on = columns.setdefault("joined_on", date(2020, 1, 1))
    row = PartnerRow(
        partner_id=partner_id,
        **{
            "name": partner_id.capitalize(),
            "email": f"{partner_id}@example.com",
            "kind": "reseller",
            "tier": "preferred",
            "tier_since": joined_on,
            **columns,
        },
    )
    session.add(row)
    session.flush()
    return row


def a_case(partner_id: str, month: Month, **columns: Any) -> CaseRow:
    """A case of policy version 1, in grace; what matters to a test is for it to say."""
    return CaseRow(
        **{
            "case_id": f"{partner_id}-{month}",
            "partner_id": partner_id,
            "month": month.number,
            "since": date(2020, 1, 1),
            "tier": "preferred",
            "policy_version": 1,
            "repeat": False,
            "revision": 1,
            "status": "in_grace",
            "findings": [],
            "latest": [],
            "notice_kind": "warning",
            "attempt": 1,
            "period_days": 45,
            "notices_done": [],
            "hold_count": 0,
            "hold_notices": 0,
            "silent": False,
            "untold": False,
            **columns,
        }
    )


def orders(
    session: Session,
    partner_id: str,
    first: date,
    last: date,
    count: int,
    status: str = "completed",
    **columns: Any,
) -> None:
    """`count` orders spread evenly over the days, with everything else blank."""
    days = (last - first).days + 1
    rows = []
    for number in range(count):
        day = first + timedelta(days=number * days // count)
        at = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
        rows.append(
            {
                "order_id": f"{partner_id}/{first}/{status}/{number}",
                "partner_id": partner_id,
                "placed_at": at,
                "placed_month": day.year * 100 + day.month,
                "status": status,
                "outcome_at": at,
                "outcome_month": day.year * 100 + day.month,
                "known_at": at,
                **columns,
            }
        )
    if rows:
        session.execute(insert(OrderRow), rows)


def a_complaint(session: Session, partner_id: str, day: date, **columns: Any) -> ComplaintRow:
    """A minor complaint that counts on that day."""
    row = ComplaintRow(
        partner_id=partner_id,
        **{
            "severity": "minor",
            "text": "late and rude",
            "received_on": day,
            "recorded_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            "who": "Ann",
            **columns,
        },
    )
    session.add(row)
    session.flush()
    return row


def an_import(session: Session) -> ImportRow:
    """An import that brought nothing."""
    row = ImportRow(
        kind="orders",
        file_name="builder",
        imported_at=datetime.now(UTC),
        rows=0,
        new=0,
        corrected=0,
        rejected=0,
    )
    session.add(row)
    session.flush()
    return row


def covered(session: Session, *ranges: DayRange) -> None:
    """Say that the feed covers these days, and bring the monthly totals up to date."""
    row = an_import(session)
    for first, last in ranges:
        session.add(CoverageRow(first_day=first, last_day=last, import_id=row.import_id))
    session.flush()
    recount_all(session.connection())


# ---- offers ----

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def an_area(session: Session, area_code: str, *codes: str) -> AreaRow:
    """An area with these postal codes."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return areas.add(session, area_code, area_code.capitalize(), codes, at, "tests")


def an_offer(session: Session, offer_id: str, **columns: Any) -> OfferRow:
    """An active offer that every partner sees, since long ago; of the service `internet`."""
    row = OfferRow(
        offer_id=offer_id,
        **{
            "service": "internet",
            "name": offer_id.capitalize(),
            "description": "",
            "status": OfferStatus.ACTIVE,
            "visibility": Visibility.PUBLIC,
            **columns,
        },
    )
    session.add(row)
    session.flush()
    session.add(
        OfferStateRow(
            offer_id=offer_id,
            at=LONG_AGO,
            status=row.status,
            visibility=row.visibility,
            who="tests",
            reason="",
        )
    )
    session.flush()
    return row


def a_price(session: Session, offer_id: str, amount: Any = None, **columns: Any) -> PriceRow:
    """A base price; or a partner's, or a tier's, as the columns say."""
    level = "partner" if "partner_id" in columns else "tier" if "tier" in columns else "base"
    row = PriceRow(
        offer_id=offer_id,
        amount=None if amount is None else Decimal(amount),
        **{
            "level": PriceLevel(level),
            "currency": "USD",
            "from_day": LONG_AGO.date(),
            "set_at": LONG_AGO,
            "who": "tests",
            "reason": "",
            **columns,
        },
    )
    session.add(row)
    session.flush()
    return row


def a_grant(session: Session, offer_id: str, partner_id: str, **columns: Any) -> GrantRow:
    """A grant since long ago."""
    row = GrantRow(
        offer_id=offer_id,
        partner_id=partner_id,
        **{
            "from_day": LONG_AGO.date(),
            "granted_at": LONG_AGO,
            "who": "tests",
            "reason": "",
            **columns,
        },
    )
    session.add(row)
    session.flush()
    return row


def an_exclusive(
    session: Session, exclusive_id: str, partner_id: str, **columns: Any
) -> ExclusiveRow:
    """An active exclusive on `internet`, everywhere, for a hundred years, without a minimum."""
    row = ExclusiveRow(
        exclusive_id=exclusive_id,
        partner_id=partner_id,
        **{
            "service": "internet",
            "first_day": LONG_AGO.date(),
            "last_day": date(2119, 12, 31),
            "minimum_orders": 0,
            "min_sample": 10,
            "period": Period.MONTHLY,
            "cure_days": 30,
            "notice_days": 30,
            "renewal": Renewal.PROPOSE,
            "max_holders": 1,
            "status": ExclusiveStatus.ACTIVE,
            "policy_version": 1,
            "proposed_at": LONG_AGO,
            "proposed_by": "tests",
            "reason": "",
            "revision": 0,
            **columns,
        },
    )
    session.add(row)
    session.flush()
    if row.status.holds_place:
        codes = exclusive_places.codes_of(session, row)
        free = exclusive_places.look(session, row, codes)
        assert isinstance(free, exclusive_places.Free)
        exclusive_places.take(session, row, codes, free)
    stand(session, row, row.status, LONG_AGO, "tests", "")
    return row
