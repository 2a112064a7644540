import pytest

from partners.errors import UserError

HEADER = "order_id,partner_id,placed_at,status,value,rating,address_ok,response_hours,outcome_at\n"
GOOD = "good,acme,2026-10-05,completed,,,,,\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("o,nobody,2026-10-05,placed,,,,,", "partner_id names no known partner: 'nobody'"),
        (",acme,2026-10-05,placed,,,,,", "order_id is not 1 to 128 characters"),
        (f"{'o' * 129},acme,2026-10-05,placed,,,,,", "order_id is not 1 to 128 characters"),
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
        (b"\xff\xfeo\0", "unknown column"),
    ],
)
def test_a_wrong_header_is_an_error_that_names_the_column(importer, header, message):
    content = header if isinstance(header, bytes) else f"{header}\n"
    with pytest.raises(UserError, match=message):
        importer.orders_from(importer.raw("orders.csv", content))


def test_a_file_that_is_not_there_is_an_error(importer):
    with pytest.raises(UserError, match="cannot read"):
        importer.orders_from(importer.folder / "none.csv")


def test_byte_order_mark_line_ends_empty_lines_and_quoted_newlines_are_read(importer):
    content = (
        "\ufefforder_id,partner_id,placed_at,status,service\r\n"
        'o1,acme,2026-10-05,placed,"two\r\nlines"\r\n'
        "\r\n"
        "o2, acme ,2026-10-05T10:00:00.250+02:00,placed,ünï\n"
        "o3,acme,2026-10-05T10:00Z,lost,"
    )
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert (result.rows, result.new, result.rejected) == (3, 2, 1)
    assert [line for line, _ in importer.rejected()] == [6]


def test_a_quote_that_never_ends_costs_only_its_own_rows(importer):
    filler = "".join(f"x{n},acme,2026-10-05,placed,,,,,\n" for n in range(5000))
    content = HEADER + GOOD + f'"o,acme,2026-10-05,placed,,,,,\n{filler}'
    result = importer.orders_from(importer.raw("orders.csv", content))
    assert result.new > 1000
    assert result.rejected in (1, 2)
    assert importer.rejected()[0][0] == 3


def test_rejected_rows_of_an_earlier_import_do_not_stay(importer, order):
    path = importer.orders(order(status="lost")).rejected_path
    assert path.exists()
    assert importer.orders(order()).rejected_path is None
    assert not path.exists()
