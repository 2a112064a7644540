"""The lines of a CSV file, one row each.

A row never goes on in the next line. Line breaks within quotes are allowed in CSV, but in a feed
they are nearly always a quote that was never closed, and then the rows after it would vanish into
one field, and their partner would have no orders.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper

MAX_FIELD = 10_000
"""Characters of a field; a longer one is a mistake, such as a quote that was never closed."""
MAX_LINE = 100_000
"""Characters of a line: a file without line ends must not be read into memory."""

_NEVER_CLOSED = "unexpected end of data"  # csv's words
_UNCLOSED = (
    "a quote is opened and not closed on this line, and a field must not hold a line break; close "
    "the quote, or write it twice where it is meant"
)
_IN_THE_MIDDLE = "a quote stands within a quoted field; write it twice where it is meant"


class TooLong(csv.Error):
    """A line that is not read to its end."""


class Lines(Iterator[str]):
    """Gives `csv.reader` (strict) the lines of a file, and ends each row where its line ends.

    With a quote still open the reader asks for one more line. It is told that there is none, which
    it raises as an error; asked for the next row, it goes on with the next line.
    """

    def __init__(self, file: TextIOWrapper) -> None:
        self._readline = file.readline
        self.number = 0
        self.text = ""
        """The line given last; of one that is too long its beginning."""
        self.given = False
        """Whether its row is still to come. Whoever takes a row sets it to False."""
        self.ended = False

    def __next__(self) -> str:
        if self.given:
            self.given = False
            raise StopIteration
        self.text = line = self._readline(MAX_LINE)
        if not line:
            self.ended = True
            raise StopIteration
        self.number += 1
        if len(line) == MAX_LINE:
            self._leave_out_the_rest(line)
        self.given = True
        return line

    def _leave_out_the_rest(self, line: str) -> None:
        """Raises TooLong unless the line ends just here."""
        if line[-1] in "\r\n":
            return
        while (more := self._readline(MAX_LINE)) and more[-1] not in "\r\n":
            pass
        raise TooLong(f"the line has more than {MAX_LINE:,} characters")

    def split_anyhow(self) -> list[str]:
        """The fields of a line that is no CSV, as far as they can be told, for the reject file."""
        try:
            return [field[:MAX_FIELD] for field in next(csv.reader([self.text]), [])]
        except csv.Error:
            return [self.text[:MAX_FIELD]]


def why_no_csv(error: csv.Error) -> str:
    """What is wrong with a line, in words for people."""
    words = str(error)
    if isinstance(error, TooLong):
        return words
    if words == _NEVER_CLOSED:
        return _UNCLOSED
    return _IN_THE_MIDDLE if "expected after" in words else f"the line is no CSV: {words}"
