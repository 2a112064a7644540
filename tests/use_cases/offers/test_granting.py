"""Grants: who may have an offer of visibility *selected*, and who took that back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import Span
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.tables.offer_tables import GrantRow
from partners.use_cases.acting import Admin
from partners.use_cases.offers import granting, offer_acts, offer_pages
from tests.use_cases.conftest import NOW
from tests.use_cases.offers.conftest import WHY, broken
from tests.use_cases.offers.test_offer_acts import a_block, an_exclusive

TODAY = date(2026, 11, 2)
ALWAYS = Span()


def held(admin: Admin) -> list[tuple[str, date, date | None, bool]]:
    rows = offer_pages.list_grants(admin, "hosting")
    return [(g.partner_id, g.from_day, g.until_day, g.revoked_at is None) for g in rows]


def test_a_grant_is_given_and_taken_back_and_both_are_kept(
    admin: Admin, database: Database
) -> None:
    granting.grant(admin, "hosting", "acme", Span(None, date(2027, 1, 31)), WHY)
    assert held(admin) == [("acme", TODAY, date(2027, 1, 31), True)]
    assert offer_pages.show_offer(admin, "hosting").granted == 1

    granting.revoke(admin, "hosting", "acme", "left the region")

    (kept,) = offer_pages.list_grants(admin, "hosting")
    assert (kept.revoked_at, kept.revoked_by, kept.revoked_because) == (
        *(NOW, "Ann", "left the region"),
    )
    granting.grant(admin, "hosting", "acme", ALWAYS, WHY)
    assert held(admin) == [
        ("acme", TODAY, None, True),
        ("acme", TODAY, date(2027, 1, 31), False),
    ]
    assert broken(database) is None


@pytest.mark.parametrize(
    ("offer_id", "partner_id", "span", "code"),
    [
        ("hostin", "acme", ALWAYS, "unknown_offer"),
        ("hosting", "acne", ALWAYS, "unknown_partner"),
        ("hosting", "acme", Span(date(2027, 1, 2), date(2027, 1, 1)), "days_out_of_order"),
        ("hosting", "acme", Span(None, date(2026, 11, 1)), "days_out_of_order"),
        ("hosting", "acme", Span(date(2026, 11, 1), None), "day_is_over"),
    ],
)
def test_a_grant_that_cannot_be_is_refused(
    admin: Admin, offer_id: str, partner_id: str, span: Span, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        granting.grant(admin, offer_id, partner_id, span, WHY)
    assert refused.value.code == code
    assert held(admin) == []


def test_a_second_grant_for_one_of_the_days_is_refused(admin: Admin) -> None:
    granting.grant(admin, "hosting", "acme", Span(None, date(2027, 1, 31)), WHY)

    with pytest.raises(Refusal, match="acme has a grant of hosting already, from 2026-11-02 to"):
        granting.grant(admin, "hosting", "acme", Span(date(2027, 1, 31), None), WHY)

    granting.grant(admin, "hosting", "acme", Span(date(2027, 2, 1), None), WHY)
    granting.grant(admin, "hosting", "zenith", ALWAYS, WHY)
    assert len(held(admin)) == 3


@pytest.mark.parametrize("only", [None, "hosting"])
def test_a_blocked_partner_is_granted_nothing(
    admin: Admin, database: Database, only: str | None
) -> None:
    a_block(database, "acme", *filter(None, [only]), kind="offers" if only else "block")

    with pytest.raises(Refusal, match="acme cannot be granted hosting"):
        granting.grant(admin, "hosting", "acme", ALWAYS, WHY)

    assert held(admin) == []


def test_a_retired_offer_is_granted_to_nobody(admin: Admin) -> None:
    offer_acts.retire(admin, "hosting", WHY)
    with pytest.raises(Refusal, match="the offer hosting is retired, for good"):
        granting.grant(admin, "hosting", "acme", ALWAYS, WHY)


def test_a_grant_that_is_over_is_not_revoked(admin: Admin, database: Database) -> None:
    with database.write() as session:
        session.add(
            GrantRow(
                offer_id="hosting",
                partner_id="acme",
                from_day=date(2026, 1, 1),
                until_day=date(2026, 11, 1),
                granted_at=NOW,
                who="Ann",
                reason=WHY,
            )
        )
    with pytest.raises(Refusal, match="acme has no grant of hosting"):
        granting.revoke(admin, "hosting", "acme", WHY)


def test_the_grant_of_an_exclusive_stays_while_that_runs(admin: Admin, database: Database) -> None:
    an_exclusive(database, "hosting", ExclusiveStatus.ACTIVE)
    granting.grant(admin, "hosting", "acme", ALWAYS, WHY)
    with database.write() as session:
        session.get_one(GrantRow, 1).exclusive_id = "x-1"

    with pytest.raises(Refusal, match="came with the exclusive x-1, which runs"):
        granting.revoke(admin, "hosting", "acme", WHY)

    assert held(admin) == [("acme", TODAY, None, True)]


def test_rule_09_the_same_grant_given_by_many_at_once_is_given_once(admin: Admin) -> None:
    def one(_number: int) -> str:
        try:
            granting.grant(admin, "hosting", "acme", ALWAYS, WHY)
        except Refusal as refusal:
            return refusal.code
        return "granted"

    with ThreadPoolExecutor(8) as pool:
        came_to = list(pool.map(one, range(16)))

    assert sorted(came_to) == ["grant_overlaps"] * 15 + ["granted"]
    assert len(held(admin)) == 1
