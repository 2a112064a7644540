"""What is asked for a partner says nothing of what is hidden from them."""

from __future__ import annotations

import pytest

from partners.domain.offers.offer import OfferStatus, Visibility
from partners.store.offers.known_offers import UnknownOffer
from partners.use_cases.acting import Manager
from partners.use_cases.offers import asking
from partners.use_cases.offers.asking import Asked
from tests import builders

HERE = Asked(postal_code="10115")


@pytest.fixture
def beta_has_more(ann: Manager) -> Manager:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        for partner_id in ("acme", "beta"):
            builders.a_partner(session, partner_id)
        builders.an_offer(session, "dsl")
        builders.an_offer(session, "fibre", visibility=Visibility.SELECTED)
        builders.a_grant(session, "fibre", "beta")
        builders.an_offer(session, "soon", status=OfferStatus.DRAFT)
    return ann


@pytest.mark.parametrize("hidden", ["fibre", "soon"])
def test_rule_20_a_refusal_says_the_same_of_what_is_hidden_and_of_what_is_not_there(
    beta_has_more: Manager, hidden: str
) -> None:
    told = []
    for offer_id in (hidden, "x" * len(hidden)):
        with pytest.raises(UnknownOffer) as refused:
            asking.offer_of(beta_has_more, "acme", offer_id, HERE)
        facts = {
            name: str(fact).replace(offer_id, "…") for name, fact in vars(refused.value).items()
        }
        told.append((str(refused.value).replace(offer_id, "…"), facts))
    assert told[0] == told[1]


def test_one_offer_is_answered_as_the_list_does(beta_has_more: Manager) -> None:
    with asking.offers_of(beta_has_more, "beta", HERE) as found:
        listed = list(found.answers)
    assert found.total == len(listed) == 2
    ids = [answer.access.offer_id for answer in listed]
    assert [asking.offer_of(beta_has_more, "beta", i, HERE) for i in ids] == listed


def test_rule_20_counts_and_searches_know_nothing_of_what_is_hidden(beta_has_more: Manager) -> None:
    for search, count in (("", 1), ("fib", 0), ("DSL", 1)):
        with asking.offers_of(beta_has_more, "acme", Asked(), search) as found:
            assert (found.total, len(list(found.answers))) == (count, count)


def test_staff_are_told_of_everything(beta_has_more: Manager) -> None:
    with asking.offers_of(beta_has_more, "acme", Asked(), hidden=True) as found:
        assert {answer.access.offer_id for answer in found.answers} == {"dsl", "fibre", "soon"}
    assert not asking.check(beta_has_more, "fibre", "acme", Asked()).access.visible
