"""Partners whose data cannot be judged: who, since when and why, until they can be again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from partners.domain.judging.aside import Aside, During
from partners.store.judging.window_sums import Enrolled, Range
from partners.store.tables.base import insert_into
from partners.store.tables.review_tables import SetAsideRow

T = TypeVar("T")
P = TypeVar("P", bound=Enrolled)


def each_apart(
    partner_ids: Iterable[str], work: Callable[[str], T], *raised: type[Exception]
) -> tuple[dict[str, T], list[Aside]]:
    """Do something for each partner; those for whom it fails are set aside.

    What is the database's own trouble is raised, as is what else is named: trying again helps,
    and it is nobody's data.
    """
    done: dict[str, T] = {}
    aside: list[Aside] = []
    for partner_id in partner_ids:
        try:
            done[partner_id] = work(partner_id)
        except Exception as error:
            if isinstance(error, (SQLAlchemyError, *raised)):
                raise
            aside.append(Aside.of(partner_id, error))
    return done, aside


def in_halves(page: Sequence[P], work: Callable[[list[P]], T]) -> tuple[list[T], list[Aside]]:
    """Do something for a page of partners at once; where that fails, for each half of it, and so
    on: in the end only those are set aside for whom alone it fails."""
    try:
        return [work(list(page))], []
    except SQLAlchemyError:
        raise
    except Exception as error:
        if len(page) == 1:
            return [], [Aside.of(page[0].partner_id, error)]
    middle = len(page) // 2
    done, failed = in_halves(page[:middle], work)
    more, more_failed = in_halves(page[middle:], work)
    return done + more, failed + more_failed


def note(
    session: Session,
    during: During,
    looked_at: Range | str,
    aside: Sequence[Aside],
    now: datetime,
) -> None:
    """Keep who was set aside, and forget those who could be judged again.

    `looked_at`: everybody who was judged, or did not have to be; a range of them, or one.
    """
    row = SetAsideRow
    failed = {partner_id for partner_id, _ in aside}
    if well := known(session, during, looked_at) - failed:
        session.execute(delete(row).where(row.during == during, row.partner_id.in_(sorted(well))))
    for partner_id, reason in aside:
        values = {"partner_id": partner_id, "during": during, "since": now, "reason": reason}
        statement = insert_into(session, SetAsideRow).values(values)
        keys = ("partner_id", "during")  # `since` stays as it was: when it first failed
        session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"reason": reason})
        )


def known(session: Session, during: During, looked_at: Range | str) -> set[str]:
    row = SetAsideRow
    query = select(row.partner_id).where(row.during == during)
    if isinstance(looked_at, str):
        return set(session.scalars(query.where(row.partner_id == looked_at)))
    query = query.where(row.partner_id > looked_at.after)
    if looked_at.through is not None:
        query = query.where(row.partner_id <= looked_at.through)
    return set(session.scalars(query))


def count(session: Session, during: During) -> int:
    """How many could not be judged the last time."""
    query = select(func.count()).where(SetAsideRow.during == during)
    return session.scalar(query) or 0


def waiting(session: Session) -> Sequence[SetAsideRow]:
    """Whoever could not be judged the last time, the longest first."""
    row = SetAsideRow
    return session.scalars(select(row).order_by(row.since, row.partner_id)).all()
