"""How long a workflow waits before a message is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio import workflow

from partners.domain.cases.view import Sending
from workflows.kit import mail_waits, options

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("result", "until", "day", "wait"),
    [
        (Sending.PUT_OFF, NOW + timedelta(hours=19), DAY, timedelta(hours=19)),
        (Sending.PUT_OFF, NOW - timedelta(hours=1), DAY, SECOND),  # a moment that has passed
        (Sending.STOPPED, None, DAY, DAY),
        (Sending.UNKNOWN, None, DAY, options.UNKNOWN_RETRY),
        (Sending.UNKNOWN, None, SECOND, SECOND),  # in a demo
    ],
)
def test_a_message_is_tried_again_at_its_hour_or_the_next_day_or_when_more_may_be_known(
    monkeypatch: pytest.MonkeyPatch,
    result: Sending,
    until: datetime | None,
    day: timedelta,
    wait: timedelta,
) -> None:
    monkeypatch.setattr(workflow, "now", lambda: NOW)

    assert mail_waits.how_long(result, until, day) == wait


@pytest.mark.parametrize(
    ("patched", "words"), [(True, mail_waits.WHY[Sending.UNKNOWN]), (False, None)]
)
def test_an_unknown_message_is_waited_for_but_in_runs_that_once_took_it_for_done(
    monkeypatch: pytest.MonkeyPatch, patched: bool, words: str | None
) -> None:
    monkeypatch.setattr(workflow, "patched", lambda _: patched)

    assert mail_waits.why(Sending.UNKNOWN) == words
    assert mail_waits.is_unknown(Sending.UNKNOWN) is patched
    assert mail_waits.why(Sending.STOPPED) == mail_waits.WHY[Sending.STOPPED]
    assert mail_waits.why(Sending.SENT) is None
