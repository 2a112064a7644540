"""The life of an offer: what leads where, what is refused, and what is kept of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from partners.domain.offers.exclusive import ExclusiveStatus, Period, Renewal
from partners.domain.offers.offer import OfferStatus, Visibility, Window
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.offers.catalogue.offer_changes import Described
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.offer_tables import OfferRow, OfferStateRow
from partners.use_cases.acting import Admin
from partners.use_cases.offers import offer_acts, offer_pages
from tests import builders
from tests.use_cases.conftest import NOW
from tests.use_cases.offers.conftest import WHY, broken

DAY = date(2026, 12, 1)


def states(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        rows = session.scalars(select(OfferStateRow).order_by(OfferStateRow.state_id)).all()
        return [(row.offer_id, row.status, row.visibility) for row in rows]


def an_exclusive(database: Database, offer_id: str | None, status: ExclusiveStatus) -> None:
    with database.write() as session:
        session.add(
            ExclusiveRow(
                exclusive_id="x-1",
                partner_id="acme",
                service="hosting",
                offer_id=offer_id,
                first_day=date(2026, 1, 1),
                last_day=date(2027, 12, 31),
                minimum_orders=0,
                min_sample=10,
                period=Period.MONTHLY,
                cure_days=30,
                notice_days=30,
                renewal=Renewal.NONE,
                max_holders=1,
                status=status,
                policy_version=1,
                proposed_at=NOW,
                proposed_by="Ann",
                reason=WHY,
                revision=1,
            )
        )


def test_an_offer_goes_from_draft_to_active_and_paused_and_ends_retired(
    admin: Admin, database: Database
) -> None:
    offer_acts.activate(admin, "hosting", WHY)
    offer_acts.pause(admin, "hosting", WHY)
    offer_acts.resume(admin, "hosting", WHY)
    done = offer_acts.retire(admin, "hosting", "no demand")

    assert (done.was.status, done.offer.status) == (OfferStatus.ACTIVE, OfferStatus.RETIRED)
    assert [status for _, status, _ in states(database)] == [
        *("draft", "active", "paused", "active", "retired")
    ]
    last = offer_pages.show_offer(admin, "hosting").states[-1]
    assert (last.who, last.reason, last.at) == ("Ann", "no demand", NOW)
    assert broken(database) is None


@pytest.mark.parametrize("act", ["activate", "pause", "resume", "retire"])
def test_what_is_retired_stays_so(admin: Admin, database: Database, act: str) -> None:
    offer_acts.retire(admin, "hosting", WHY)
    before = states(database)

    with pytest.raises(Refusal) as refused:
        getattr(offer_acts, act)(admin, "hosting", WHY)

    assert refused.value.code == "offer_is_retired"
    assert states(database) == before


def test_a_draft_is_not_paused(admin: Admin) -> None:
    with pytest.raises(Refusal, match="hosting is draft, so it cannot become paused"):
        offer_acts.pause(admin, "hosting", WHY)


def test_a_preview_is_the_act_rolled_back(admin: Admin, database: Database) -> None:
    seen = offer_acts.activate(admin, "hosting", WHY, only_look=True)

    assert seen.offer.status is OfferStatus.ACTIVE
    assert states(database) == [("hosting", "draft", "selected")]


def test_a_draft_without_a_name_is_not_activated(admin: Admin, database: Database) -> None:
    offer_acts.add(admin, "mail", Described("mail"), WHY)

    with pytest.raises(Refusal) as refused:
        offer_acts.activate(admin, "mail", WHY)

    assert (refused.value.code, vars(refused.value)["lacks"]) == ("offer_not_ready", ("name",))
    assert "needs a name before it can be active" in str(refused.value)
    offer_acts.change(admin, "mail", {"name": "Mail"}, WHY)
    assert offer_acts.activate(admin, "mail", WHY).offer.status is OfferStatus.ACTIVE


@pytest.mark.parametrize(
    ("offer_id", "described", "code"),
    [
        ("hosting", Described("hosting"), "offer_exists"),
        ("spring sale", Described("sale"), "unfit_offer_id"),
        (
            "sale",
            Described("sale", opens_on=DAY, closes_on=date(2026, 11, 30)),
            "days_out_of_order",
        ),
        ("sale", Described("sale", closes_on=date(2026, 11, 1)), "day_is_over"),
        ("sale", Described("sale", area_code="nowhere"), "unknown_area"),
        ("sale", Described(" "), "blank"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(
    admin: Admin, database: Database, offer_id: str, described: Described, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        offer_acts.add(admin, offer_id, described, WHY)

    assert refused.value.code == code
    assert states(database) == [("hosting", "draft", "selected")]


def test_an_unknown_offer_names_those_that_read_like_it(admin: Admin) -> None:
    with pytest.raises(Refusal, match=r"unknown offer 'hostin'; did you mean hosting\?"):
        offer_acts.activate(admin, "hostin", WHY)


def test_who_and_why_are_asked_for(admin: Admin) -> None:
    with pytest.raises(Refusal) as refused:
        offer_acts.activate(admin, "hosting", "  ")
    assert refused.value.code == "blank"


def test_a_change_of_visibility_is_kept_with_its_moment(admin: Admin, database: Database) -> None:
    done = offer_acts.change(admin, "hosting", {"visibility": Visibility.PUBLIC}, WHY)

    assert done.was.visibility is Visibility.SELECTED
    assert states(database)[-1] == ("hosting", "draft", "public")
    with pytest.raises(Refusal, match="the offer hosting is so already"):
        offer_acts.change(admin, "hosting", {"visibility": Visibility.PUBLIC}, WHY)


def test_the_first_day_of_an_offer_that_is_open_is_not_moved(admin: Admin) -> None:
    offer_acts.change(admin, "hosting", {"opens_on": DAY}, WHY)
    offer_acts.activate(admin, "hosting", WHY)
    offer_acts.change(admin, "hosting", {"opens_on": date(2026, 11, 2)}, WHY)

    with pytest.raises(Refusal, match="hosting is open since 2026-11-02"):
        offer_acts.change(admin, "hosting", {"opens_on": DAY}, WHY)


@pytest.mark.parametrize("offer_id", ["hosting", None])
def test_an_offer_on_which_an_exclusive_runs_is_neither_retired_nor_of_another_service(
    admin: Admin, database: Database, offer_id: str | None
) -> None:
    an_exclusive(database, offer_id, ExclusiveStatus.ACTIVE)

    with pytest.raises(Refusal, match="an exclusive runs on the offer hosting: x-1"):
        offer_acts.retire(admin, "hosting", WHY)
    with pytest.raises(Refusal, match="an exclusive runs on the offer hosting: x-1"):
        offer_acts.change(admin, "hosting", {"service": "mail"}, WHY)

    assert len(states(database)) == 1


@pytest.mark.parametrize("status", [ExclusiveStatus.PROPOSED, ExclusiveStatus.ENDED])
def test_an_exclusive_that_binds_nobody_keeps_no_offer(
    admin: Admin, database: Database, status: ExclusiveStatus
) -> None:
    an_exclusive(database, "hosting", status)
    assert offer_acts.retire(admin, "hosting", WHY).offer.status is OfferStatus.RETIRED


def test_an_exclusive_of_a_service_lets_go_of_all_but_its_last_offer(
    admin: Admin, database: Database
) -> None:
    an_exclusive(database, None, ExclusiveStatus.ACTIVE)
    offer_acts.add(admin, "hosting-2", Described("hosting", "More hosting"), WHY)

    offer_acts.retire(admin, "hosting-2", WHY)

    with pytest.raises(Refusal, match="x-1"):
        offer_acts.retire(admin, "hosting", WHY)


def test_a_tier_gets_a_window_of_its_own_until_it_is_taken_away(admin: Admin) -> None:
    window = Window(date(2026, 11, 20), DAY)
    offer_acts.give_window(admin, "hosting", "preferred", window, WHY)

    (kept,) = offer_pages.show_offer(admin, "hosting").windows
    assert (kept.tier, kept.visible_from, kept.orderable_from) == ("preferred", *window)
    with pytest.raises(Refusal, match="so already"):
        offer_acts.give_window(admin, "hosting", "preferred", window, WHY)
    offer_acts.take_window(admin, "hosting", "preferred", WHY)
    assert offer_pages.show_offer(admin, "hosting").windows == ()
    with pytest.raises(Refusal, match="no window of tier preferred"):
        offer_acts.take_window(admin, "hosting", "preferred", WHY)


@pytest.mark.parametrize(
    ("tier", "window", "code"),
    [
        ("gold", Window(DAY, DAY), "tier_not_in_policy"),
        ("preferred", Window(DAY, date(2026, 11, 30)), "days_out_of_order"),
        ("preferred", Window(date(2026, 11, 1), DAY), "day_is_over"),
    ],
)
def test_a_window_that_cannot_be_is_refused(
    admin: Admin, tier: str, window: Window, code: str
) -> None:
    offer_acts.activate(admin, "hosting", WHY)
    with pytest.raises(Refusal) as refused:
        offer_acts.give_window(admin, "hosting", tier, window, WHY)
    assert refused.value.code == code


def test_the_audit_holds_whatever_became_of_an_offer(admin: Admin, database: Database) -> None:
    window = Window(DAY, DAY)
    offer_acts.give_window(admin, "hosting", "preferred", window, WHY)
    offer_acts.take_window(admin, "hosting", "preferred", WHY)
    assert broken(database) is None
    with database.writing.begin() as connection:
        connection.execute(OfferRow.__table__.update().values(status="active"))
    assert broken(database) is not None


# ---- blocks that were written in words ----


def a_block(database: Database, partner_id: str, *offers: str, **columns: Any) -> None:
    with database.write() as session:
        session.add(builders.a_block(partner_id=partner_id, offers=list(offers), **columns))


def blocks(database: Database) -> list[list[str]]:
    with database.read() as session:
        rows = session.scalars(select(OverrideRow).order_by(OverrideRow.override_id))
        return [row.offers for row in rows]


def test_blocks_in_words_are_of_the_offer_that_is_called_so_once_there_is_one(
    admin: Admin, database: Database
) -> None:
    a_block(database, "zenith", "Spring sale", "Bundles")
    a_block(database, "acme", " spring  SALE ")
    a_block(database, "acme", "Spring sale", until_day=date(2026, 10, 31))

    added = offer_acts.add(admin, "s-27", Described("sale", "Spring Sale"), WHY)

    assert [(one.partner_id, one.offer_id) for one in added.matched] == [
        *(("acme", "s-27"), ("zenith", "s-27"))
    ]
    assert blocks(database) == [["s-27", "Bundles"], ["s-27"], ["Spring sale"]]
    (left,) = offer_pages.list_in_words(admin)
    assert (left.partner_id, left.words, left.who) == ("zenith", "Bundles", "Ben")
    assert broken(database) is None


def test_words_that_two_offers_have_stay_until_a_person_says_which_is_meant(
    admin: Admin, database: Database
) -> None:
    for offer_id in ("s-26", "s-27"):
        offer_acts.add(admin, offer_id, Described("sale", "Spring sale"), WHY)
    a_block(database, "acme", "Spring sale")

    assert offer_acts.add(admin, "other", Described("sale"), WHY).matched == ()
    assert blocks(database) == [["Spring sale"]]

    offer_acts.say_meant(admin, "Spring sale", "s-27", WHY)
    assert blocks(database) == [["s-27"]]
    assert list(offer_pages.list_in_words(admin)) == []
    with pytest.raises(Refusal, match="no block in force is of an offer written 'Spring sale'"):
        offer_acts.say_meant(admin, "Spring sale", "s-27", WHY)


def test_a_name_that_an_offer_gets_later_is_held_against_blocks_too(
    admin: Admin, database: Database
) -> None:
    a_block(database, "acme", "Web space")
    done = offer_acts.change(admin, "hosting", {"name": "Web space"}, WHY)
    assert [one.offer_id for one in done.matched] == ["hosting"]
