"""Which services a partner prefers, as imports count them."""

import pytest

from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.time.calendar import Month
from partners.store.offers.service_mix import service_mix
from partners.store.tables.offer_tables import OfferRow

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)


def offer(database, offer_id, service):
    with database.write() as session:
        session.merge(
            OfferRow(
                offer_id=offer_id,
                service=service,
                name=offer_id,
                description="",
                status=OfferStatus.ACTIVE,
                visibility=Visibility.PUBLIC,
            )
        )


def mix_of(importer, first=SEPTEMBER, last=OCTOBER):
    """(service, placed, completed, value) by the most ordered, and how many name none."""
    with importer.database.read() as session:
        found = service_mix(session, "acme", first, last)
    counts = [(one.service, one.placed, one.completed, one.value) for one in found.shares]
    return counts, found.unnamed


@pytest.fixture
def fed(importer, order):
    importer.orders(
        order("o1", service="print", value="10"),
        order("o2", service="print", offer_id="scan-1", value="5.50", status="failed"),
        order("o3", offer_id="scan-1", value="3"),
        order("o4", offer_id="unheard-of"),
        order("o5"),
        order("o6", service="scan", placed_at="2026-09-05", outcome_at="2026-10-02", value="2"),
        order("theirs", partner_id="zenith", service="print"),
        order("before", service="print", placed_at="2026-08-05"),
    )
    return importer


def test_an_order_without_a_service_counts_for_that_of_its_offer(fed):
    offer(fed.database, "scan-1", "scan")
    assert mix_of(fed) == ([("scan", 2, 2, 5), ("print", 2, 1, 10)], 2)


def test_an_offer_that_is_added_or_renamed_later_needs_no_recount(fed):
    assert mix_of(fed) == ([("print", 2, 1, 10), ("scan", 1, 1, 2)], 3)
    offer(fed.database, "scan-1", "archive")
    assert mix_of(fed) == ([("print", 2, 1, 10), ("archive", 1, 1, 3), ("scan", 1, 1, 2)], 2)


def test_an_order_is_placed_in_one_month_and_completed_in_another(fed):
    assert mix_of(fed, SEPTEMBER, SEPTEMBER) == ([("scan", 1, 0, 0)], 0)
    assert ("scan", 0, 1, 2) in mix_of(fed, OCTOBER, OCTOBER)[0]


def test_a_corrected_service_or_a_moved_order_is_counted_where_it_is_now(fed, order):
    fed.orders(order("o1", service="scan", value="10"))
    fed.orders(order("o2", partner_id="zenith", service="print"), moves_allowed=True)
    assert mix_of(fed) == ([("scan", 2, 2, 12)], 3)
