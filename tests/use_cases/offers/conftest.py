"""A program with a policy, partners, and one draft."""

from __future__ import annotations

import pytest

from partners.domain.record.audit import Broken
from partners.store.engine.database import Database
from partners.store.offers.catalogue.offer_changes import Described
from partners.store.record import audit_check
from partners.use_cases.acting import Admin, Manager
from partners.use_cases.offers import offer_acts
from tests import builders

WHY = "agreed with sales"


@pytest.fixture
def admin(ann: Manager, database: Database) -> Admin:
    """Ann, on 2 November 2026, where `hosting` is a draft that everybody may see once it is
    active."""
    builders.accept(database, builders.a_policy(program={"currency": "EUR"}))
    with database.write() as session:
        for partner_id in ("acme", "zenith"):
            builders.a_partner(session, partner_id)
    admin = Admin(ann.program, ann.name, ann.face)
    offer_acts.add(admin, "hosting", Described("hosting", "Hosting"), WHY)
    return admin


def broken(database: Database) -> Broken | None:
    """What the audit finds that is not as it was written."""
    with database.read() as session:
        return audit_check.verify(session).broken
