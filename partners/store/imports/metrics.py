"""Import of a user's own metrics: one value per partner, month and name."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from partners.domain.policy.metrics import Unit
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.cases import marks, rechecks
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.reading.fields import EPOCH, RowRejected, check_text, quoted
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.tables.feed_tables import FedMetricRow
from partners.store.tables.program_tables import PartnerRow

COLUMNS = Columns(required=("partner_id", "month", "metric", "value"), optional=("sample",))
_VALUE = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_SAMPLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_LIMITS = {Unit.RATE: 1, Unit.RATING: 5}


class ImportedValue(NamedTuple):
    """A row of the file; `month` is YYYYMM."""

    partner_id: str
    metric: str
    month: int
    value: Decimal
    sample: int

    @property
    def key(self) -> tuple[str, str, int]:
        return self.partner_id, self.metric, self.month


def import_metrics(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of monthly values; importing it again changes nothing.

    Raises UserError for a file that cannot be read or wrong columns.
    """
    result = ImportResult()
    touched: set[str] = set()
    months: set[tuple[str, int]] = set()
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "metrics", options, result) as session,
    ):
        known = set(session.scalars(select(PartnerRow.partner_id)))
        for page in pages(source.parsed(_parser(known, options.policy, options.now))):
            written = _keep(session, page, result)
            touched.update(value.partner_id for value in written)
            months.update((value.partner_id, value.month) for value in written)
        result.touched_partners, result.touched_months = len(touched), len(months)
        connection = session.connection()
        concerned = marks.open_cases(connection, touched)
        result.cases_to_tell = len(concerned)
        marks.mark(connection, untold=concerned, recheck=rechecks.touched(connection, months))
        records.record(connection, "metrics", path, options, result)
    return result


def _parser(
    known: Container[str], policy: Policy, now: datetime
) -> Callable[[int, Sequence[str]], ImportedValue]:
    this_month = Month.of(now.astimezone(policy.program.zone).date())
    names = ", ".join(policy.metrics) or "(none; define [metrics.NAME] in the policy)"

    def parse(line: int, row: Sequence[str]) -> ImportedValue:
        (partner_id, month_text, metric, value, sample) = row
        check_text("".join(row))
        if partner_id not in known:
            raise RowRejected(f"partner_id names no known partner: {quoted(partner_id)}")
        if metric not in policy.metrics:
            raise RowRejected(f"metric is none of the policy's own {names}: {quoted(metric)}")
        month = _month(month_text)
        if month > this_month:
            raise RowRejected(f"month lies ahead: {quoted(month_text)}")
        return ImportedValue(
            partner_id=partner_id,
            metric=metric,
            month=month.number,
            value=_value(value, policy.metrics[metric].unit),
            sample=_sample(sample),
        )

    return parse


def _month(text: str) -> Month:
    if _MONTH.fullmatch(text):
        if int(text[:4]) < EPOCH.year:
            raise RowRejected(f"month is before {EPOCH.year}: {quoted(text)}")
        with suppress(ValueError):
            return Month.parse(text)
    raise RowRejected(f"month is not YYYY-MM: {quoted(text)}")


def _value(text: str, unit: Unit) -> Decimal:
    if not _VALUE.fullmatch(text):
        raise RowRejected(f"value is not a number: {quoted(text)}")
    value = Decimal(text)
    if unit in _LIMITS and not 0 <= value <= _LIMITS[unit]:
        raise RowRejected(f"value of a {unit} is not from 0 to {_LIMITS[unit]}: {quoted(text)}")
    return value


def _sample(text: str) -> int:
    """How many things the value rests on; blank is 1."""
    if text and not _SAMPLE.fullmatch(text):
        raise RowRejected(f"sample is not a whole number of at least 0: {quoted(text)}")
    return int(text) if text else 1


def _keep(
    session: Session, page: Sequence[ImportedValue], result: ImportResult
) -> list[ImportedValue]:
    """Write what is new or changed, and return that."""
    key = tuple_(FedMetricRow.partner_id, FedMetricRow.metric, FedMetricRow.month)
    query = select(FedMetricRow).where(key.in_([value.key for value in page]))
    known = {(row.partner_id, row.metric, row.month): row for row in session.scalars(query)}
    written = []
    for value in page:
        row = known.get(value.key)
        if row is None:
            session.add(FedMetricRow(**value._asdict()))
            result.new += 1
        elif (row.value, row.sample) != (value.value, value.sample):
            row.value, row.sample = value.value, value.sample
            result.corrected += 1
        else:
            result.unchanged += 1
            continue
        written.append(value)
    session.flush()
    return written
