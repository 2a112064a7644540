"""A CSV file as a stream of parsed rows; those that cannot be parsed go to FILE.rejected.csv.

Rows that hold nothing, as spreadsheets write them below the last one, are no rows; columns without
a name behind the last named one are left out, as long as nothing stands in them.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self, TypeVar

from partners.errors import UserError
from partners.spreadsheets import as_text, as_written
from partners.store.imports.reading.fields import NoRowOfItsOwn, RowRejected, is_broken, quoted
from partners.store.imports.reading.lines import MAX_FIELD, Lines, why_no_csv
from partners.store.imports.result import ImportOptions, ImportResult

T = TypeVar("T")
_ROWS_PER_TICK = 4096
_SAVE_AS = "save it as “CSV UTF-8”, or: iconv -f {} -t UTF-8 FILE.csv > NEW.csv"
_NOT_UTF_8 = "the row is not UTF-8; if the file is from Windows, " + _SAVE_AS.format("WINDOWS-1252")


def _ignore(row: Sequence[str], line: str) -> None:
    """For files whose rejected rows mean nothing beyond themselves."""


class _Writer(Protocol):
    def writerow(self, row: Sequence[Any], /) -> Any:
        """Write one row."""


class Columns:
    """The columns of a kind of file: those it must have and those that may be absent."""

    def __init__(self, required: Sequence[str], optional: Sequence[str]) -> None:
        self.required = tuple(required)
        self.names = (*required, *optional)

    def positions(self, header: Sequence[str], path: Path) -> list[int]:
        """Where each column stands in the file; an absent one just behind the last.

        Raises UserError, naming the column, for an unknown, missing or repeated one.
        """
        for column in header:
            if column not in self.names:
                advice = self._advice(header)
                if is_broken(column):
                    advice = "the file is not UTF-8; " + _SAVE_AS.format("WINDOWS-1252")
                raise UserError(f"{path}: unknown column {quoted(column)}; {advice}")
            if header.count(column) > 1:
                raise UserError(f"{path}: column {column!r} stands twice; delete one")
        for column in self.required:
            if column not in header:
                raise UserError(f"{path}: column {column!r} is missing; {self._advice(header)}")
        return [header.index(c) if c in header else len(header) for c in self.names]

    def _advice(self, header: Sequence[str]) -> str:
        if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
            return "separate columns by commas"
        optional = self.names[len(self.required) :]
        return f"the columns are {', '.join(self.required)}; if wanted {', '.join(optional)}"


REJECTED = ["line", "reason"]
"""The first columns of a file of rejected rows."""


class Source:
    """One file being read; a context manager. Counts rows and rejections in its result.

    `note` is given the fields by column of each row that is rejected while it is read: "" for what
    is not there; and the whole line of one whose fields may stand in wrong columns, else "".
    """

    def __init__(
        self,
        path: Path,
        columns: Columns,
        options: ImportOptions,
        result: ImportResult,
        note: Callable[[Sequence[str], str], None] = _ignore,
    ) -> None:
        self.path = path
        self.rejected_path = path.with_name(f"{path.stem}.rejected.csv")
        self._columns = columns
        self._options = options
        self._result = result
        self._note = note
        self._rejects: IO[str] | None = None
        self._refused = 0
        self._skipped = 0  # columns in front that are none of the row's own

    def __enter__(self) -> Self:
        try:
            self._raw = self.path.open("rb")
            self._bytes = os.fstat(self._raw.fileno()).st_size
            self._check_encoding(self._raw.peek(1024)[:1024])
            # Bytes that are not UTF-8 become surrogates: only their rows are rejected.
            self._file = TextIOWrapper(
                self._raw, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            self._lines = Lines(self._file)
            self._reader = csv.reader(self._lines, skipinitialspace=True, strict=True)
            header = [column.strip() for column in next(self._reader, [])]
        except OSError as error:
            raise UserError(f"cannot read {self.path}: {error}") from error
        except csv.Error as error:
            raise UserError(f"{self.path}, line 1: {why_no_csv(error)}") from error
        self._lines.given = False
        named = len(header)
        while named and not header[named - 1]:
            named -= 1
        self._header, self._padded = header[:named], len(header)
        if not named:
            raise UserError(
                f"{self.path} has no header; its first line must name the columns "
                f"{', '.join(self._columns.required)}"
            )
        if self._header[: len(REJECTED)] == REJECTED:  # a file of ours, mended
            self._skipped = len(REJECTED)
        positions = self._columns.positions(self._header[self._skipped :], self.path)
        self._positions = [at + self._skipped for at in positions]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if self._rejects:
            self._rejects.close()

    def _check_encoding(self, beginning: bytes) -> None:
        """Raises UserError for UTF-16, as “Unicode text” of a spreadsheet is, and for no text."""
        if beginning[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UserError(f"{self.path} is UTF-16; {_SAVE_AS.format('UTF-16')}")
        if b"\0" in beginning.partition(b"\n")[0]:
            raise UserError(f"{self.path} begins with NUL characters, so it is no text in UTF-8")

    def parsed(self, parse: Callable[[int, Sequence[str]], T]) -> Iterator[T]:
        """Each row that `parse` accepts, given its line and its fields by column."""
        reader, width, pick, result = self._reader, len(self._header), self._picker(), self._result
        lines, good = self._lines, 0
        while not lines.ended:
            try:
                for row in reader:
                    lines.given = False
                    if len(row) != width or len(lines.text) > MAX_FIELD:
                        fitting = self._fitting(row)
                        if fitting is None:
                            continue
                        row = fitting
                    try:
                        parsed = parse(lines.number, pick(row))
                    except RowRejected as reason:
                        retried = self._parse_again(parse, row, reason)
                        if retried is None:
                            continue
                        parsed = retried
                    good += 1
                    yield parsed
                    if not good % _ROWS_PER_TICK:
                        self._options.progress(self._raw.tell(), self._bytes)
            except csv.Error as error:
                self._reject(lines.number, lines.split_anyhow(), why_no_csv(error), lines.text)
        result.rows = good + result.rejected - self._refused
        self._finish()

    def refuse(self, line: int, row: Sequence[str], reason: str) -> None:
        """Reject a row that was parsed, for what the database knows; `row`: the columns' fields."""
        fields = [""] * len(self._header)
        for field, position in zip(row, self._positions, strict=True):
            if position < len(fields):
                fields[position] = field
        self._refused += 1
        self._write(line, fields, reason)

    def _picker(self) -> Callable[[list[str]], tuple[str, ...]]:
        """Brings a row's fields into the columns' order, "" for absent columns."""
        pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*self._positions)
        if self._skipped:  # its cells may have been made text, see `_write`
            return lambda row: tuple(map(as_written, pick([*row, ""])))
        if max(self._positions) < len(self._header):
            return pick
        return lambda row: pick([*row, ""])

    def _parse_again(
        self, parse: Callable[[int, Sequence[str]], T], row: list[str], reason: RowRejected
    ) -> T | None:
        """A rejected row without the blanks around its fields; None if it remains rejected."""
        if not any(row) or not any(field.strip() for field in row):
            return None
        if any(is_broken(field) for field in row):
            reason = RowRejected(_NOT_UTF_8)
        else:
            try:
                return parse(self._lines.number, self._picker()([field.strip() for field in row]))
            except RowRejected as second:
                reason = second
        if isinstance(reason, NoRowOfItsOwn):
            self._write(self._lines.number, row, str(reason))
        else:
            self._reject(self._lines.number, row, str(reason))
        return None

    def _fitting(self, row: list[str]) -> list[str] | None:
        """A row without the blanks in columns that have no name; None if it was rejected."""
        width = len(self._header)
        if not any(field.strip() for field in row):
            return None  # no row: an empty line, or nothing but commas
        if max(map(len, row)) > MAX_FIELD:
            reason = f"a field has more than {MAX_FIELD:,} characters; is a quote not closed?"
            short = [field[:MAX_FIELD] for field in row]
            self._reject(self._lines.number, short, reason, self._lines.text)
            return None
        if width <= len(row) <= self._padded and not any(f.strip() for f in row[width:]):
            return row[:width]
        reason = f"{len(row)} columns where the header has {width}"
        self._reject(self._lines.number, row, reason, self._lines.text)
        return None

    def _reject(self, line: int, row: list[str], reason: str, text: str = "") -> None:
        self._note([row[at].strip() if at < len(row) else "" for at in self._positions], text)
        self._write(line, row, reason)

    def _write(self, line: int, row: list[str], reason: str) -> None:
        self._result.rejected += 1
        try:
            if self._rejects is None:
                self._rejects, self._writer = self._open_rejects()
            self._writer.writerow([line, reason, *map(as_text, row[self._skipped :])])
        except OSError as error:
            raise UserError(f"cannot write {self.rejected_path}: {error}") from error

    def _open_rejects(self) -> tuple[IO[str], _Writer]:
        """For its owner alone: the rows may hold names and addresses."""
        self.rejected_path.unlink(missing_ok=True)
        opened = os.open(self.rejected_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        file = os.fdopen(opened, "w", encoding="utf-8", errors="surrogateescape", newline="")
        writer = csv.writer(file)
        # In front, so that they stand right even of rows with too few or too many columns.
        writer.writerow([*REJECTED, *self._header[self._skipped :]])
        self._result.rejected_path = self.rejected_path
        return file, writer

    def _finish(self) -> None:
        """An earlier import's rejected rows must not pass for this one's."""
        self._options.progress(self._bytes, self._bytes)
        if self._rejects is None:
            self.rejected_path.unlink(missing_ok=True)
