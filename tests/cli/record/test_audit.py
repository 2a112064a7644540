"""`partners audit|note|list|inbox|show|webhook` as a person runs them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from partners.domain.judging.coverage import DayRange
from partners.domain.ladder.ladder import CandidateState
from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.domain.record.fairness import differences
from partners.domain.reviews.review import Action, Period, ReviewKind, ReviewStatus
from partners.domain.time.calendar import Month
from partners.receiver import checked_secret
from partners.store.cases import cases, guard
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.mail import outbox
from partners.store.record import audit
from partners.store.reviews import fairness, reviews
from partners.store.tables.audit_tables import WebhookEventRow
from partners.store.tables.case_tables import DecisionRow, OverrideRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow
from partners.store.webhooks import webhooks
from tests import builders
from tests.cli.conftest import Run
from tests.receivers import SECRET, LocalReceiver

NOW = datetime.now(UTC)


@pytest.fixture
def program(database: Database) -> Database:
    """The test policy and two preferred partners."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "zenith", name="=cmd|' /C calc'!A0")
        builders.a_partner(session, "gone", tier=None, left_on=date(2026, 1, 1))
    return database


# ---- notes ----


def test_a_note_is_dated_typed_signed_and_shown(program: Database, run: Run) -> None:
    noted = run("note", "acme", "--type", "call", "--text", "Asked for time.", "--by", "Ann")
    assert noted.status == 0
    shown = run("show", "acme")
    assert "good" in shown.out
    assert "Asked for time." in shown.out
    (note,) = json.loads(run("show", "acme", "--json").out)["notes"]
    assert (note["type"], note["by"], note["text"]) == ("call", "Ann", "Asked for time.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody", "--text", "x"), "unknown partner 'nobody'"),
        (("acme", "--text", "x", "--type", "gossip"), "unknown type 'gossip'; use one of general"),
        (("acme", "--text", "x", "--type", "outcome"), "unknown type 'outcome'"),
        (("acme", "--text", "  "), "must not be blank"),
    ],
)
def test_a_note_that_cannot_be_is_refused_in_one_line(
    program: Database, run: Run, arguments: tuple[str, ...], words: str
) -> None:
    refused = run("note", *arguments)
    assert refused.status == 2
    assert words in refused.err
    with program.read() as session:
        assert not appraisals.notes_of(session, "acme")


# ---- audit ----


def test_audit_tells_what_happened_to_a_partner(program: Database, run: Run) -> None:
    run("note", "acme", "--type", "call", "--text", "Asked for time.", "--by", "Ann")
    shown = run("audit", "acme")
    assert shown.status == 0
    assert "Ann" in shown.out
    lines = run("audit", "acme", "--json").out.splitlines()
    enters, entry = [json.loads(line) for line in lines]
    assert json.loads(enters["details"])["tier"] == [None, "preferred"]
    assert (entry["kind"], entry["actor"], entry["partner_id"]) == ("note", "Ann", "acme")
    assert "Asked for time." not in str(entry)
    assert run("audit", "nobody").status == 2


def test_verify_prints_an_anchor_and_names_what_is_broken(program: Database, run: Run) -> None:
    good = run("audit", "verify")
    assert good.status == 0
    anchor = good.out.split("anchor ")[1].strip()
    assert run("audit", "verify", "--anchor", anchor).status == 0
    assert run("audit", "verify", "--anchor", "x").status == 2

    with program.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET actor = 'Mallory' WHERE seq = 2"))

    broken = run("audit", "verify")
    assert broken.status == 1
    assert "broken at entry 2" in broken.err


def test_the_export_is_enough_to_compute_every_hash_anew(program: Database, run: Run) -> None:
    """By the description in docs/audit.md, with nothing of the program."""
    run("note", "acme", "--text", "Über", "--by", "Zoë")
    entries = [json.loads(line) for line in run("audit", "export").out.splitlines()]
    before = "0" * 64
    for number, entry in enumerate(entries, 1):
        assert entry["seq"] == number
        names = ("seq", "at", "kind", "actor", "partner_id", "case_id", "policy_version", "ref")
        fields = [entry[name] for name in (*names, "details")]
        line = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
        before = hashlib.sha256(f"{before}\n{line}".encode()).hexdigest()
        assert entry["hash"] == before
    assert len(entries) == 6


