"""People's word about promotions, without a face."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from partners.domain.ladder.ladder import CandidateState
from partners.domain.policy.entering import Approval
from partners.errors import SetupError
from partners.store.ladder import ladder
from partners.store.people.known_partner import locked_partner
from partners.store.tables.review_tables import CandidateRow
from partners.use_cases.acting import Manager
from partners.use_cases.ladder import promotions
from partners.use_cases.ladder.candidates import candidates
from partners.use_cases.ladder.ladder_refusals import NoCandidate
from partners.use_cases.refusals import Unsigned
from tests import builders
from tests.interleaved import LONG, beside, until_waiting
from tests.use_cases.conftest import NOW


def test_without_a_server_nobody_is_promoted(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme", tier=None, tier_since=None)
    with pytest.raises(SetupError):
        asyncio.run(promotions.add(ann, "acme", "preferred", "a strategic win"))
    assert list(candidates(ann, decided=True)) == []


def test_a_refusal_names_who_and_what_was_missing(ann: Manager) -> None:
    with pytest.raises(NoCandidate) as refused:
        asyncio.run(promotions.decline(ann, "acme", "not yet"))
    assert (refused.value.code, refused.value.partner_id) == ("no_candidate", "acme")
    with pytest.raises(Unsigned) as unsigned:
        asyncio.run(promotions.add(ann, "acme", "gold", " "))
    assert unsigned.value.needed == ("by", "notes")


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_who_declines_waits_for_whoever_decides_about_the_partner_and_holds_nothing(
    ann: Manager,
) -> None:
    """As the look at a partner's referrals does, which withdraws a candidate after a refund."""
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        acme = builders.a_partner(session, "acme", tier=None, tier_since=None)
        approval, why = Approval.STAFF, "5 referrals"
        ladder.qualify(
            session, acme, "preferred", policy_version=1, approval=approval, why=why, now=NOW
        )
    with beside() as start, ann.database.write() as session:
        locked_partner(session, "acme")
        declining = start(lambda: asyncio.run(promotions.decline(ann, "acme", "not yet")))
        until_waiting(ann.database, declining)
        row = ladder.candidate_of(session, "acme", [CandidateState.WAITING])
        assert row is not None
        ladder.withdraw(session, row, "referrals", "refunded", NOW)

    with pytest.raises(NoCandidate):
        declining.result(LONG)
    with ann.database.read() as session:
        assert session.scalar(select(CandidateRow.state)) == CandidateState.WITHDRAWN
