"""Order ids are the program's: a row that moves an order to another partner is refused."""

import pytest

from partners.store.imports.result import Advice
from partners.store.tables.feed_tables import OrderRow, OrderVersionRow


def holder(importer, order_id="1001"):
    with importer.database.read() as session:
        return session.get(OrderRow, order_id).partner_id


@pytest.mark.parametrize("known", [{}, {"known_at": "2026-10-06T00:00:00Z"}])
@pytest.mark.parametrize("known_of_zenith", [{}, {"known_at": "2026-10-05T20:00:00Z"}])
def test_another_partners_order_does_not_move(importer, order, known, known_of_zenith):
    importer.orders(order("1001", **known))
    again = order("1001", partner_id="zenith", **known_of_zenith)
    result = importer.orders(again, order("1002"))
    assert (result.new, result.corrected, result.late, result.rejected) == (1, 0, 0, 1)
    assert holder(importer) == "acme"
    [(line, why)] = importer.rejected()
    assert line == 2
    assert why.startswith("order 1001 is acme's, and would move to zenith;")
    assert "zenith-1001" in why
    assert "if the order did move, allow moves" in why
    assert Advice.ALLOW_MOVES in result.advice
    assert result.unknown[0] == "not known of zenith, whose rows were rejected: 2026-10-05"


@pytest.mark.parametrize("earlier", ["", "2026-10-06T00:00:00Z"])
def test_of_two_shops_with_the_same_numbers_in_one_file_the_first_has_the_order(
    importer, order, earlier
):
    result = importer.orders(
        order("1001", known_at=earlier),
        order("1001", partner_id="zenith", known_at="2026-10-07T00:00:00Z"),
        order("1002"),
    )
    assert (result.new, result.corrected, result.unchanged, result.rejected) == (2, 0, 0, 1)
    assert holder(importer) == "acme"
    assert [line for line, _ in importer.rejected()] == [3]
    with importer.database.read() as session:
        assert session.query(OrderVersionRow).count() == 0


def test_all_or_nothing_counts_a_move_as_a_bad_row(importer, order):
    importer.orders(order("1001"))
    moved = order("1001", partner_id="zenith")
    result = importer.orders(order("1002"), moved, all_or_nothing=True)
    assert (result.kept, result.rejected) == (False, 1)
    with importer.database.read() as session:
        assert session.query(OrderRow).count() == 1


def test_moves_are_kept_when_they_are_allowed_and_older_files_then_say_nothing_new(importer, order):
    first = order("1001", known_at="2026-10-06T00:00:00Z")
    importer.orders(first)
    moved = order("1001", partner_id="zenith", known_at="2026-10-08T00:00:00Z")
    assert importer.orders(moved, moves_allowed=True).corrected == 1
    assert holder(importer) == "zenith"
    again = importer.orders(first)
    assert (again.corrected, again.late, again.rejected) == (0, 0, 0)
    assert holder(importer) == "zenith"