# ---- fairness ----


def review_of(
    database: Database,
    *partner_ids: str,
    kind: ReviewKind = ReviewKind.MONTHLY,
    month: Month | None = None,
    began: datetime = NOW,
    done: datetime = NOW,
) -> None:
    """A finished review, of last month unless another is named, that found these partners below."""
    month = month or last_month()
    with database.write() as session:
        name = str(month) if kind is ReviewKind.MONTHLY else str(began.date())
        period = Period(kind, name, month)
        row, _ = reviews.claim(
            session, period, as_of=began.date(), policy_version=1, by="run", now=began
        )
        session.flush()
        found = '[{"metric": "orders_per_month", "verdict": "below"}]'
        for partner_id in partner_ids:
            session.execute(
                text(
                    "INSERT INTO review_assessments (review_id, partner_id, tier, verdict, action, "
                    "findings) VALUES (:r, :p, 'preferred', 'below', :a, :f)"
                ),
                {"r": row.review_id, "p": partner_id, "a": Action.CASE.value, "f": found},
            )
        reviews.close(row, ReviewStatus.DONE, "", done)


def last_month() -> Month:
    return Month.of(NOW.date()).plus(-1)


def a_case(database: Database, partner_id: str, **columns: Any) -> None:
    with database.write() as session:
        session.add(builders.a_case(partner_id, last_month(), opened_at=NOW, **columns))


def test_fairness_names_who_was_treated_otherwise_and_the_override(
    program: Database, run: Run
) -> None:
    review_of(program, "acme", "zenith")
    a_case(program, "acme")
    unfair = run("audit", "fairness", "--json")
    assert unfair.status == 1
    (found,) = json.loads(unfair.out)
    assert found["others"] == [
        {"partner_id": "zenith", "what": "no case", "why": "unexplained"}
    ] or found["others"] == [{"partner_id": "acme", "what": "a case", "why": "unexplained"}]

    with program.write() as session:
        session.add(
            OverrideRow(
                partner_id="zenith",
                kind="waiver",
                from_day=NOW.date() - timedelta(1),
                who="Ann",
                reason="dispute",
            )
        )
    explained = run("audit", "fairness")
    assert explained.status == 0
    assert "waiver by Ann: dispute" in explained.out


def unexplained(database: Database) -> list[str]:
    with database.snapshot() as session:
        found = differences(fairness.treatments(session, date(2020, 1, 1), date(2099, 1, 1)))
    return [one.partner_id for difference in found for one in difference.unexplained]


def test_cases_of_a_review_that_was_approved_a_month_later_are_its_cases(
    program: Database,
) -> None:
    """They are opened on the newest month by then, which is not the one that it judged."""
    august, began = Month(2026, 8), datetime(2026, 9, 5, 9, tzinfo=UTC)
    done = datetime(2026, 10, 20, 9, tzinfo=UTC)
    with program.write() as session:
        session.add(builders.a_case("acme", august, opened_at=began))
    review_of(program, "acme", "zenith", month=august, began=began, done=done)
    assert unexplained(program) != []  # nothing has come of it for one of them
    with program.write() as session:
        session.add(builders.a_case("zenith", august.plus(1), opened_at=done))
    assert unexplained(program) == []


@pytest.mark.parametrize("kind", [ReviewKind.DAILY, None])
def test_whoever_finds_them_partners_below_in_a_month_are_compared(
    program: Database, kind: ReviewKind | None
) -> None:
    """By the monthly review, by the daily watch some days later, or by a person's `start`."""
    below = [{"metric": "orders_per_month", "verdict": "below"}]
    review_of(program, "acme")
    assert unexplained(program) == []
    if kind is None:
        a_case(program, "zenith", findings=below)
    else:
        a_case(program, "acme")
        review_of(program, "zenith", kind=kind)
    assert len(unexplained(program)) == 1
    a_case(program, "acme" if kind is None else "zenith")
    assert unexplained(program) == []


