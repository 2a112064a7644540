"""Marking cases of which data have changed: open ones look, closed ones are judged anew."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Boolean, Connection, Select, and_, bindparam, or_, select, update

from partners.store.cases import rechecks
from partners.store.tables.case_tables import CaseRow

_CASES = CaseRow.__table__
_LOOK, _JUDGE = bindparam("look", type_=Boolean), bindparam("judge", type_=Boolean)
# One that was closed while this waited for its lock looks no more: it is judged anew.
_JUDGED = or_(*(_CASES.c.outcome == outcome for outcome in rechecks.JUDGED))
_CLOSED = and_(_LOOK, _CASES.c.closed_at.is_not(None), _JUDGED)
# Built once; run for many cases at a time.
_MARK = (
    update(_CASES)  # type: ignore[arg-type]
    .where(_CASES.c.case_id == bindparam("which"))
    .values(
        untold=or_(_CASES.c.untold, _LOOK),
        recheck=or_(_CASES.c.recheck, _JUDGE, _CLOSED),
    )
)


def open_cases(
    connection: Connection,
    partners: Select[tuple[str]] | Collection[str] | None,
    also: Collection[str] = (),
) -> Collection[str]:
    """The open cases of these partners (None: all).

    `also`: more of them, beside those that a query finds.
    """
    rows = select(CaseRow.case_id, CaseRow.partner_id).where(CaseRow.closed_at.is_(None))
    found = rows
    if isinstance(partners, Select):
        found = rows.where(CaseRow.partner_id.in_(partners))
    cases = set(connection.execute(found).all())
    if also:
        cases |= {case for case in connection.execute(rows).all() if case.partner_id in also}
    if isinstance(partners, Collection):
        cases = {case for case in cases if case.partner_id in partners}
    return [case.case_id for case in cases]


def mark(
    connection: Connection, *, untold: Collection[str] = (), recheck: Collection[str] = ()
) -> None:
    """Note which cases are to be signalled, and which to be judged anew (rule 19).

    All at once, each once, by their ids: whoever else marks several, or holds one and wants the
    next, would else wait in a circle (docs/audit.md, "The order of locks").
    """
    look, judge = set(untold), set(recheck)
    rows = [
        {"which": case_id, "look": case_id in look, "judge": case_id in judge}
        for case_id in sorted(look | judge)
    ]
    if rows:
        connection.execute(_MARK, rows)
