"""People's word about promotions, without a face."""

from __future__ import annotations

import asyncio

import pytest

from partners.errors import SetupError
from partners.use_cases.acting import Manager
from partners.use_cases.ladder import promotions
from partners.use_cases.ladder.candidates import candidates
from partners.use_cases.ladder.ladder_refusals import NoCandidate
from partners.use_cases.refusals import Unsigned
from tests import builders


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