def test_a_case_that_nobody_decided_is_not_compared_by_what_opened_it(program: Database) -> None:
    """Cured before the warning went out: that it was below once is no reason to remove it."""
    below = [{"metric": "orders_per_month", "verdict": "below"}]
    ended = {"decided_at": NOW, "closed_at": NOW, "status": "closed", "findings": below}
    a_case(program, "acme", outcome="recovered_before_warning", **ended)
    a_case(program, "zenith", outcome="removed", **ended)
    with program.write() as session:
        session.add(
            DecisionRow(
                partner_id="zenith",
                case_id=f"zenith-{last_month()}",
                at=NOW,
                step="decided",
                result="remove",
                as_of=NOW.date(),
                policy_version=1,
                findings=below,
                actor="run",
            )
        )
    with program.snapshot() as session:
        treated = list(fairness.treatments(session, NOW.date(), NOW.date()))
    assert [(one.partner_id, one.what) for one in treated] == [("zenith", "removed")]


def below_and_waived(program: Database) -> None:
    """zenith had 3 orders last month, not 10, and is not judged."""
    month = last_month()
    with program.write() as session:
        builders.orders(session, "zenith", month.first_day, month.last_day, 3)
        builders.covered(session, DayRange(month.plus(-6).first_day, NOW.date()))
        session.add(
            OverrideRow(
                partner_id="zenith", kind="waiver", from_day=date(2020, 1, 1), who="Ann", reason="r"
            )
        )


def test_a_partner_whom_a_review_passed_over_for_a_waiver_is_compared_too(
    program: Database,
) -> None:
    """They were not judged; what they would have been found is judged for the comparison."""
    below_and_waived(program)
    review_of(program, "acme")
    with program.snapshot() as session:
        treated = list(fairness.treatments(session, NOW.date(), NOW.date()))
    (passed_over,) = [one for one in treated if one.partner_id == "zenith"]
    assert (passed_over.what, passed_over.why) == ("no case", "waiver by Ann: r")
    assert ("orders_per_month", "below") in passed_over.alike.verdicts


@pytest.mark.parametrize(("days_later", "compared"), [(1, True), (-1, False)])
def test_whom_a_review_passed_over_is_held_against_the_tier_of_that_day(
    program: Database, days_later: int, compared: bool
) -> None:
    """By now in no tier, they were in one when the review was made, or were not."""
    below_and_waived(program)
    with program.write() as session:
        moved = session.get_one(PartnerRow, "zenith")
        at, day = NOW + timedelta(days=days_later), NOW.date()
        cases.change_tier(
            session, moved, None, key="k", case_id=None, at=at, day=day, actor="Ann", reason="r"
        )
    review_of(program, "acme")
    with program.snapshot() as session:
        treated = list(fairness.treatments(session, NOW.date(), NOW.date()))
    assert any(one.partner_id == "zenith" and one.what == "no case" for one in treated) is compared


# ---- lists ----


def test_lists_are_filtered_and_safe_for_spreadsheets(program: Database, run: Run) -> None:
    a_case(program, "acme", warned_at=NOW)
    rows = list(csv.DictReader(io.StringIO(run("list", "--tier", "preferred", "--csv").out)))
    assert [(r["partner_id"], r["standing"]) for r in rows] == [
        ("acme", "in_grace"),
        ("zenith", "good"),
    ]
    assert rows[1]["name"].startswith("'=")
    listed = json.loads(run("list", "--standing", "in grace", "--json").out)
    assert [r["partner_id"] for r in listed] == ["acme"]
    assert "gone" in run("list", "--tier", "none").out
    assert "out" in run("list", "--tier", "none").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tier", "platinum"), "the policy has no tier 'platinum'; its tiers are preferred"),
        (("--standing", "happy"), "unknown standing 'happy'; use one of not_enrolled, good"),
        (("--csv", "--json"), "choose one"),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    program: Database, run: Run, arguments: tuple[str, ...], words: str
) -> None:
    refused = run("list", *arguments)
    assert refused.status == 2
    assert words in refused.err


