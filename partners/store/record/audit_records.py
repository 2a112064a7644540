"""Whether the records behind a page of audit entries are what the entries say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, String, cast, exists, func, inspect, literal, select
from sqlalchemy.orm import Session

from partners.domain.record.audit import AuditKind, Broken, Link, plain
from partners.store.record.audit_fields import FIELDS, digest_of, review_digest, run_digest
from partners.store.record.audit_rules import RULES
from partners.store.record.audit_stands import STANDS
from partners.store.tables.audit_tables import AuditRow, StandingRow, WebhookEventRow
from partners.store.tables.base import Base, as_stored
from partners.store.tables.case_tables import DecisionRow, TierChangeRow
from partners.store.tables.incentive_tables import IncentiveRunRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow, PolicyRow
from partners.store.tables.referral_tables import LedgerRow
from partners.store.tables.response_tables import ComplaintRow
from partners.store.tables.review_tables import PartnerNoteRow, ReviewRow

KEPT: tuple[type[Base], ...] = (DecisionRow, PolicyRow, TierChangeRow)
"""Records whose number before the audit is in its first entry: none of those may be gone either."""
MAY_GO = (OutboxRow, PartnerNoteRow, ComplaintRow)
"""Records with personal data, which may be deleted: their entries stay."""
RECORDED: list[type[Base]] = [row for row in RULES if row is not WebhookEventRow]
"""Tables of which every row has an entry, unless it is older than the audit."""
_TABLES = {row.__tablename__: row for row in {*FIELDS, *STANDS, *RULES}}
_OVER = ("ended", "deleted")


_read_details = msgspec.json.Decoder(dict[str, Any]).decode


class _Doubt(NamedTuple):
    """An entry that its record contradicts. Unless that is certain, a later entry may say what has
    changed since, and then nothing is broken."""

    link: Link
    why: str
    certain: bool = False


def check(session: Session, page: Sequence[Link]) -> Broken | None:
    """The first entry of a page whose record does not say what it says."""
    by_table: defaultdict[str, list[tuple[str, Link]]] = defaultdict(list)
    for link in page:
        table, _, key = (link.ref or "").partition("/")
        if link.kind == AuditKind.STANDING:
            table, key = StandingRow.__tablename__, link.partner_id or ""
        by_table[table].append((key, link))
    doubts = [d for table, named in by_table.items() for d in _of_table(session, table, named)]
    newest = _newest(session, [doubt.link for doubt in doubts if not doubt.certain])
    broken = [d for d in doubts if d.certain or newest[_about(d.link)] == d.link.seq]
    first = min(broken, key=lambda doubt: doubt.link.seq, default=None)
    return first and Broken(first.link.seq, first.why)


def _of_table(session: Session, table: str, named: list[tuple[str, Link]]) -> Iterator[_Doubt]:
    if table == StandingRow.__tablename__:
        yield from _standings(session, [link for _, link in named])
        return
    row = _TABLES.get(table)
    if row is None:
        return
    entries = [(key, link, _read_details(link.details)) for key, link in named]
    columns = set(STANDS[row].columns if row in STANDS else ())
    if any("sha256" in details for *_, details in entries):
        columns |= set(FIELDS.get(row, ()))
    records = _read(session, row, {key for key, _ in named}, columns)
    for key, link, details in entries:
        record = records.get(key)
        if record is None:
            if row not in MAY_GO and not _is_over(details):
                yield _Doubt(link, f"the record {link.ref} is gone")
        elif (said := details.get("sha256")) and said != _digest(session, row, record):
            yield _Doubt(link, f"the record {link.ref} was changed", certain=True)
        elif _is_over(details):
            yield _Doubt(link, f"the record {link.ref} stands, though it was ended")
        elif row in STANDS and (differs := _differs(STANDS[row].facts(record), details)):
            yield _Doubt(link, f"the record {link.ref} was changed: {differs}")


def _is_over(details: dict[str, Any]) -> bool:
    return details.get("what") in _OVER or details.get("stopped") is False


def _read(session: Session, row: type[Base], keys: set[str], columns: set[str]) -> dict[str, Any]:
    """These columns of these records, by the key that entries name them by."""
    first, *others = inspect(row).primary_key
    firsts = {key.split("/")[0] for key in keys} if others else keys
    values = [int(k) for k in firsts] if first.type.python_type is int else list(firsts)
    named = [first, *others]
    rest = [row.__table__.columns[name] for name in columns - {column.name for column in named}]
    rows = session.execute(select(*named, *map(as_stored, rest)).where(first.in_(values))).all()
    found = {"/".join(map(str, one[: len(named)])): one for one in rows}
    return {key: found[key] for key in keys & found.keys()}


def _digest(session: Session, row: type[Base], record: Any) -> str:
    if row is ReviewRow:
        return review_digest(session, record.review_id)
    if row is IncentiveRunRow:
        return run_digest(session, record.run_id)
    return digest_of(row, record)


def _differs(stands: dict[str, Any], said: dict[str, Any]) -> str:
    """What an entry says otherwise, in words; blank if nothing."""
    return "; ".join(
        f"{name} is {plain(value)}, but was {said[name]}"
        for name, value in stands.items()
        if name in said and value != said[name] and not _same(value, said[name])
    )


def _same(value: Any, said: Any) -> bool:
    if plain(value) == said:
        return True
    try:  # amounts, which each database writes in its way
        return Decimal(str(value)) == Decimal(str(said))
    except InvalidOperation:
        return False


def _standings(session: Session, links: list[Link]) -> Iterator[_Doubt]:
    row = StandingRow
    query = select(row.partner_id, row.tier, as_stored(row.__table__.c.standing).label("standing"))
    ids = {link.partner_id for link in links}
    now = {r.partner_id: r for r in session.execute(query.where(row.partner_id.in_(ids)))}
    for link in links:
        details, stands = _read_details(link.details), now.get(link.partner_id or "")
        said = (details["tier"][1], details["standing"][1])
        if stands is None or (stands.tier, stands.standing) != said:
            is_now = "gone" if stands is None else f"{stands.tier}, {stands.standing}"
            was = ", ".join(map(str, said))
            yield _Doubt(link, f"the standing of {link.partner_id} is {is_now}, but was {was}")


def _about(link: Link) -> str:
    """What an entry is about, by one name for all entries about it."""
    return f"standing of {link.partner_id}" if link.kind == AuditKind.STANDING else link.ref or ""


def _newest(session: Session, links: list[Link]) -> dict[str, int]:
    """Of what these entries are about: the number of the newest entry about it."""
    row = AuditRow
    ids = {link.partner_id for link in links if link.kind == AuditKind.STANDING}
    refs = {link.ref for link in links if link.kind != AuditKind.STANDING}
    found: dict[str, int] = {}
    if ids:
        query = select(row.partner_id, func.max(row.seq)).group_by(row.partner_id)
        query = query.where(row.kind == AuditKind.STANDING, row.partner_id.in_(ids))
        found |= {f"standing of {who}": seq for who, seq in session.execute(query)}
    if refs:
        query = select(row.ref, func.max(row.seq)).where(row.ref.in_(refs)).group_by(row.ref)
        found |= {ref or "": seq for ref, seq in session.execute(query)}
    return found


# ---- rows without an entry ----


def unrecorded(session: Session, row: type[Base]) -> tuple[int, str]:
    """How many records of a table no entry names, and one of them."""
    ref: ColumnElement[str] = literal(row.__tablename__)
    for column in inspect(row).primary_key:
        ref = ref + "/" + cast(column, String)
    has_entry: ColumnElement[bool] = select(AuditRow.seq).where(AuditRow.ref == ref).exists()
    if row is LedgerRow:  # what an accrual posted is covered by the entry of its run
        has_entry = has_entry | exists().where(IncentiveRunRow.run_id == LedgerRow.run_id)
    count, example = session.execute(select(func.count(), func.max(ref)).where(~has_entry)).one()
    return count, example or ""


def unplaced(session: Session) -> Iterable[str]:
    """Partners whose standing no entry records."""
    row, entry = StandingRow, AuditRow
    placed = exists().where(
        entry.partner_id == row.partner_id, entry.kind == AuditKind.STANDING.value
    )
    query = select(row.partner_id).where(~placed).order_by(row.partner_id)
    return session.scalars(query.limit(1)).all()


def misplaced(session: Session) -> Iterable[str]:
    """Partners whose tier is not the one that their standing was recorded with."""
    query = (
        select(PartnerRow.partner_id)
        .outerjoin(StandingRow, StandingRow.partner_id == PartnerRow.partner_id)
        .where(PartnerRow.tier.is_distinct_from(StandingRow.tier))
    )
    return session.scalars(query.order_by(PartnerRow.partner_id).limit(1)).all()
