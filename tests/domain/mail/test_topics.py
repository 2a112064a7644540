"""Two classes of mail, and what a partner's choices come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from partners.domain.mail.notices import NoticeKind, run_of
from partners.domain.mail.topics import (
    EVERYTHING,
    OPTIONAL,
    SERVICE,
    Choice,
    Consent,
    Topic,
    is_wanted,
    topic_of,
)

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_is_either_service_or_optional(kind: NoticeKind) -> None:
    assert (kind in SERVICE) != (kind in OPTIONAL), f"say in domain.topics what {kind} is"


def test_a_kind_of_no_class_is_not_taken_for_service_mail() -> None:
    with pytest.raises(KeyError):
        topic_of("surprise")


def choices(*words: str) -> list[Choice]:
    """`+newsletter`, `-everything` …, an hour apart."""
    return [
        Choice(word[1:], word[0] == "+", AT + timedelta(hours=n), "page")
        for n, word in enumerate(words)
    ]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ([], True),
        (["-newsletter"], False),
        (["-newsletter", "+newsletter"], True),
        (["-everything"], False),
        (["+newsletter", "-everything"], False),
        (["-everything", "+newsletter"], True),
        (["-scorecard"], True),
    ],
)
def test_the_newest_choice_about_a_topic_or_everything_decides(
    made: list[str], wanted: bool
) -> None:
    assert is_wanted(Topic.NEWSLETTER, choices(*made), Consent.ASSUMED) is wanted


def test_of_two_choices_at_one_moment_the_later_recorded_counts() -> None:
    made = [Choice(EVERYTHING, False, AT, "page"), Choice("newsletter", True, AT, "page")]
    assert is_wanted(Topic.NEWSLETTER, made, Consent.ASSUMED)
    assert not is_wanted(Topic.NEWSLETTER, made[::-1], Consent.ASSUMED)


def test_where_consent_is_required_silence_is_a_no() -> None:
    assert not is_wanted(Topic.NEWSLETTER, [], Consent.REQUIRED)
    assert is_wanted(Topic.NEWSLETTER, choices("+newsletter"), Consent.REQUIRED)


@pytest.mark.parametrize(
    ("key", "run"),
    [
        ("policy/3/acme", "policy/3"),
        ("policy/3", None),
        ("grace/acme-2026-10/warning/1", None),
        ("promotion/acme/4/promoted", None),
        ("review/monthly/2026-10/guard/1", None),
        ("campaign/spring/acme", "campaign/spring"),
    ],
)
def test_a_run_is_what_many_partners_messages_have_in_common(key: str, run: str | None) -> None:
    assert run_of(key) == run
