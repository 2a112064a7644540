import pytest

from partners.domain.offers.places import is_postal_code, postal_code


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("10115", "10115"),
        (" 10115 ", "10115"),
        ("sw1a  1aa", "SW1A 1AA"),
        ("SW1A\u00a01AA", "SW1A 1AA"),
        ("1234-567", "1234-567"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_postal_code_is_the_same_however_it_is_written(written, stored):
    assert postal_code(written) == stored
    assert postal_code(stored) == stored


@pytest.mark.parametrize("code", ["10115", "SW1A 1AA", "1234-567", "A", "A" * 16])
def test_letters_digits_blanks_and_dashes_can_be_a_postal_code(code):
    assert is_postal_code(code)


@pytest.mark.parametrize("code", ["", "-1", "1-", "1/2", "ÄB1", "A" * 17, "a", "١٢٣"])
def test_anything_else_cannot(code):
    assert not is_postal_code(code)
