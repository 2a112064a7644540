"""The policy's words in further languages."""

from __future__ import annotations

from typing import Any

from partners.domain.policy.policy import Policy
from tests.mail.conftest import POLICY

GOLD = {"name": "Oro", "benefits": ["uno", "dos", "tres"]}


def worded(**texts: dict[str, Any]) -> Policy:
    """The policy of the mails' tests, whose gold tier has these texts."""
    silver, gold = POLICY["tiers"]
    return Policy.model_validate(POLICY | {"tiers": [silver, gold | {"texts": texts}]})


def test_a_tier_says_its_words_in_a_language() -> None:
    gold = worded(es=GOLD).tiers[1].said_in("es")
    assert (gold.label, gold.benefits) == ("Oro", ("uno", "dos", "tres"))


def test_what_a_language_leaves_out_and_a_language_without_words_stay_as_they_are() -> None:
    gold = worded(es={"name": "Oro"}).tiers[1]
    assert gold.said_in("es").benefits == gold.benefits
    assert gold.said_in("de") is gold


def test_a_country_has_its_language_s_words_and_its_own() -> None:
    gold = worded(es=GOLD, **{"es-MX": {"name": "Dorado"}}).tiers[1]
    assert gold.said_in("es-MX").label == "Dorado"
    assert gold.said_in("es-MX").benefits == ("uno", "dos", "tres")
    assert gold.said_in("es-AR").label == "Oro"


def test_what_is_not_said_in_a_language_is_named_but_for_names() -> None:
    policy = worded(es={"benefits": GOLD["benefits"]})
    assert policy.unsaid_in("es") == [
        "contact name of the program",
        "benefits of Silver",
        "label of the step call",
        "text of the step call",
        "label of the step course",
        "label of the step visit",
        "label of the step exam",
    ]
    assert "benefits of Gold" in policy.unsaid_in("de")
    assert policy.unsaid_in("en-GB") == []  # the program's own language


def test_the_languages_of_all_texts() -> None:
    assert worded(es=GOLD, fr={"name": "Or"}).text_languages == {"es", "fr"}
