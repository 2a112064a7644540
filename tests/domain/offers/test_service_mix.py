from decimal import Decimal

from partners.domain.offers.service_mix import ServiceSum, mix
from partners.domain.time.calendar import Month

JANUARY, DECEMBER = Month(2026, 1), Month(2026, 12)


def test_the_most_ordered_service_comes_first_and_shares_are_of_orders_that_name_one():
    found = mix(
        JANUARY,
        DECEMBER,
        10,
        [ServiceSum("scan", 2, 1, 500), ServiceSum("print", 6, 5, 1250), ServiceSum(None, 1, 1, 9)],
    )
    assert [one.service for one in found.shares] == ["print", "scan"]
    assert [one.share for one in found.shares] == [Decimal("0.75"), Decimal("0.25")]
    assert [one.value for one in found.shares] == [Decimal("12.5"), Decimal(5)]
    assert (found.placed, found.unnamed) == (10, 2)


def test_equal_services_stand_in_the_order_of_their_names():
    found = mix(JANUARY, JANUARY, 4, [ServiceSum("scan", 2, 1, 0), ServiceSum("print", 2, 1, 0)])
    assert [one.service for one in found.shares] == ["print", "scan"]


def test_a_service_that_was_only_completed_in_the_months_has_no_share():
    [found] = mix(JANUARY, JANUARY, 0, [ServiceSum("print", 0, 1, 100)]).shares
    assert (found.placed, found.share, found.value) == (0, 0, 1)
