"""Reading one field: text in, the stored integer out, or a reason why not.

Feeds repeat themselves, so readers remember what they have read (`Memo`); a hit costs a dictionary
look-up, which is what makes a million rows cheap.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from partners.domain.offers import places

T = TypeVar("T")

_NUMBER = re.compile(r"[0-9]{1,13}(\.[0-9]{1,12})?|\.[0-9]{1,12}", re.ASCII)
_PARTNER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COLLAPSED = re.compile(r"[0-9]([.,][0-9]+)?E\+[0-9]+", re.ASCII | re.IGNORECASE)
EPOCH = date(1970, 1, 1)
MAX_TEXT = {
    "order_id": 128,
    "referral_id": 128,
    "lead_ref": 128,
    "customer_id": 200,
    "excluded_reason": 200,
    "service": 200,
    "offer_id": 64,
    "name": 200,
    "email": 320,
    "fallback_email": 320,
    "reason": 500,
}
"""The most characters that a column of text takes, on either database: PostgreSQL cannot index
longer ids, and a longer address is none. The other columns hold words from lists."""
MAX_RESPONSE_HOURS = 100_000

_CENTS = {f"{cents:02d}": cents for cents in range(100)}
TRUTHS = {"": None, "true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}


class RowRejected(ValueError):
    """A row that cannot be kept; the message is the reason in FILE.rejected.csv."""


class NoRowOfItsOwn(RowRejected):
    """A further line of the row above it; nothing is lost where it is left out."""


class Memo(dict[str, T], Generic[T]):
    """What `read` made of texts met before. Forgets everything when it has grown large."""

    def __init__(self, read: Callable[[str], T], limit: int = 20_000) -> None:
        super().__init__()
        self._read = read
        self._limit = limit

    def __missing__(self, text: str) -> T:
        value = self._read(text)
        if len(self) >= self._limit:
            self.clear()
        self[text] = value
        return value


def quoted(text: str) -> str:
    """A field as a message shows it: short, on one line, bytes that are no text as such."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def number(text: str, column: str) -> Decimal:
    """A plain number of at least 0: digits, and a point before any decimals."""
    if not _NUMBER.fullmatch(text):
        raise RowRejected(f"{column} is not a number of at least 0: {quoted(text)}")
    return Decimal(text)


def money(column: str) -> Callable[[str], int | None]:
    """A reader of amounts, in cents; None for blank."""

    def read(text: str) -> int | None:
        if not text:
            return None
        units, _, decimals = text.partition(".")
        if decimals in _CENTS and units.isdecimal() and units.isascii() and len(units) < 14:
            return int(units) * 100 + _CENTS[decimals]  # as nearly every amount is written
        cents = number(text, column) * 100
        if cents != int(cents):
            raise RowRejected(f"{column} has more than 2 decimals: {quoted(text)}")
        return int(cents)

    return read


def rating(text: str) -> int | None:
    """Stars from 0 to 5, in thousandths; None for blank."""
    if not text:
        return None
    stars = number(text, "rating")
    if stars > 5:
        raise RowRejected(f"rating is above 5: {quoted(text)}")
    return round(stars * 1000)


def truth(text: str) -> int | None:
    """true, yes, 1 → 1; false, no, 0 → 0; None for blank."""
    try:
        return TRUTHS[text.lower()]
    except KeyError:
        raise RowRejected(
            f"address_ok is none of true, false, yes, no, 1, 0: {quoted(text)}"
        ) from None


def response(text: str) -> int | None:
    """Hours, in whole seconds; None for blank."""
    if not text:
        return None
    hours = number(text, "response_hours")
    if hours > MAX_RESPONSE_HOURS:
        raise RowRejected(f"response_hours is above {MAX_RESPONSE_HOURS}: {quoted(text)}")
    return round(hours * 3600)


def offer_id(text: str) -> str | None:
    """The id of an offer, known or not; None for blank."""
    check_text(text)
    return check_id(text.strip(), "offer_id") or None


def postal_code(text: str) -> str | None:
    """A postal code as places are compared; None for blank."""
    code = places.postal_code(text)
    if code and not places.is_postal_code(code):
        raise RowRejected(
            f"postal_code is not 1 to 16 letters, digits, spaces or dashes: {quoted(text)}"
        )
    return code or None


def day(text: str, column: str, latest: date) -> date:
    """A day, YYYY-MM-DD, from 1970 through `latest`."""
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise RowRejected(f"{column} is not a day (YYYY-MM-DD): {quoted(text)}")
    if found < EPOCH:
        raise RowRejected(f"{column} is before 1970: {quoted(text)}")
    if found > latest:
        raise RowRejected(f"{column} is more than a year ahead: {quoted(text)}")
    return found


def check_length(text: str, column: str) -> str:
    """The text. Raises RowRejected if its column takes less."""
    most = MAX_TEXT[column]
    if len(text) > most:
        raise RowRejected(f"{column} has {len(text):,} characters; at most {most} are kept")
    return text


def check_id(text: str, column: str) -> str:
    """The id. Raises RowRejected for one that a spreadsheet has made a number of."""
    if _COLLAPSED.fullmatch(text):
        raise RowRejected(
            f"{column} was shortened to a number by a spreadsheet, so that several are alike: "
            f"{quoted(text)}; export it as text"
        )
    return check_length(text, column)


def partner_id(text: str) -> str:
    if not _PARTNER_ID.fullmatch(text):
        raise RowRejected(
            f"partner_id is not 1 to 64 letters, digits, points, dashes or underscores: "
            f"{quoted(text)}"
        )
    return text


def check_text(values: str) -> None:
    """Refuse what a database cannot hold as text: bytes that are not UTF-8, and NUL."""
    if values.isprintable():
        return
    if is_broken(values):
        raise RowRejected("the row is not UTF-8")
    if "\0" in values:
        raise RowRejected("the row contains a NUL character")


def is_broken(values: str) -> bool:
    """Whether text holds bytes that were not UTF-8 (the reader kept them as surrogates)."""
    return any("\ud800" <= character <= "\udfff" for character in values)
