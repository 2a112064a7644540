"""Import of steps that partners have done, as a learning platform or an examiner knows them."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.ladder import track
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import Confirmer
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.reading import fields
from partners.store.imports.reading.fields import RowRejected, check_text, quoted
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.ladder import tracks
from partners.store.record import recorder
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow

COLUMNS = Columns(required=("partner_id", "step", "done_on"), optional=("track",))


class ImportedStep(NamedTuple):
    """A row of the file: which step of which track a partner has done, and when."""

    partner_id: str
    track: str
    step: str
    done_on: date

    @property
    def key(self) -> tuple[str, str, str]:
        return self.partner_id, self.track, self.step


def import_tracks(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of steps that are done; importing it again changes nothing.

    What staff confirm waits for them; everything else counts at once. Raises UserError for a file
    that cannot be read or wrong columns.
    """
    result = ImportResult()
    touched: set[str] = set()
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "tracks", options, result) as session,
    ):
        recorder.sign(session, options.by, options.now)
        query = select(PartnerRow.partner_id, PartnerRow.tier)
        tiers = {row.partner_id: row.tier for row in session.execute(query)}
        for page in pages(source.parsed(_parser(tiers, options))):
            touched.update(_keep(session, page, options, result))
        result.touched_partners = len(touched)
        session.flush()
        records.record(session.connection(), "tracks", path, options, result)
    return result


def _parser(
    tiers: Mapping[str, str | None], options: ImportOptions
) -> Callable[[int, Sequence[str]], ImportedStep]:
    today = calendar_of(options.policy).day_of(options.now)

    def parse(line: int, row: Sequence[str]) -> ImportedStep:
        partner_id, step, done, name = row
        check_text("".join(row))
        if partner_id not in tiers:
            raise RowRejected(f"partner_id names no known partner: {quoted(partner_id)}")
        done_on = fields.day(done, "done_on", date.max)
        if done_on > today:
            raise RowRejected(f"done_on lies ahead: {quoted(done)}")
        found = _track(options.policy, step, name, tiers[partner_id])
        return ImportedStep(partner_id, found, step, done_on)

    return parse


def _track(policy: Policy, step: str, name: str, tier: str | None) -> str:
    """The track that is named, else the one in which the step can only be meant."""
    if name:
        if policy.track(name) is None:
            raise RowRejected(f"track is none of the policy's own: {quoted(name)}")
        names: Container[str] = (name,) if track.has_step(policy, name, step) else ()
        if name not in names:
            raise RowRejected(f"track {name} has no step {quoted(step)}")
        return name
    found = track.tracks_of(policy, step, tier, ())
    if not found:
        raise RowRejected(f"no track has a step {quoted(step)}")
    if len(found) > 1:
        raise RowRejected(f"several tracks have a step {quoted(step)}; name one in column track")
    return found[0]


def _keep(
    session: Session, page: Sequence[ImportedStep], options: ImportOptions, result: ImportResult
) -> set[str]:
    """Write what is news, and return whom it is about. Partners are locked in their order."""
    ids = sorted({one.partner_id for one in page})
    locked = select(PartnerRow.partner_id).where(PartnerRow.partner_id.in_(ids))
    session.execute(locked.order_by(PartnerRow.partner_id).with_for_update()).all()
    query = select(TrackStepRow).where(TrackStepRow.partner_id.in_(ids))
    known = {(row.partner_id, row.track, row.step): row for row in session.scalars(query)}
    touched = set()
    for one in page:
        row = known.get(one.key)
        is_new = row is None or (row.said_on is None and row.done_on is None)
        if row is None:
            row = tracks.write_down(session, one.partner_id, one.track, one.step, options.policy)
            known[one.key] = row
        if not _take_in(row, one, options):
            result.unchanged += 1
            continue
        result.new += is_new
        result.corrected += not is_new
        touched.add(one.partner_id)
    return touched


def _take_in(row: TrackStepRow, one: ImportedStep, options: ImportOptions) -> bool:
    step = track.known_step(options.policy, one.track, one.step)
    if step.confirmed_by is Confirmer.STAFF:
        return tracks.say(row, one.done_on, options.by, options.now)
    return tracks.confirm(row, step, one.done_on, options.by)
