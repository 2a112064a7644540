"""The gates before every send, on both database systems."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from activities.mail import gates
from activities.mail.gates import GO, Addressee, Gate
from partners.domain.mail import topics
from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.domain.mail.topics import Consent, Topic
from partners.domain.mail.view import Sending
from partners.domain.time.calendar import ProgramCalendar
from partners.domain.time.send_window import Cap, Window
from partners.mail.send_rules import SendRules
from partners.mail.unsubscribe import Links, Tokens
from partners.store.engine.database import Database
from partners.store.mail import outbox, recipients
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)  # a Monday
CALENDAR, TOKYO = ProgramCalendar(ZoneInfo("UTC")), "Asia/Tokyo"
RULES = SendRules(
    service_hours=Window(7, 21),
    optional_hours=Window(9, 17, weekdays=True),
    service_cap=Cap(3, 1),
    optional_cap=Cap(1, 7),
    run_cap=2,
    optional_sender="news@northwind.example",
    postal_address="1 Harbour Road",
    links=Links(Tokens("secret"), "https://partners.northwind.example"),
)
Check = Callable[..., Gate]


@pytest.fixture
def check(database: Database) -> Check:
    """Asks the gates about mail to acme; a keyword changes the partner."""
    with database.write() as session:
        builders.a_partner(session, "acme", fallback_email="boss@example.com")

    def ask(
        kind: NoticeKind = NoticeKind.WARNING,
        at: datetime = NOW,
        key: str = "grace/acme/warning/1",
        rules: SendRules = RULES,
        not_after: datetime | None = None,
        avoid: frozenset[str] = frozenset(),
        **columns: Any,
    ) -> Gate:
        with database.write() as session:
            partner = session.get_one(PartnerRow, "acme")
            for name, value in columns.items():
                setattr(partner, name, value)
            to = Addressee(CALENDAR, partner, avoid=avoid)
            return gates.check(session, rules, key, kind, to, at, not_after)

    return ask


@pytest.fixture
def newsletter(monkeypatch: pytest.MonkeyPatch) -> NoticeKind:
    """A kind that is optional: the program itself sends none yet."""
    monkeypatch.setattr(topics, "SERVICE", topics.SERVICE - {"recovered"})
    monkeypatch.setitem(topics.OPTIONAL, "recovered", Topic.NEWSLETTER)
    return NoticeKind.RECOVERED


def suppress(database: Database, email: str, scope: str = "all") -> None:
    with database.write() as session:
        recipients.suppress(session, email, scope, "bounce", "event", NOW)


def wrote(database: Database, key: str, kind: str, at: datetime = NOW, state: str = "") -> None:
    with database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                key,
                NoticeKind(kind),
                Rendered("subject", "text", "html"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
            ),
            now=at,
        )
        if state:
            outbox.settle(row, MailState(state), at)


def test_service_mail_goes_to_the_partners_address(check: Check) -> None:
    assert check() == Gate(("acme@example.com",), GO)


# ---- suppression ----


def test_a_blocked_address_gives_way_to_the_fallback(database: Database, check: Check) -> None:
    suppress(database, "ACME@example.com")
    assert check().to == ("boss@example.com",)


def test_where_every_address_is_blocked_the_message_is_rejected(
    database: Database, check: Check
) -> None:
    suppress(database, "acme@example.com")
    suppress(database, "boss@example.com")
    gate = check()
    assert (gate.stop, gate.waits) == (Sending.REJECTED, False)
    assert gate.detail == "blocked since 2026-11-16: bounce"


def test_an_address_that_is_none_is_rejected(check: Check) -> None:
    gate = check(email="nowhere", fallback_email=None)
    assert (gate.stop, gate.detail) == (Sending.REJECTED, "the address cannot receive mail")


def test_an_address_that_failed_is_used_last(check: Check) -> None:
    assert check(avoid=frozenset({"acme@example.com"})).to == ("boss@example.com",)
    both = frozenset({"acme@example.com", "boss@example.com"})
    assert check(avoid=both).to == ("acme@example.com",)


def test_unsubscriptions_do_not_stop_service_mail(database: Database, check: Check) -> None:
    suppress(database, "acme@example.com", "everything")
    assert check().stop is GO


def test_staff_who_can_be_reached_are_told_at_any_hour(database: Database) -> None:
    suppress(database, "b@example.com")
    night = NOW.replace(hour=3)
    for staff, told in ((("a@example.com", "b@example.com"), 1), (("b@example.com",), 1)):
        with database.read() as session:
            to = Addressee(CALENDAR, staff=staff)
            gate = gates.check(session, RULES, "k", NoticeKind.ON_HOLD, to, night)
        assert (gate.stop, len(gate.to)) == (GO, told)


# ---- preferences ----


def test_optional_mail_goes_to_who_wants_it(
    database: Database, check: Check, newsletter: NoticeKind
) -> None:
    assert check(newsletter).stop is GO
    with database.write() as session:
        acme = session.get_one(PartnerRow, "acme")
        recipients.choose(session, acme, {"newsletter": False}, NOW, "page")
    gate = check(newsletter)
    assert (gate.stop, gate.detail) == (
        Sending.SKIPPED,
        "does not want mail about: newsletter",
    )


def test_where_consent_is_required_nobody_is_sent_optional_mail_unasked(
    check: Check, newsletter: NoticeKind
) -> None:
    strict = dataclasses.replace(RULES, consent=Consent.REQUIRED)
    assert check(newsletter, rules=strict).stop is Sending.SKIPPED


@pytest.mark.parametrize("missing", [{"postal_address": ""}, {"links": Links(Tokens("s"), "")}])
def test_optional_mail_without_a_way_out_of_it_waits(
    check: Check, newsletter: NoticeKind, missing: dict[str, Any]
) -> None:
    gate = check(newsletter, rules=dataclasses.replace(RULES, **missing))
    assert gate.stop is Sending.STOPPED
    assert "PARTNERS_PUBLIC_URL" in gate.detail


def test_optional_mail_has_a_sender_and_a_way_out_of_its_own(newsletter: NoticeKind) -> None:
    assert RULES.sender(newsletter, "us@example.com") == "news@northwind.example"
    assert RULES.sender(NoticeKind.WARNING, "us@example.com") == "us@example.com"
    assert set(RULES.links.headers(newsletter, "acme")) == {
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    }


# ---- hours ----


def test_service_mail_waits_for_a_sane_hour_of_the_partners(check: Check) -> None:
    gate = check(at=NOW.replace(hour=14), time_zone=TOKYO)  # 23:00 there
    assert (gate.stop, gate.until) == (Sending.PUT_OFF, NOW.replace(hour=22))  # 7:00 there
    assert check(at=NOW.replace(hour=22), time_zone=TOKYO).stop is GO


def test_optional_mail_waits_for_a_working_day(check: Check, newsletter: NoticeKind) -> None:
    saturday = NOW + timedelta(days=5)
    assert check(newsletter, at=saturday).until == NOW + timedelta(days=7)
    assert check(at=saturday).stop is GO


def test_what_would_come_too_late_goes_at_any_hour(check: Check) -> None:
    night, morning = NOW.replace(hour=3), NOW.replace(hour=7)
    assert check(at=night, not_after=morning).stop is GO
    assert check(at=night, not_after=morning + timedelta(seconds=1)).until == morning


# ---- caps ----


def test_a_partner_gets_only_so_much_mail(database: Database, check: Check) -> None:
    for number in range(3):
        wrote(database, f"x/{number}", "reminder", NOW - timedelta(hours=number))
    gate = check()
    assert (gate.stop, gate.detail) == (Sending.PUT_OFF, "enough mail lately")
    assert gate.until == NOW + timedelta(hours=22)
    assert check(at=gate.until, time_zone=None, rules=unhurried()).stop is GO


def unhurried() -> SendRules:
    return dataclasses.replace(RULES, service_hours=Window(), optional_hours=Window())


def test_what_was_never_sent_takes_no_room(database: Database, check: Check) -> None:
    for number, state in enumerate(("rejected", "superseded", "lost")):
        wrote(database, f"x/{number}", "reminder", state=state)
    assert check().stop is GO


def test_the_classes_count_for_themselves(
    database: Database, check: Check, newsletter: NoticeKind
) -> None:
    wrote(database, "x/1", "recovered")
    assert check(newsletter).stop is Sending.PUT_OFF
    assert check().stop is GO


def test_a_message_that_is_tried_again_is_not_in_its_own_way(
    database: Database, check: Check, newsletter: NoticeKind
) -> None:
    wrote(database, "x/1", "recovered")
    assert check(newsletter, key="x/1").stop is GO


def test_a_run_over_its_cap_waits_for_a_person(database: Database, check: Check) -> None:
    rules = dataclasses.replace(RULES, service_cap=Cap(0, 1))
    for number in range(2):
        wrote(database, f"policy/3/p{number}", "standards_changed")
    gate = check(NoticeKind.STANDARDS_CHANGED, key="policy/3/acme", rules=rules)
    assert gate.stop is Sending.STOPPED
    assert gate.detail.endswith("go on with: mail approve policy/3")
    assert check(NoticeKind.STANDARDS_CHANGED, key="policy/4/acme", rules=rules).stop is GO
    with database.write() as session:
        recipients.approve(session, "policy/3", "Ann", "checked", NOW)
    assert check(NoticeKind.STANDARDS_CHANGED, key="policy/3/acme", rules=rules).stop is GO
