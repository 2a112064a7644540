from pathlib import Path

import pytest

from partners.errors import UserError
from partners.store.imports import import_orders
from partners.store.tables.feed_tables import OrderRow

HEADER = "order_id,partner_id,placed_at,status,value,rating,address_ok,response_hours,outcome_at\n"
GOOD = "good,acme,2026-10-05,completed,,,,,\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("o,nobody,2026-10-05,placed,,,,,", "partner_id names no known partner: 'nobody'"),
        (",acme,2026-10-05,placed,,,,,", "order_id is not 1 to 128 characters"),
        (f"{'o' * 129},acme,2026-10-05,placed,,,,,", "order_id has 129 characters; at most 128"),
        ("1.23457E+11,acme,2026-10-05,placed,,,,,", "order_id was shortened to a number"),
        ("1,23457E+11,acme,2026-10-05,placed,,,,", "partner_id names no known partner"),
        ('"1,23457E+11",acme,2026-10-05,placed,,,,,', "order_id was shortened to a number"),
        ("o,acme,,placed,,,,,", "placed_at is not a date or time"),
        ("o,acme,5.10.2026,placed,,,,,", "placed_at is not a date or time since 1970: '5.10.2026'"),
        ("o,acme,2026-02-30,placed,,,,,", "placed_at is not a date"),
        ("o,acme,2026-10-05T24:61:00,placed,,,,,", "placed_at is not a date"),
        ("o,acme,1969-12-31,placed,,,,,", "placed_at is not a date"),
        ("o,acme,2026-11-12T12:00:00Z,placed,,,,,", "placed_at is more than a day ahead"),
        ("o,acme,2026-10-05,lost,,,,,", "status is none of accepted, "),
        ("o,acme,2026-10-05,placed,-1,,,,", "value is not a number of at least 0: '-1'"),
        ("o,acme,2026-10-05,placed,1e3,,,,", "value is not a number"),
        ("o,acme,2026-10-05,placed,nan,,,,", "value is not a number"),
        ("o,acme,2026-10-05,placed,1.005,,,,", "value has more than 2 decimals"),
        ("o,acme,2026-10-05,placed,99999999999999,,,,", "value is not a number"),
        ("o,acme,2026-10-05,placed,,5.1,,,", "rating is above 5"),
        ("o,acme,2026-10-05,placed,,-1,,,", "rating is not a number"),
        ("o,acme,2026-10-05,placed,,,maybe,,", "address_ok is none of true, false"),
        ("o,acme,2026-10-05,placed,,,,-2,", "response_hours is not a number"),
        ("o,acme,2026-10-05,placed,,,,999999,", "response_hours is above"),
        ("o,acme,2026-10-05,placed,,,,,2026-10-04", "outcome_at is before placed_at"),
        ("o,acme,2026-10-05,placed,,,,,soon", "outcome_at is not a date"),
        ("o,acme,2026-10-05,placed", "4 columns where the header has 9"),
        ("o,acme,2026-10-05,placed,,,,,,,", "11 columns where the header has 9"),
        (b"o\xff,acme,2026-10-05,placed,,,,,", "the row is not UTF-8"),
        (b"o,ac\xffme,2026-10-05,placed,,,,,", "the row is not UTF-8"),
        ("o\0,acme,2026-10-05,placed,,,,,", "the row contains a NUL character"),
    ],
)
def test_a_bad_row_is_rejected_with_line_and_reason_and_good_rows_kept(importer, row, reason):
    row = row if isinstance(row, bytes) else row.encode()
    content = HEADER.encode() + GOOD.encode() + row + b"\r\n" + GOOD.replace("good", "g2").encode()
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.rows, result.new, result.rejected) == (3, 2, 1)
    assert result.rejected_path == importer.folder / "orders.rejected.csv"
    [(line, why)] = importer.rejected()
    assert line == 3
    assert why.startswith(reason)
    assert row in result.rejected_path.read_bytes()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "has no header"),
        ("order_id,partner_id,placed_at", "column 'status' is missing"),
        ("order_id,partner_id,placed_at,status,colour", "unknown column 'colour'"),
        ("order_id,partner_id,placed_at,status,value,value", "column 'value' stands twice"),
        ("order_id;partner_id;placed_at;status", "separate columns by commas"),
        (
            "order_id,partner_id,placed_at,status".encode("utf-16"),
            "is UTF-16; save it as “CSV UTF-8”",
        ),
        (b"order_id,partner_id,placed_at,status,caf\xe9", "the file is not UTF-8; save it as"),
        (b"\0\0\0", "begins with NUL characters"),
        ("o" * 100_001, "line 1: the line has more than 100,000 characters"),
    ],
)
def test_a_wrong_header_is_an_error_that_names_the_column(importer, header, message):
    content = header if isinstance(header, bytes) else f"{header}\n"
    with pytest.raises(UserError, match=message):
        importer.orders_from(importer.raw("orders.csv", content))


def test_a_file_that_is_not_there_is_an_error(importer):
    with pytest.raises(UserError, match="cannot read"):
        importer.orders_from(importer.folder / "none.csv")


def test_byte_order_mark_line_ends_and_empty_lines_are_read(importer):
    content = (
        "\ufefforder_id,partner_id,placed_at,status,service\r\n"
        'o1,acme,2026-10-05,placed,"one, line"\r\n'
        "\r\n"
        "o2, acme ,2026-10-05T10:00:00.250+02:00,placed,ünï\n"
        "o3,acme,2026-10-05T10:00Z,lost,"
    )
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.rows, result.new, result.rejected) == (3, 2, 1)
    assert [line for line, _ in importer.rejected()] == [5]


