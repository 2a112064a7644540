"""What follows where nobody knows whether a message was sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.resolution import MOST_ATTEMPTS, Evidence, resolve, sends_again
from partners.domain.mail.topics import OPTIONAL

AT = datetime(2035, 3, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def look(
    evidence: Evidence | None = None, *, after: timedelta, attempt: int = 1, asked: bool = True
) -> tuple[str, datetime] | None:
    found = resolve(
        "warning", attempt, evidence, handed_over_at=AT, now=AT + after, window=HOUR, asked=asked
    )
    return found and (found.state, found.at)


def test_evidence_decides_at_once_and_dates_the_acceptance() -> None:
    taken = Evidence(MailState.ACCEPTED, AT + timedelta(seconds=2), "delivered")
    assert look(taken, after=5 * HOUR) == ("accepted", AT + timedelta(seconds=2))


@pytest.mark.parametrize(("said", "counts"), [(-HOUR, timedelta()), (9 * HOUR, HOUR)])
def test_an_acceptance_is_never_before_the_hand_over_nor_in_the_future(
    said: timedelta, counts: timedelta
) -> None:
    odd = Evidence(MailState.ACCEPTED, AT + said, "delivered")
    assert look(odd, after=HOUR) == ("accepted", AT + counts)


def test_without_evidence_it_waits_for_the_window_and_then_is_lost() -> None:
    assert look(after=HOUR - timedelta(seconds=1)) is None
    assert look(after=HOUR) == ("lost", AT + HOUR)


def test_a_provider_that_cannot_be_asked_is_given_a_day_more() -> None:
    assert look(after=HOUR, asked=False) is None
    assert look(after=25 * HOUR, asked=False) == ("lost", AT + 25 * HOUR)


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind not in OPTIONAL])
def test_service_mail_is_sent_again_but_not_for_ever(kind: NoticeKind) -> None:
    assert [sends_again(kind, n) for n in range(1, MOST_ATTEMPTS + 1)] == [True, True, False]


@pytest.mark.parametrize(
    ("kind", "attempt", "follows"),
    [
        ("warning", 1, "it is sent again"),
        ("warning", MOST_ATTEMPTS - 1, "it is sent again"),
        ("warning", MOST_ATTEMPTS, "given up after 3 attempts; a person must look"),
        ("newsletter", 1, "dropped, for it is optional"),
    ],
)
def test_staff_are_told_what_follows_a_loss(kind: str, attempt: int, follows: str) -> None:
    found = resolve(kind, attempt, None, handed_over_at=AT, now=AT + HOUR, window=HOUR)
    assert found is not None
    assert found.detail == f"no trace of it within 60 minutes: {follows}"


@pytest.mark.parametrize("kind", OPTIONAL)
def test_optional_mail_is_dropped(kind: str) -> None:
    assert not sends_again(kind, 1)
