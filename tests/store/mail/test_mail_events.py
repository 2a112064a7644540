"""What the provider's events change: once each, forward only, and for the address it concerns."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from partners.domain.mail.delivery import Delivery, Event, MailEvent
from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.domain.mail.topics import topic_of
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.mail import mail_events, outbox, recipients
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import MailEventRow, OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def sent(database: Database) -> OutboxRow:
    """A warning to acme that the provider took."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme", fallback_email="boss@example.com")
    return message(database)


def message(
    database: Database,
    key: str = "grace/acme-2026-10/warning/1",
    kind: NoticeKind = NoticeKind.WARNING,
    state: MailState = MailState.ACCEPTED,
    partner_id: str | None = "acme",
) -> OutboxRow:
    """A message to acme's address, handed over at NOW."""
    with database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                key,
                kind,
                Rendered("subject", "text", "<p>html</p>"),
                to=["Acme@Example.com"],
                sender="us@example.com",
                partner_id=partner_id,
                case_id="acme-2026-10" if partner_id else None,
                stated_deadline=NOW.date() + timedelta(days=45) if kind.starts_clock else None,
            ),
            now=NOW,
        )
        outbox.settle(row, state, NOW)
        return row


def event(name: Event | str, row: OutboxRow | None = None, **changed: Any) -> MailEvent:
    values: dict[str, Any] = {
        "event": Event(name),
        "email": "acme@example.com",
        "at": NOW + timedelta(minutes=1),
        "outbox_id": row.public_id if row is not None else None,
    }
    return MailEvent(**(values | changed))


def bounce(row: OutboxRow | None = None, **changed: Any) -> MailEvent:
    return event("bounce", row, **({"bounce_type": "bounce", "reason": "550 no"} | changed))


def take(database: Database, *events: MailEvent, **options: Any) -> mail_events.Taken:
    with database.write() as session:
        return mail_events.take_in(session, events, NOW + timedelta(hours=1), **options)


def delivery(database: Database, row: OutboxRow) -> str | None:
    with database.read() as session:
        found = mail_events.deliveries(session, [row.outbox_id]).get(row.outbox_id)
        return found.state if found is not None else None


def scopes(database: Database, email: str = "acme@example.com") -> set[str]:
    with database.read() as session:
        return {row.scope for row in recipients.suppressions(session, [email])}


def stored(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(MailEventRow)).all())


def test_a_repeated_event_changes_nothing(database: Database, sent: OutboxRow) -> None:
    first = event("delivered", sent, sg_event_id="e1")
    assert take(database, first).new == 1
    assert take(database, first) == mail_events.Taken(known=1)
    assert stored(database) == 1


def test_the_providers_id_may_change_when_it_repeats(database: Database, sent: OutboxRow) -> None:
    take(database, event("delivered", sent, sg_event_id="e1"))
    again = event("delivered", sent, sg_event_id="e2")
    assert take(database, again).known == 1


def test_the_same_id_with_other_content_is_known_too(database: Database, sent: OutboxRow) -> None:
    take(database, event("delivered", sent, sg_event_id="e1"))
    assert take(database, bounce(sent, sg_event_id="e1")).known == 1
    assert scopes(database) == set()


def test_two_that_come_at_once_count_once(database: Database, sent: OutboxRow) -> None:
    batch = [event("processed", sent), event("delivered", sent), bounce(sent)]
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda order: take(database, *order), [batch, batch[::-1]] * 4))
    assert sum(t.new for t in taken) == 3
    assert stored(database) == 3
    assert delivery(database, sent) == "bounced"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whatever_the_order_the_state_is_the_furthest(
    database: Database, sent: OutboxRow, order: tuple[int, ...]
) -> None:
    events = [event("processed", sent), event("delivered", sent), event("open", sent)]
    for number in order:
        take(database, events[number])
    assert delivery(database, sent) == "opened"


@pytest.mark.parametrize(
    ("what", "scope"),
    [
        (bounce(), {"all"}),
        (event("spamreport"), {"all"}),
        (event("unsubscribe"), {"everything"}),
        (event("group_unsubscribe", group_id=7), {"newsletter"}),
        (event("group_unsubscribe", group_id=8), set()),
        (bounce(bounce_type="blocked"), set()),
        (event("deferred"), set()),
        (event("dropped", reason="Bounced Address"), set()),
        (event("delivered"), set()),
    ],
)
def test_what_an_event_blocks(database: Database, what: MailEvent, scope: set[str]) -> None:
    take(database, what, groups={7: "newsletter"})
    assert scopes(database) == scope


def test_a_resubscription_ends_an_older_unsubscription_only(database: Database) -> None:
    groups = {7: "newsletter"}
    take(database, event("group_unsubscribe", group_id=7), groups=groups)
    early = event("group_resubscribe", group_id=7, at=NOW)
    take(database, early, groups=groups)
    assert scopes(database) == {"newsletter"}
    take(
        database, event("group_resubscribe", group_id=7, at=NOW + timedelta(days=1)), groups=groups
    )
    assert scopes(database) == set()


