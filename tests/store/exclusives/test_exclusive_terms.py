"""Which exclusives are to look, what waits for people, and the days on which nothing is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.time.calendar import ProgramCalendar
from partners.store.engine.database import Database
from partners.store.exclusives import exclusive_news, exclusive_terms
from partners.store.offers.exclusive_standing import stand
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.offer_tables import OfferStateRow
from tests import builders

NOW = datetime(2035, 5, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
BERLIN = ProgramCalendar(ZoneInfo("Europe/Berlin"))


@pytest.fixture
def session(database: Database) -> Any:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        yield session


def held(session: Session, partner_id: str, **columns: Any) -> ExclusiveRow:
    """An exclusive of a partner of its own."""
    builders.a_partner(session, partner_id)
    return builders.an_exclusive(
        session, f"{partner_id}-x1", partner_id, service=partner_id, **columns
    )


def override(session: Session, partner_id: str, kind: str, first: date, last: date | None) -> None:
    session.add(
        OverrideRow(
            partner_id=partner_id,
            kind=kind,
            from_day=first,
            until_day=last,
            who="Ann",
            reason="said so",
            offers=["w-1"] if kind == "offers" else [],
        )
    )
    session.flush()


def test_those_with_news_are_warned_at_risk_or_stand_otherwise_than_their_holder(
    session: Session,
) -> None:
    held(session, "calm")
    held(session, "warned", warned_month=203504)
    held(session, "risky", at_risk_until=TODAY)
    held(session, "blocked")
    override(session, "blocked", "block", date(2035, 5, 1), None)
    held(session, "known", status=ExclusiveStatus.SUSPENDED)
    override(session, "known", "block", date(2035, 5, 1), None)
    held(session, "free", status=ExclusiveStatus.SUSPENDED)
    override(session, "free", "block", date(2035, 4, 1), date(2035, 5, 9))
    held(session, "over", status=ExclusiveStatus.ENDED, warned_month=203504)
    found = exclusive_terms.with_news(session, TODAY)
    assert found == {"warned-x1", "risky-x1", "blocked-x1", "free-x1"}


def test_one_of_which_somebody_is_yet_to_be_told_has_news_though_it_is_over(
    session: Session,
) -> None:
    row = held(session, "over", status=ExclusiveStatus.ENDED)
    exclusive_news.add(session, row, NewsEvent.ENDED, "ended", NOW, partner_id="over")
    assert exclusive_terms.with_news(session, TODAY) == {"over-x1"}
    assert exclusive_terms.to_be_looked_after(session) == ["over-x1"]
    assert exclusive_terms.untold(session) == ["over-x1"]


def test_rule_09_the_same_is_noted_once(session: Session) -> None:
    row = held(session, "acme")
    told = {"partner_id": "acme"}
    assert exclusive_news.add(session, row, NewsEvent.BEGINS, "active", NOW, **told)
    assert not exclusive_news.add(session, row, NewsEvent.BEGINS, "active", NOW, **told)


def test_a_renewal_waits_until_one_follows(session: Session) -> None:
    row = held(session, "acme", last_day=date(2035, 6, 30))
    exclusive_news.add(session, row, NewsEvent.RENEWAL, "renewal", NOW, partner_id=None)
    assert [(one.exclusive_id, at) for one, at in exclusive_terms.renewal_waits(session)] == [
        ("acme-x1", NOW)
    ]
    builders.an_exclusive(
        session,
        "acme-x2",
        "acme",
        service="acme",
        first_day=date(2035, 7, 1),
        status=ExclusiveStatus.PROPOSED,
        renews="acme-x1",
    )
    assert exclusive_terms.renewal_waits(session) == []


def test_a_warning_that_reached_nobody_waits_for_a_person(session: Session) -> None:
    row = held(session, "acme", warned_month=203504)
    exclusive_news.add(
        session, row, NewsEvent.MISSED, "warning/2035-04/1", NOW, partner_id="acme", month=203504
    )
    assert exclusive_terms.unreached(session) == []
    news = exclusive_news.of_message(session, "exclusive/acme-x1/warning/2035-04/7")
    assert news is not None
    exclusive_news.told(news, "rejected: no such mailbox", NOW)
    session.flush()
    ((one, at, why),) = exclusive_terms.unreached(session)
    assert (one.exclusive_id, at, why) == ("acme-x1", NOW, "rejected: no such mailbox")
    row.warned_at = NOW
    session.flush()
    assert exclusive_terms.unreached(session) == []


def test_a_suspension_a_block_a_waiver_and_a_paused_offer_exempt_their_days(
    session: Session,
) -> None:
    """Any part of a day is all of it, by the program's clock: 23:30 UTC is the next day there."""
    builders.an_offer(session, "w-1", service="acme")
    row = held(session, "acme", offer_id="w-1")
    for status, at in (
        (ExclusiveStatus.SUSPENDED, datetime(2035, 5, 1, 23, 30, tzinfo=UTC)),
        (ExclusiveStatus.ACTIVE, datetime(2035, 5, 3, 8, tzinfo=UTC)),
    ):
        stand(session, row, status, at, "tests", "")
    override(session, "acme", "waiver", date(2035, 4, 1), date(2035, 4, 10))
    override(session, "acme", "offers", date(2035, 4, 20), None)
    override(session, "acme", "pin", date(2035, 1, 1), None)
    session.add(
        OfferStateRow(
            offer_id="w-1",
            at=datetime(2035, 5, 9, 12, tzinfo=UTC),
            status=OfferStatus.PAUSED,
            visibility=Visibility.PUBLIC,
            who="Ann",
            reason="",
        )
    )
    session.flush()
    assert exclusive_terms.exempt_days(session, row, BERLIN, TODAY) == [
        DayRange(date(2035, 5, 2), date(2035, 5, 3)),
        DayRange(date(2035, 4, 1), date(2035, 4, 10)),
        DayRange(date(2035, 4, 20), TODAY),
        DayRange(date(2035, 5, 9), TODAY),
    ]


def test_since_when_one_is_suspended_whatever_else_was_said_of_it_meanwhile(
    session: Session,
) -> None:
    row = held(session, "acme")
    assert exclusive_terms.suspended_since(session, "acme-x1") is None
    since = datetime(2035, 5, 2, 9, tzinfo=UTC)
    stand(session, row, ExclusiveStatus.SUSPENDED, since, "tests", "blocked")
    stand(session, row, ExclusiveStatus.SUSPENDED, NOW, "tests", "back in the tier")
    assert exclusive_terms.suspended_since(session, "acme-x1") == since
