"""What partners are told with a change of their tier, or a block: which offers open and close."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.cases import intervention_notice
from activities.ladder import partner_notice_activities
from activities.ladder.partner_notice_activities import PartnerNoticeActivities
from activities.overrides import without_case
from activities.overrides.without_case import LockedPartner
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.cases.view import CaseView
from partners.domain.ladder.view import TellPromotion
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.mail.offer_notice import OfferLine, OffersChange
from partners.store.engine.database import Database
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import NOW, Desk, too_few_orders
from tests.activities.ladder.test_promotions import Ladder
from tests.offered import granted, offered, priced

ENTER = {"orders_per_month": {"at_least": 10}}
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "preferred", "kind": "preferred", "removal": "down", "enter": ENTER},
    {
        "key": "gold",
        "kind": "strategic",
        "removal": "down",
        "enter": ENTER,
        "offers": {"discount": "0.10", "early_access_days": 14},
    },
]


def fill(session: Session) -> None:
    """Offers for everybody, from preferred on, for gold early, for whom they are granted, none."""
    offered(session, "public", 100)
    offered(session, "better", 50, visibility="preferred")
    offered(session, "soon", 70, opens_on=NOW.date() + timedelta(days=10))
    offered(session, "secret", 30, visibility="selected")
    offered(session, "draft", 20, status="draft")
    priced(session, "better", 40, tier="gold")


@pytest.fixture
def program(database: Database) -> Database:
    builders.accept(database, builders.a_policy(tiers=TIERS))
    too_few_orders(database)
    with database.write() as session:
        fill(session)
    return database


@pytest.fixture
def desk(program: Database) -> Desk:
    return Desk(program)


def text(desk: Desk) -> str:
    """The newest message, as it reads."""
    with desk.database.read() as session:
        row = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id.desc())).first()
        assert row is not None
        return row.text


def section(message: str) -> str:
    """What it says of offers and prices."""
    found = re.search(r"OFFERS AND PRICES\n\n(.*?)\n\n[A-Z ]{3,}\??", message, re.DOTALL)
    return found[1] if found else ""


def lines(message: str) -> list[str]:
    return [line[2:] for line in section(message).splitlines() if line.startswith("- ")]


def removed(desk: Desk) -> CaseView:
    case = desk.warned()
    desk.now += timedelta(days=60)
    case = desk.apply(desk.decide(case))
    assert desk.send(case, NoticeKind.REMOVAL).result is Sending.SENT
    return case


# ---- the ladder ----


@pytest.mark.parametrize(
    ("left", "entered", "expected"),
    [
        (None, "bronze", ()),
        (
            "bronze",
            "gold",
            (
                "Better: $40.00",
                "Soon: $63.00",
                "Public: $90.00, before: $100.00",
            ),
        ),
        (None, "preferred", ("Better: $50.00",)),
    ],
)
def test_who_enters_or_rises_learns_what_opens_and_at_which_price(
    program: Database, left: str | None, entered: str, expected: tuple[str, ...]
) -> None:
    steps = Ladder(program)
    steps.added(entered, left)
    step = steps.promote()
    tell = PartnerNoticeActivities(steps.desk.cases._services).send_partner_notice
    assert step.candidate_id is not None
    told = steps.desk.call(tell, TellPromotion(step.candidate_id, step.kind))
    assert told.result is Sending.SENT
    assert tuple(lines(text(steps.desk))) == expected


def test_a_notice_of_a_rise_says_nothing_where_there_are_no_offers(database: Database) -> None:
    builders.accept(database, builders.a_policy(tiers=TIERS))
    with database.write() as session:
        builders.a_partner(session, "acme", tier="bronze")
    steps = Ladder(database)
    steps.added("gold")
    steps.promote()
    request = TellPromotion(1, NoticeKind.PROMOTED)
    with database.read() as session:
        draft = partner_notice_activities.compose(session, request, NOW)
    assert not isinstance(draft, str)
    assert draft.notice.offers_change is None


# ---- cases ----


def test_who_falls_learns_what_closes_and_which_prices_rise(desk: Desk) -> None:
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = "gold"
        priced(session, "soon", 60, partner_id="acme")
        granted(session, "secret", "acme")
    removed(desk)
    # To preferred: `soon` has opened for everybody meanwhile, at a price that is acme's own.
    assert lines(text(desk)) == [
        "Better: $50.00, before: $40.00",
        "Public: $100.00, before: $90.00",
        "Secret: $30.00, before: $27.00",
    ]


def test_rule_20_an_offer_that_closes_is_named_only_if_it_was_seen(desk: Desk) -> None:
    removed(desk)
    assert section(text(desk)).startswith("These offers close for you.")
    assert lines(text(desk)) == ["Better"]
    for hidden in ("Secret", "Draft"):
        assert hidden not in text(desk)


def test_rule_09_the_mail_of_a_removal_stays_as_it_was_written(desk: Desk) -> None:
    case = removed(desk)
    before = text(desk)
    with desk.database.write() as session:
        offered(session, "another", 10, visibility="preferred")
    desk.now += timedelta(days=1)
    assert desk.send(case, NoticeKind.REMOVAL).result is Sending.SENT
    assert text(desk) == before


def test_a_warning_says_nothing_of_offers_for_grace_keeps_them(desk: Desk) -> None:
    desk.warned()
    assert section(text(desk)) == ""


# ---- what people decide ----


def on_case(desk: Desk, act: Callable[..., CaseView], **what: object) -> str:
    case = desk.command(act, desk.warned(), **what)
    assert desk.tell(case) == [Sending.SENT]
    return text(desk)


def test_who_is_removed_by_a_person_learns_what_closes(desk: Desk) -> None:
    assert lines(on_case(desk, desk.commands.remove_case, beyond_policy=True)) == ["Better"]


def test_who_keeps_the_tier_learns_nothing_of_offers(desk: Desk) -> None:
    assert section(on_case(desk, desk.commands.reinstate_case)) == ""


def test_a_block_closes_everything_that_was_open(desk: Desk) -> None:
    assert lines(on_case(desk, desk.commands.block_case)) == ["Better", "Public"]


def deed(desk: Desk, kind: CommandKind) -> OffersChange | None:
    """What the notice of a decision without a case says of offers."""
    with desk.database.write() as session:
        until = desk.now.date() + timedelta(days=30) if kind is CommandKind.WAIVED else None
        command = Command("Ann", "agreed by phone", until=until, beyond_policy=True)
        locked = LockedPartner.of(session, "acme", command, desk.now)
        number = without_case.carry_out(locked, kind).intervention_id
    with desk.database.read() as session:
        row = session.get_one(InterventionRow, number)
        draft = intervention_notice.compose(session, row, desk.now)
    assert not isinstance(draft, str)
    return draft.notice.offers_change


BETTER = (OfferLine("Better", Decimal(50)),)


@pytest.mark.parametrize("back", [CommandKind.REINSTATED, CommandKind.OVERTURNED])
def test_what_closed_with_a_removal_opens_again_when_it_is_undone(
    desk: Desk, back: CommandKind
) -> None:
    down = deed(desk, CommandKind.REMOVED)
    desk.now += timedelta(days=1)
    if back is CommandKind.OVERTURNED:
        assert deed(desk, CommandKind.APPEALED) is None
    up = deed(desk, back)
    assert down == OffersChange("USD", closes=BETTER)
    assert up == OffersChange("USD", opens=BETTER)


def test_what_a_block_closed_opens_again_at_its_end(desk: Desk) -> None:
    closed = deed(desk, CommandKind.BLOCKED)
    desk.now += timedelta(days=1)
    opened = deed(desk, CommandKind.UNBLOCKED)
    assert closed is not None
    assert opened == OffersChange("USD", opens=closed.closes)
    assert [line.name for line in opened.opens] == ["Better", "Public"]


def test_a_decision_that_leaves_the_tier_says_nothing_of_offers(desk: Desk) -> None:
    assert deed(desk, CommandKind.WAIVED) is None


def named(desk: Desk, *offers: str) -> tuple[str, ...] | str:
    """The offers that the notice of a block of these names; or why there is no notice."""
    with desk.database.write() as session:
        command = Command("Ann", "agreed by phone", offers=offers)
        locked = LockedPartner.of(session, "acme", command, desk.now)
        number = without_case.carry_out(locked, CommandKind.BLOCKED).intervention_id
    with desk.database.read() as session:
        row = session.get_one(InterventionRow, number)
        draft = intervention_notice.compose(session, row, desk.now)
    if isinstance(draft, str):
        return draft
    assert draft.notice.by_person is not None
    assert draft.notice.offers_change is None
    return draft.notice.by_person.offers


def test_rule_20_a_block_of_offers_names_those_that_the_partner_saw(desk: Desk) -> None:
    assert named(desk, "secret", "better", "public") == ("Better", "Public")


def test_rule_20_a_block_of_what_the_partner_never_saw_is_not_told(desk: Desk) -> None:
    assert named(desk, "secret") == (
        "the partner sees none of these offers, with or without the block"
    )
