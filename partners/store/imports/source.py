"""A CSV file as a stream of parsed rows; those that cannot be parsed go to FILE.rejected.csv."""

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
from partners.store.imports.fields import RowRejected, is_broken, quoted
from partners.store.imports.result import ImportOptions, ImportResult

T = TypeVar("T")
_ROWS_PER_TICK = 4096


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
                raise UserError(f"{path}: unknown column {quoted(column)}; {self._advice(header)}")
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


class Source:
    """One file being read; a context manager. Counts rows and rejections in its result."""

    def __init__(
        self, path: Path, columns: Columns, options: ImportOptions, result: ImportResult
    ) -> None:
        self.path = path
        self.rejected_path = path.with_name(f"{path.stem}.rejected.csv")
        self._columns = columns
        self._options = options
        self._result = result
        self._rejects: IO[str] | None = None
        self._refused = 0

    def __enter__(self) -> Self:
        try:
            self._raw = self.path.open("rb")
            self._bytes = os.fstat(self._raw.fileno()).st_size
            # Bytes that are not UTF-8 become surrogates: only their rows are rejected.
            self._file = TextIOWrapper(
                self._raw, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            self._reader = csv.reader(self._file, skipinitialspace=True)
            header = next(self._reader, [])
        except (OSError, csv.Error) as error:
            raise UserError(f"cannot read {self.path}: {error}") from error
        self._header = [column.strip() for column in header]
        if not any(self._header):
            raise UserError(
                f"{self.path} has no header; its first line must name the columns "
                f"{', '.join(self._columns.required)}"
            )
        self._positions = self._columns.positions(self._header, self.path)
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

    def parsed(self, parse: Callable[[int, Sequence[str]], T]) -> Iterator[T]:
        """Each row that `parse` accepts, given the line it ends on and its fields by column."""
        reader, width, pick, result = self._reader, len(self._header), self._picker(), self._result
        line, good = reader.line_num, 0
        while True:
            try:
                for row in reader:
                    start, line = line + 1, reader.line_num
                    if len(row) != width:
                        self._reject_width(start, row)
                        continue
                    try:
                        parsed = parse(line, pick(row))
                    except RowRejected as reason:
                        retried = self._parse_again(parse, start, row, reason)
                        if retried is None:
                            continue
                        parsed = retried
                    good += 1
                    yield parsed
                    if not good % _ROWS_PER_TICK:
                        self._options.progress(self._raw.tell(), self._bytes)
                break
            except csv.Error as error:
                start, line = line + 1, reader.line_num
                self._reject(start, [], f"lines {start} to {line} are no CSV: {error}")
        result.rows = good + result.rejected - self._refused
        self._finish()

    def refuse(self, line: int, row: Sequence[str], reason: str) -> None:
        """Reject a row that was parsed, for what the database knows; `row`: the columns' fields."""
        fields = [""] * len(self._header)
        for field, position in zip(row, self._positions, strict=True):
            if position < len(fields):
                fields[position] = field
        self._refused += 1
        self._reject(line, fields, reason)

    def _picker(self) -> Callable[[list[str]], tuple[str, ...]]:
        """Brings a row's fields into the columns' order, "" for absent columns."""
        pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*self._positions)
        if max(self._positions) < len(self._header):
            return pick
        return lambda row: pick([*row, ""])

    def _parse_again(
        self,
        parse: Callable[[int, Sequence[str]], T],
        start: int,
        row: list[str],
        reason: RowRejected,
    ) -> T | None:
        """A rejected row without the blanks around its fields; None if it remains rejected."""
        if any(is_broken(field) for field in row):
            reason = RowRejected("the row is not UTF-8")
        else:
            try:
                return parse(start, self._picker()([field.strip() for field in row]))
            except RowRejected as second:
                reason = second
        self._reject(start, row, str(reason))
        return None

    def _reject_width(self, line: int, row: list[str]) -> None:
        if row:  # an empty line is no row
            width = len(self._header)
            self._reject(line, row, f"{len(row)} columns where the header has {width}")

    def _reject(self, line: int, row: list[str], reason: str) -> None:
        self._result.rejected += 1
        try:
            if self._rejects is None:
                self._rejects, self._writer = self._open_rejects()
            self._writer.writerow([line, reason, *row])
        except OSError as error:
            raise UserError(f"cannot write {self.rejected_path}: {error}") from error

    def _open_rejects(self) -> tuple[IO[str], _Writer]:
        file = self.rejected_path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        writer = csv.writer(file)
        # In front, so that they stand right even of rows with too few or too many columns.
        writer.writerow(["line", "reason", *self._header])
        self._result.rejected_path = self.rejected_path
        return file, writer

    def _finish(self) -> None:
        """An earlier import's rejected rows must not pass for this one's."""
        self._options.progress(self._bytes, self._bytes)
        if self._rejects is None:
            self.rejected_path.unlink(missing_ok=True)
