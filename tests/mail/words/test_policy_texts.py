"""E-mails in the policy's own words for the reader's language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partners.domain.cases.case import Outcome
from partners.domain.mail.notices import NoticeKind, Rendered
from partners.domain.policy.policy import Policy
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from tests.mail.conftest import POLICY

SILVER, GOLD = POLICY["tiers"]
WORDED: dict[str, Any] = POLICY | {
    "program": POLICY["program"]
    | {
        "texts": {
            "de": {
                "name": "Partnerprogramm",
                "contact_name": "Partnerteam Nord",
                "contact_email": "partner@northwind.example",
                "contact_url": "https://partners.northwind.example/hilfe",
            }
        }
    },
    "metrics": {"nps": {"label": "NPS", "texts": {"de": {"label": "Weiterempfehlung"}}}},
    "qualities": {
        "expertise": {"label": "Expertise", "texts": {"de": {"label": "Fachwissen"}}},
    },
    "tiers": [
        SILVER,  # without German words: Exclusive offers, as in gold, where it has some
        GOLD
        | {
            "requires": ["expertise"],
            "keep": {"nps": {"at_least": 40}},
            "enter": GOLD["enter"] | {"nps": {"at_least": 40}},
            "texts": {
                "de": {
                    "name": "Goldklasse",
                    "benefits": ["10 % bessere Preise", "Betreuer", "Exklusive Angebote"],
                }
            },
        },
    ],
}


@pytest.fixture(scope="module")
def worded() -> Policy:
    return Policy.model_validate(WORDED)


def mail(renderer: Renderer, policy: Policy, kind: NoticeKind, language: str) -> Rendered:
    notice = sample(kind, policy)
    if kind is NoticeKind.REMOVAL:
        notice = replace(notice, outcome=Outcome.DEMOTED, new_tier=policy.tiers[0])
    return renderer.render(replace(notice, language=language))


def test_tier_benefits_and_contact_are_in_the_reader_s_words(
    renderer: Renderer, worded: Policy
) -> None:
    message = mail(renderer, worded, NoticeKind.WARNING, "de")
    assert "Status Goldklasse" in message.subject
    for words in ("Exklusive Angebote", "Betreuer", "Partnerteam Nord: partner@northwind.example"):
        assert words in message.text
    assert "https://partners.northwind.example/hilfe" in message.html
    assert "mailto:partner@northwind.example" in message.html
    assert "Partnerprogramm" in message.text
    assert "Weiterempfehlung" in message.text


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_language_without_words_reads_the_policy_s_own(
    renderer: Renderer, worded: Policy, language: str
) -> None:
    message = mail(renderer, worded, NoticeKind.WARNING, language)
    assert "Gold" in message.subject
    assert "Goldklasse" not in message.text
    for words in ("Exclusive offers", "Account manager", "Northwind partner team"):
        assert words in message.text


def test_a_benefit_is_kept_whatever_has_been_translated(renderer: Renderer, worded: Policy) -> None:
    text = mail(renderer, worded, NoticeKind.REMOVAL, "de").text
    lost = text.split("Diese Vorteile des Status Goldklasse enden jetzt:")[1].split("\n\n")[1]
    assert "Betreuer" in lost
    assert "Angebote" not in lost  # silver has them, in English
    assert "Fachwissen: Beurteilung durch unser Team" in text


def test_staff_know_tiers_by_the_policy_s_own_names(renderer: Renderer, worded: Policy) -> None:
    german = worded.model_copy(
        update={"program": worded.program.model_copy(update={"language": "de"})}
    )
    english = GOLD | {"texts": {"en": {"name": "The golden one"}}}
    policy = Policy.model_validate(
        WORDED | {"program": WORDED["program"], "tiers": [SILVER, english]}
    )
    assert "Goldklasse" not in mail(renderer, german, NoticeKind.RELAPSE, "de").text
    assert "golden" not in mail(renderer, policy, NoticeKind.RELAPSE, "en").text
    assert "The golden one" in mail(renderer, policy, NoticeKind.WARNING, "en").text