@pytest.mark.parametrize("filler", [0, 1, 5000])
def test_a_quote_that_is_not_closed_costs_its_own_row_and_no_other(importer, filler):
    others = "".join(f"x{n},acme,2026-10-05,placed,,,,,\n" for n in range(filler))
    content = HEADER + GOOD + f'"o,acme,2026-10-05,placed,,,,,\n{others}'
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.new, result.rejected) == (1 + filler, 1)
    [(line, why)] = importer.rejected()
    assert line == 3
    assert why.startswith("a quote is opened and not closed on this line")


def test_a_field_with_a_line_break_is_rejected_and_reading_goes_on_with_the_next_line(importer):
    content = (
        HEADER
        + 'o,acme,2026-10-05,"pla\nced",,,,,\n'
        + GOOD
        + 'p,acme,"a"b,placed,,,,,\n'
        + (GOOD.replace("good", "g2"))
    )
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.rows, result.new, result.rejected) == (5, 2, 3)
    assert [line for line, _ in importer.rejected()] == [2, 3, 5]


def test_rows_and_columns_without_anything_in_them_are_ignored(importer):
    content = (
        "order_id, partner_id ,placed_at,status,,,\n"
        "o1,acme,2026-10-05,placed,,,\n"
        "o2,acme,2026-10-05,placed\n"
        ",,,,,,\n"
        " , ,,\n"
        ",,,\n"
        "o3,acme,2026-10-05,placed,,a note,\n"
    )
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.rows, result.new, result.rejected) == (3, 2, 1)
    assert importer.rejected() == [(7, "7 columns where the header has 4")]


def test_further_lines_of_an_order_say_what_they_are_and_leave_nothing_unknown(importer):
    content = HEADER + GOOD + "good,,,,,,,,\ngood,acme,,,5.00,,,,\n" + GOOD.replace("good", "g2")
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.new, result.rejected, result.unknown) == (2, 2, [])
    assert all(
        why.startswith("a further line of the order above") for _, why in importer.rejected()
    )


def test_rows_in_a_windows_encoding_are_told_how_to_be_converted(importer):
    content = HEADER.replace(
        "rating", "service"
    ).encode() + "o,acme,2026-10-05,placed,,ü,,,\n".encode("cp1252")
    importer.orders_from(importer.raw("orders.csv", content))
    [(_, why)] = importer.rejected()
    assert "iconv -f WINDOWS-1252 -t UTF-8" in why


@pytest.mark.parametrize(
    ("long", "reason"),
    [
        (f"o,acme,2026-10-05,placed,{'9' * 10_001},,,,", "a field has more than 10,000 characters"),
        ("o" * 250_000, "the line has more than 100,000 characters"),
    ],
)
def test_a_field_or_line_that_is_too_long_is_rejected_with_its_line(importer, long, reason):
    content = HEADER + GOOD + f"{long}\n" + GOOD.replace("good", "g2")
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.rows, result.new, result.rejected) == (3, 2, 1)
    [(line, why)] = importer.rejected()
    assert line == 3
    assert why.startswith(reason)


def test_a_file_without_line_ends_is_not_read_into_memory(importer):
    with pytest.raises(UserError, match="begins with NUL"):
        importer.orders_from(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("column", "most"),
    [("customer_id", 200), ("excluded_reason", 200), ("service", 200), ("offer_id", 64)],
)
def test_a_text_has_the_same_limit_on_every_database(importer, order, column, most):
    result = importer.orders(order("fits", **{column: "x" * most}), order(**{column: "x" * 3000}))
    assert (result.new, result.rejected) == (1, 1)
    [(line, why)] = importer.rejected()
    assert (line, why) == (3, f"{column} has 3,000 characters; at most {most} are kept")


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("postal_code", "1" * 17, "postal_code is not 1 to 16 letters, digits, spaces or dashes"),
        ("postal_code", "10115/10117", "postal_code is not 1 to 16 letters"),
        ("list_value", "ten", "list_value is not a number of at least 0: 'ten'"),
        ("list_value", "1.005", "list_value has more than 2 decimals: '1.005'"),
        ("offer_id", "1.2E+10", "offer_id was shortened to a number by a spreadsheet"),
        ("offer_id", "a\0b", "the row contains a NUL character"),
    ],
)
def test_an_offer_a_place_or_a_list_value_that_is_none_is_rejected(
    importer, order, column, text, reason
):
    result = importer.orders(order("good"), order("bad", **{column: text}))
    assert (result.new, result.rejected) == (1, 1)
    [(line, why)] = importer.rejected()
    assert line == 3
    assert why.startswith(reason)


def test_rejected_rows_are_for_their_owner_alone(importer, order):
    path = importer.folder / "orders.rejected.csv"
    path.touch(mode=0o644)
    importer.orders(order(status="lost"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_rejected_rows_are_text_for_a_spreadsheet_and_come_back_as_they_were(importer, order):
    path = importer.orders(order("=1+1", status="lost", customer_id="@sum")).rejected_path
    words = path.read_text()
    assert "'=1+1" in words
    assert "'@sum" in words
    path.write_text(words.replace("lost", "placed"))
    mended = path.rename(path.with_name("mended.csv"))
    result = import_orders(importer.database, mended, importer.options)
    assert (result.new, result.rejected) == (1, 0)
    with importer.database.read() as session:
        assert session.get(OrderRow, "=1+1").customer_id == "@sum"


def test_rejected_rows_of_an_earlier_import_do_not_stay(importer, order):
    path = importer.orders(order(status="lost")).rejected_path
    assert path.exists()
    assert importer.orders(order()).rejected_path is None
    assert not path.exists()