def test_a_dropped_message_keeps_the_reason(database: Database, sent: OutboxRow) -> None:
    take(database, event("dropped", sent, reason="Bounced Address"))
    with database.read() as session:
        found = mail_events.failed_delivery(session, sent.outbox_id)
    assert found is not None
    assert (found.state, found.reason) == ("dropped", "Bounced Address")


def test_an_event_without_our_id_is_matched_by_its_address(
    database: Database, sent: OutboxRow
) -> None:
    assert take(database, bounce(at=NOW + timedelta(days=1))).partners == {"acme"}
    assert delivery(database, sent) == "bounced"


@pytest.mark.parametrize("days", [0, 3], ids=["at once", "the last moment"])
def test_a_bounce_within_three_days_of_the_hand_over_is_matched(
    database: Database, sent: OutboxRow, days: int
) -> None:
    assert take(database, bounce(at=NOW + timedelta(days=days))).partners == {"acme"}


def test_a_bounce_without_our_id_is_about_mail_to_the_partner_who_has_the_address(
    database: Database, sent: OutboxRow
) -> None:
    message(database, "review/monthly/2026-10/guard/1", NoticeKind.GUARD, partner_id=None)
    with database.write() as session:
        builders.a_partner(session, "zenith", fallback_email="else@example.com")
    message(database, "grace/zenith-2026-10/warning/1", partner_id="zenith")

    assert take(database, bounce()).partners == {"acme"}


@pytest.mark.parametrize("state", [MailState.UNKNOWN, MailState.REJECTED, MailState.SUPERSEDED])
def test_a_bounce_without_our_id_is_about_no_message_that_was_not_taken(
    database: Database, sent: OutboxRow, state: MailState
) -> None:
    key = "grace/acme-2026-10/reminder/14"
    newer = message(database, key, NoticeKind.REMINDER, state)

    assert take(database, bounce()).partners == {"acme"}
    assert delivery(database, newer) is None
    assert delivery(database, sent) == "bounced"


def test_a_complaint_without_our_id_says_nothing_of_a_message(
    database: Database, sent: OutboxRow
) -> None:
    take(database, event("spamreport"))
    assert delivery(database, sent) is None
    assert scopes(database) == {"all"}


@pytest.mark.parametrize("days", [-1, 4])
def test_a_bounce_of_another_time_is_not_matched(
    database: Database, sent: OutboxRow, days: int
) -> None:
    taken = take(database, bounce(at=NOW + timedelta(days=days)))
    assert (taken.foreign, taken.partners) == (1, frozenset())
    assert delivery(database, sent) is None
    assert scopes(database) == {"all"}  # the address is bad all the same


def test_our_id_with_another_address_is_not_believed(database: Database, sent: OutboxRow) -> None:
    taken = take(database, bounce(sent, email="else@example.com"))
    assert taken.foreign == 1
    assert delivery(database, sent) is None


def test_a_delivery_known_by_address_alone_proves_nothing(
    database: Database, sent: OutboxRow
) -> None:
    take(database, event("delivered"))
    assert delivery(database, sent) is None
    with database.read() as session:
        assert mail_events.evidence(session, sent.outbox_id) is None


def test_the_evidence_of_a_message_that_arrived(database: Database, sent: OutboxRow) -> None:
    late = event("delivered", sent, at=NOW + timedelta(minutes=5))
    take(database, late, event("processed", sent, message_id="m1"))
    with database.read() as session:
        found = mail_events.evidence(session, sent.outbox_id)
    assert found == mail_events.Evidence(
        MailState.ACCEPTED, NOW + timedelta(minutes=1), "m1", "delivered"
    )


def test_the_evidence_of_a_message_that_did_not(database: Database, sent: OutboxRow) -> None:
    take(database, event("processed", sent), bounce(sent, at=NOW + timedelta(minutes=2)))
    with database.read() as session:
        found = mail_events.evidence(session, sent.outbox_id)
    assert found is not None
    assert (found.state, found.detail) == (MailState.REJECTED, "bounced: 550 no")


def test_a_bounced_warning_is_told_to_its_case(database: Database, sent: OutboxRow) -> None:
    with database.write() as session:
        builders.a_partner(session, "zenith")
        for partner_id in ("acme", "zenith"):
            session.add(builders.a_case(partner_id, Month(2026, 10), opened_at=NOW))
    assert take(database, event("delivered", sent)).partners == frozenset()
    assert take(database, bounce(sent)).partners == {"acme"}
    with database.read() as session:
        assert session.get_one(CaseRow, "acme-2026-10").untold
        assert not session.get_one(CaseRow, "zenith-2026-10").untold


def test_a_bounced_reminder_is_not_told_to_its_case(database: Database, sent: OutboxRow) -> None:
    reminder = message(database, "grace/acme-2026-10/reminder/14", NoticeKind.REMINDER)
    assert take(database, bounce(reminder)).partners == frozenset()
    assert delivery(database, reminder) == "bounced"


