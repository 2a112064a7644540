"""Orders that come by a file: the leads that they have bought are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from partners.domain.referrals.referral import ReferralState
from partners.store.referrals import leads, referrals
from partners.store.referrals.leads import Given
from partners.use_cases import telling
from partners.use_cases.acting import Admin, Manager
from partners.use_cases.imports import importing
from partners.use_cases.imports.importing import Wanted
from partners.use_cases.referrals import reporting
from partners.use_cases.telling import Told
from tests import builders
from tests.use_cases.conftest import NOW

HEAD = "order_id,partner_id,placed_at,status,value,customer_id\n"
ROUTING = {"sales_email": "sales@northwind.example"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which leads' workflows were told, instead of a Temporal server."""
    told: list[str] = []

    async def tell(_by: object, ids: Sequence[str], before: Told = telling.NOBODY) -> Told:
        told.extend(ids)
        return before

    async def referrers(*_: object) -> Told:
        return telling.NOBODY

    monkeypatch.setattr(telling, "leads", tell)
    monkeypatch.setattr(telling, "referrers", referrers)
    return told


@pytest.fixture
def admin(ann: Manager, told: list[str]) -> Admin:
    """Leads of r1 and r2, both with ben."""
    builders.accept(ann.database, builders.a_policy(referral={"routing": ROUTING}))
    with ann.database.write() as session:
        builders.a_partner(session, "acme", kind="referral", tier=None, tier_since=None)
        builders.a_partner(session, "ben")
    for name in ("r1", "r2"):
        asyncio.run(reporting.add(ann, name, "acme", f"L-{name}"))
        asyncio.run(reporting.report(ann, name, ReferralState.ACCEPTED))
    with ann.database.write() as session:
        referrals.lock(session)
        for name in ("r1", "r2"):
            leads.give(session, name, Given("ben", "preferred", "tier", "Ann"), NOW)
    return Admin(ann.program, ann.name, ann.face)


def load(admin: Admin, folder: Path, *rows: str) -> None:
    file = folder / "orders.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    asyncio.run(importing.tell(admin, importing.orders(admin, file, Wanted())))


def test_a_lead_that_is_accepted_is_handed_over_at_once(admin: Admin, told: list[str]) -> None:
    assert told == ["r1", "r2"]


def test_only_the_lead_that_was_bought_is_told(
    admin: Admin, told: list[str], tmp_path: Path
) -> None:
    told.clear()
    later = "2026-11-02T12:00:00Z"
    load(
        admin,
        tmp_path,
        f"1,ben,{later},completed,80.00,L-r1",
        f"2,ben,{later},completed,80.00,L-other",
        f"3,acme,{later},completed,80.00,L-r2",
        "4,ben,2026-10-02T12:00:00Z,completed,80.00,L-r2",
    )
    assert told == ["r1"]
