"""What a tier opens, in words: they are its benefits where the policy writes none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from babel import Locale

from partners.domain.cases.case import Outcome
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, Tier
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.mail.words.policy_texts import given, offered
from tests import builders

ENTER = {"orders_per_month": {"at_least": 10}}


def a_tier(**columns: Any) -> Tier:
    return Tier.model_validate({"key": "gold", "kind": "preferred", "enter": ENTER, **columns})


def a_policy() -> Policy:
    """Silver and gold have the same early access; gold pays less."""
    silver = {"key": "silver", "kind": "preferred", "offers": {"early_access_days": 14}}
    gold = {
        "key": "gold",
        "kind": "strategic",
        "removal": "down",
        "offers": {"discount": 0.125, "early_access_days": 14},
    }
    return builders.a_policy(tiers=[silver | {"enter": ENTER}, gold | {"enter": ENTER}])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["12.5 % off the base price of every offer", "New offers 14 days before others"]),
        (
            "de",
            [
                "12,5 % Nachlass auf den Grundpreis jedes Angebots",
                "Neue Angebote 14 Tage früher als andere",
            ],
        ),
        (
            "es",
            [
                "12,5 % de descuento sobre el precio base de cada oferta",
                "Ofertas nuevas 14 días antes que los demás",
            ],
        ),
    ],
)
def test_terms_read_as_benefits_in_every_language(language: str, words: list[str]) -> None:
    tier = a_tier(offers={"discount": 0.125, "early_access_days": 14})
    found = [words.replace("\u00a0", " ") for words in offered(tier, Locale(language))]
    assert found == words


def test_one_day_is_one_day_and_no_terms_are_no_words() -> None:
    one_day = a_tier(offers={"early_access_days": 1})
    assert list(offered(one_day, Locale("en"))) == ["New offers 1 day before others"]
    assert given(a_tier()) == ()


def test_benefits_that_the_policy_writes_are_said_as_it_writes_them() -> None:
    assert given(a_tier(benefits=["Roses"], offers={"discount": 0.1})) == ("Roses",)


def test_a_warning_names_what_is_at_stake(renderer: Renderer) -> None:
    policy = a_policy()
    notice = replace(sample(NoticeKind.WARNING, policy), tier=policy.tiers[1], language="de")
    text = renderer.render(notice).text.replace("\u00a0", " ")
    assert "12,5 % Nachlass auf den Grundpreis jedes Angebots" in text


def test_a_removal_names_what_ends_and_not_what_both_tiers_have(renderer: Renderer) -> None:
    policy = a_policy()
    silver, gold = policy.tiers
    notice = replace(
        sample(NoticeKind.REMOVAL, policy), tier=gold, outcome=Outcome.DEMOTED, new_tier=silver
    )
    text = renderer.render(notice).text.replace("\u00a0", " ")
    kept, ended = text.split("These benefits of Gold end now:")
    assert "New offers 14 days before others" in kept
    assert "12.5 % off the base price of every offer" in ended
    assert "New offers 14 days" not in ended


def test_a_promotion_names_what_is_new_and_what_stays(renderer: Renderer) -> None:
    policy = a_policy()
    text = renderer.render(sample(NoticeKind.PROMOTED, policy)).text.replace("\u00a0", " ")
    assert "12.5 % off the base price of every offer" in text
    assert text.count("New offers 14 days before others") == 1