# ---- inbox ----


def test_an_empty_inbox_says_so(program: Database, run: Run) -> None:
    assert "Nothing waits" in run("inbox").out


def test_the_inbox_gathers_what_waits_for_a_person(program: Database, run: Run) -> None:
    a_case(program, "acme", status="on_hold", hold_reason="feed", hold_since=NOW, warned_at=NOW)
    review_of(program, "zenith")
    review_id = f"monthly/{last_month()}"
    with program.write() as session:
        guard.request(session, review_id, ["zenith"], "too many", NOW)
        session.add(
            CandidateRow(
                partner_id="zenith",
                to_tier="preferred",
                policy_version=1,
                proposed_at=NOW,
                findings=[],
                state=CandidateState.WAITING,
            )
        )
        for number, state in enumerate((MailState.UNKNOWN, MailState.REJECTED, MailState.ACCEPTED)):
            row = outbox.claim(
                session,
                outbox.Written(
                    f"key/{number}",
                    NoticeKind.REMINDER,
                    Rendered("s", "t", "h"),
                    to=["a@example.com"],
                    sender="b@example.com",
                    partner_id="acme",
                ),
                now=NOW,
            )
            outbox.settle(row, state, NOW)
    items = json.loads(run("inbox", "--json").out)
    assert [(i["kind"], i["about"]) for i in items] == [
        ("guard", review_id),
        ("hold", f"acme-{last_month()}"),
        ("mail", "message 1"),
        ("mail", "message 2"),
        ("promotion", "zenith"),
    ]
    assert all(i["command"].startswith("partners ") for i in items)
    assert "resume acme" in run("inbox").out


# ---- webhook ----


def test_setup_turns_the_webhook_on_and_a_test_event_is_taken(
    program: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("webhook", "test").status == 2
    with LocalReceiver().running() as receiver:
        monkeypatch.setenv("PARTNERS_WEBHOOK_URL", receiver.url)
        assert "PARTNERS_WEBHOOK_INSIDE=true" in run("setup", "--database-only").err
        monkeypatch.setenv("PARTNERS_WEBHOOK_INSIDE", "true")
        assert "PARTNERS_WEBHOOK_SECRET" in run("setup", "--database-only").err
        monkeypatch.setenv("PARTNERS_WEBHOOK_SECRET", SECRET)
        assert "told from now on" in run("setup", "--database-only").out
        receiver.answer = lambda got: 200
        assert run("webhook", "test").status == 0
        receiver.answer = lambda got: 503
        failed = run("webhook", "test")
    assert failed.status == 2
    assert "answered 503" in failed.err
    assert SECRET not in failed.err


def test_a_new_secret_is_one_that_is_accepted(run: Run) -> None:
    first, second = (run("webhook", "secret").out.strip() for _ in range(2))
    assert checked_secret(first) != checked_secret(second)


def test_a_dead_letter_can_be_passed_over_and_says_who_did(program: Database, run: Run) -> None:
    with program.write() as session:
        webhooks.turn_on(session, NOW)
    with program.write() as session:
        session.get_one(PartnerRow, "acme").tier = None
    with program.write() as session:
        for row in webhooks.undelivered(session):
            row.attempts = 3
            webhooks.give_up(row, NOW)
    assert "dead" in run("webhook", "list").out
    events = json.loads(run("webhook", "list", "--json").out)
    for event in events:
        done = run("webhook", "skip", event["id"], "--reason", "told by phone", "--by", "Ann")
        assert done.status == 0
    assert run("webhook", "skip", "evt_x", "--reason", "r").status == 2
    assert run("webhook", "retry").status == 2
    with program.read() as session:
        states = {row.state for row in session.query(WebhookEventRow)}
        actors = [x.actor for x in audit.links(session) if x.kind == "webhook"]
    assert states == {"skipped"}
    assert actors[-2:] == ["Ann", "Ann"]
    assert "told by phone" in run("show", "acme").out
