"""What a provider's events say of a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from partners.domain.mail.delivery import Delivery, Event, MailEvent, further

AT = datetime(2035, 3, 5, 12, tzinfo=UTC)
PREFERENCES = {Event.UNSUBSCRIBE, Event.GROUP_UNSUBSCRIBE, Event.GROUP_RESUBSCRIBE}


def event(kind: Event, bounce_type: str = "") -> MailEvent:
    return MailEvent(kind, "ann@example.com", AT, bounce_type=bounce_type)


@pytest.mark.parametrize(
    ("bounce_type", "hard", "state"),
    [
        ("bounce", True, Delivery.BOUNCED),
        ("blocked", False, Delivery.BLOCKED),
        ("", False, Delivery.BLOCKED),  # without the type, the address is not given up
    ],
)
def test_only_a_hard_bounce_says_that_there_is_no_such_address(
    bounce_type: str, hard: bool, state: Delivery
) -> None:
    bounce = event(Event.BOUNCE, bounce_type)
    assert (bounce.is_hard_bounce, bounce.delivery) == (hard, state)


def test_what_is_no_bounce_is_no_hard_bounce_whatever_type_it_carries() -> None:
    dropped = event(Event.DROPPED, "bounce")
    assert (dropped.is_hard_bounce, dropped.delivery) == (False, Delivery.DROPPED)


def test_events_about_preferences_say_nothing_of_the_message() -> None:
    silent = {kind for kind in Event if event(kind).delivery is None}
    assert silent == PREFERENCES


def test_a_message_that_was_dropped_blocked_or_bounced_did_not_arrive() -> None:
    failed = {state for state in Delivery if state.failed}
    assert failed == {Delivery.DROPPED, Delivery.BLOCKED, Delivery.BOUNCED}


def test_a_later_state_outranks_an_earlier_one_and_is_never_undone() -> None:
    assert further(None, Delivery.PROCESSED) is Delivery.PROCESSED
    assert further(Delivery.PROCESSED, Delivery.DELIVERED) is Delivery.DELIVERED
    assert further(Delivery.BOUNCED, Delivery.DELIVERED) is Delivery.BOUNCED
    for state in Delivery:
        assert further(state, state) is state
