"""What people do with mail, without a face."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from datetime import timedelta

import pytest

from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.store.mail import outbox
from partners.store.mail.mail_refusals import UnknownMessage
from partners.use_cases.acting import Manager
from partners.use_cases.mail import blocked, mail_acts, messages, switches
from partners.use_cases.mail.mail_acts import NoSuchRun, SentBeforeWritten
from partners.use_cases.refusals import NoReason
from tests import builders
from tests.use_cases.conftest import NOW

WRITTEN = NOW - timedelta(hours=2)


@pytest.fixture(autouse=True)
def _waiting(ann: Manager) -> None:
    """Message 1 waits, about a partner with an open case that no workflow runs for."""
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        row = outbox.claim(
            session,
            outbox.Written(
                "note/1",
                NoticeKind.WARNING,
                Rendered("subject", "text", "<p>html</p>"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
            ),
            now=WRITTEN,
        )
        outbox.settle(row, MailState.WAITING, WRITTEN)


def test_what_is_refused_is_said_with_its_facts_and_changes_nothing(ann: Manager) -> None:
    before = messages.whole(ann, "1")
    early = WRITTEN - timedelta(minutes=1)
    with pytest.raises(SentBeforeWritten) as refused:
        asyncio.run(mail_acts.mark_sent(ann, "1", early))
    assert (refused.value.at, refused.value.written_at) == (early, WRITTEN)
    with pytest.raises(UnknownMessage) as unknown:
        asyncio.run(mail_acts.resolve(ann, "no/such", sent=True))
    assert (unknown.value.code, unknown.value.message) == ("unknown_message", "no/such")
    with pytest.raises(NoSuchRun):
        asyncio.run(mail_acts.approve_run(ann, "policy/9", "why"))
    with pytest.raises(NoReason):
        blocked.unblock(ann, "acme@example.com", " ")
    assert messages.whole(ann, "1") == before


def test_what_was_said_of_a_message_stands_whether_or_not_its_case_hears_of_it(
    ann: Manager,
) -> None:
    said = asyncio.run(mail_acts.mark_sent(ann, "1"))
    assert (said.number, said.state, said.told.number) == (1, MailState.ACCEPTED, 1)
    assert said.told.unreachable == "no server answers"
    assert messages.whole(ann, "1").detail == "marked as sent by Ann"


def test_rule_14_a_switch_is_off_at_once_and_says_who_could_not_be_told(ann: Manager) -> None:
    switches.stop(ann, switches.ALL_MAIL, "why")
    with ann.database.write() as session:
        session.add(builders.a_case("acme", builders.Month(2026, 9), opened_at=NOW))
    gone = asyncio.run(switches.go(ann, switches.ALL_MAIL))
    assert (gone.was_stopped, switches.stopped(ann)) == (True, [])
    assert gone.told is not None
    assert gone.told.cases.unreachable == "no server answers"
    switches.stop(ann, switches.of_review("daily"), "why")
    assert asyncio.run(switches.go(ann, switches.of_review("daily"))).told is None


def test_a_message_outlives_the_transaction_in_which_it_was_read(ann: Manager) -> None:
    (listed,) = messages.messages(ann)
    whole = messages.whole(ann, "1")
    assert {f.name: getattr(whole, f.name) for f in fields(listed)} == vars(listed)
    assert (whole.text, [line.what for line in whole.lines]) == ("text", ["written"])