@pytest.mark.parametrize("state", [MailState.UNKNOWN, MailState.SENDING])
def test_a_delivery_of_a_message_of_which_nothing_is_known_is_told_to_its_case(
    database: Database, sent: OutboxRow, state: MailState
) -> None:
    key = "grace/acme-2026-10/reminder/14"
    reminder = message(database, key, NoticeKind.REMINDER, state)
    assert take(database, event("delivered", reminder)).partners == {"acme"}


def test_what_becomes_of_mail_to_staff_is_told_to_no_case(
    database: Database, sent: OutboxRow
) -> None:
    key = "review/monthly/2026-10/guard/1"
    to_staff = message(database, key, NoticeKind.GUARD, MailState.UNKNOWN, None)
    assert take(database, event("delivered", to_staff)).partners == frozenset()
    assert delivery(database, to_staff) == "delivered"


def test_a_message_is_lost_only_if_none_of_its_addresses_got_it(
    database: Database, sent: OutboxRow
) -> None:
    with database.write() as session:
        session.get_one(OutboxRow, sent.outbox_id).to = ["acme@example.com", "b@example.com"]
    take(database, bounce(sent))
    with database.read() as session:
        assert mail_events.failed_delivery(session, sent.outbox_id) is None
    take(database, bounce(sent, email="b@example.com"))
    with database.read() as session:
        found = mail_events.failed_delivery(session, sent.outbox_id)
        assert found is not None
        assert found.state == Delivery.BOUNCED


def test_what_is_known_of_one_message_is_not_said_of_another(
    database: Database, sent: OutboxRow
) -> None:
    reminder = message(database, "grace/acme-2026-10/reminder/14", NoticeKind.REMINDER)
    take(database, bounce(sent), event("delivered", reminder))
    with database.read() as session:
        [line] = mail_events.timeline(session, reminder.outbox_id)
        assert line.event == "delivered"
        assert list(mail_events.deliveries(session, [sent.outbox_id])) == [sent.outbox_id]


def test_events_of_two_other_installations_are_two(database: Database) -> None:
    taken = take(database, bounce(outbox_id="one"), bounce(outbox_id="another"))
    assert (taken.new, taken.foreign) == (2, 2)


def test_without_groups_of_the_provider_an_unsubscription_is_from_the_messages_topic(
    database: Database, sent: OutboxRow
) -> None:
    nudge = message(database, "referral/acme/nudge/1", NoticeKind.NUDGE)
    take(database, event("group_unsubscribe", nudge, group_id=7))
    assert scopes(database) == {topic_of(NoticeKind.NUDGE)}


def test_simulated_events_are_marked(database: Database, sent: OutboxRow) -> None:
    take(database, event("spamreport", sent), source=mail_events.SIMULATED)
    with database.read() as session:
        [line] = mail_events.timeline(session, sent.outbox_id)
        assert line.simulated
        [blocked] = recipients.every_suppression(session)
        assert blocked.source == "simulated"


@pytest.mark.parametrize("name", ["delivered", "bounce", "dropped"])
def test_an_event_without_our_id_is_no_evidence_of_a_message(
    database: Database, sent: OutboxRow, name: str
) -> None:
    """Other mail to the same address may be meant: no clock starts on it."""
    take(database, event(name, bounce_type="bounce" if name == "bounce" else ""))
    with database.read() as session:
        assert mail_events.evidence(session, sent.outbox_id) is None

    take(database, event(name, sent, at=NOW + timedelta(minutes=2)))
    with database.read() as session:
        assert mail_events.evidence(session, sent.outbox_id) is not None


def test_an_event_with_an_id_that_is_not_ours_is_about_no_message(
    database: Database, sent: OutboxRow
) -> None:
    assert take(database, bounce(outbox_id="of another installation")).foreign == 1
    assert delivery(database, sent) is None


# ---- domains in other letters ----

IN_ASCII = "info@xn--bcher-kva.example"


@pytest.fixture
def abroad(database: Database) -> OutboxRow:
    """A warning to a partner whose address has a domain in other letters."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme", email="Info@BÜCHER.example")
        builders.a_partner(session, "beta", email="info@bäcker.example")
    row = message(database)
    with database.write() as session:
        session.get_one(OutboxRow, row.outbox_id).to = ["Info@BÜCHER.example"]
    return row


@pytest.mark.parametrize("by_id", [True, False])
def test_an_event_that_names_a_domain_in_ascii_is_about_the_message_to_it(
    database: Database, abroad: OutboxRow, by_id: bool
) -> None:
    taken = take(database, bounce(abroad if by_id else None, email=IN_ASCII))
    assert taken.partners == frozenset({"acme"})
    assert delivery(database, abroad) == "bounced"
    with database.read() as session:
        failed = mail_events.failed_delivery(session, abroad.outbox_id)
        blocked = recipients.blocked(session, ["info@Bücher.example"])
    assert failed is not None
    assert list(blocked) == [IN_ASCII]


def test_a_choice_is_found_by_the_address_that_the_provider_names(
    database: Database, abroad: OutboxRow
) -> None:
    with database.write() as session:
        acme = session.get_one(PartnerRow, "acme")
        recipients.choose(session, acme, {"newsletter": False}, NOW, "page")
        assert recipients.chosen_at(session, {IN_ASCII}) == {IN_ASCII: NOW}
