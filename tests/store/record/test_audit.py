"""The audit: in the transaction of what it records, in one unbroken chain, changed by nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.domain.record.audit import AuditKind, Entry, Link
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.record import audit, audit_check, recorder
from partners.store.record.audit_rules import NOT_AUDITED, RULES
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.case_tables import DecisionRow, OverrideRow
from partners.store.tables.every_table import METADATA
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


def links(database: Database) -> list[Link]:
    with database.read() as session:
        return list(audit.links(session))


def verified(database: Database, anchor: tuple[int, str] | None = None) -> audit_check.Verified:
    with database.snapshot() as session:
        return audit_check.verify(session, anchor)


def decide(database: Database, partner_id: str = "acme", result: str = "passing") -> None:
    with database.write() as session:
        decided = cases.Decided(
            partner_id=partner_id,
            case=None,
            at=NOW,
            step="assessed",
            result=result,
            as_of=date(2026, 11, 9),
            policy_version=1,
            findings=(),
            actor="workflow run-1",
        )
        cases.record_decision(session, decided)


def fail(database: Database, partner_id: str) -> None:
    """A transaction that decides something and is then rolled back."""
    with database.write() as session:
        session.add(_decision(partner_id))
        session.flush()
        raise ZeroDivisionError


def without_triggers(database: Database, statement: str) -> None:
    """What somebody with all rights on the database could do."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{name}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text(statement))
        if not database.is_sqlite:  # other tests use this database after us
            connection.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))


@pytest.fixture
def audited(database: Database) -> Database:
    """A policy, a partner and five decisions."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
    for number in range(5):
        decide(database, result=f"number {number}")
    return database


def test_every_table_is_audited_or_says_why_not() -> None:
    ruled = {row.__tablename__ for row in RULES}
    assert ruled | set(NOT_AUDITED) == set(METADATA.tables)
    assert not ruled & set(NOT_AUDITED)


def test_what_happens_is_in_the_audit_with_who_when_and_by_which_policy(audited: Database) -> None:
    begins, policy, enters, *decisions = links(audited)
    assert (begins.seq, begins.kind) == (1, "begins")
    assert (policy.kind, policy.actor, policy.policy_version) == ("policy", "tests", 1)
    assert (enters.kind, enters.partner_id) == ("standing", "acme")
    assert enters.details == '{"standing":[null,"good"],"tier":[null,"preferred"]}'
    assert [link.kind for link in decisions] == ["decision"] * 5
    first = decisions[0]
    assert (first.actor, first.at, first.partner_id) == ("workflow run-1", NOW, "acme")
    assert first.ref == "decisions/1"
    assert verified(audited).broken is None


def test_an_entry_is_kept_only_if_what_it_records_is(audited: Database) -> None:
    before = links(audited)
    with pytest.raises(ZeroDivisionError):
        fail(audited, "acme")
    assert links(audited) == before


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'Mallory'", "DELETE FROM audit WHERE seq = 3"]
)
def test_the_database_refuses_to_change_or_delete_an_entry(
    audited: Database, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="append-only"), audited.engine.begin() as connection:
        connection.execute(text(statement))
    assert verified(audited).broken is None


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE audit SET actor = 'Mallory' WHERE seq = 4", 4),
        ("UPDATE audit SET details = '{}' WHERE seq = 3", 3),
        ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE seq = 5", 5),
        ("UPDATE audit SET partner_id = NULL WHERE seq = 6", 6),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit", 1),
    ],
)
def test_an_edit_or_a_gap_shows_and_is_named(audited: Database, statement: str, seq: int) -> None:
    without_triggers(audited, statement)
    broken = verified(audited).broken
    assert broken is not None
    assert broken.seq == seq


def test_a_chain_written_anew_shows_by_an_anchor_noted_earlier(audited: Database) -> None:
    noted = verified(audited).newest
    assert noted is not None
    with audited.read() as session:
        entries = [
            Entry(AuditKind(x.kind), x.at, "Mallory", x.partner_id, ref=x.ref)
            for x in audit.links(session)
        ]
    without_triggers(audited, "DELETE FROM audit")
    with audited.write() as session:
        audit.append(session.connection(), entries)
    assert verified(audited, (noted.seq, noted.hash)).broken is not None


def test_an_end_that_was_cut_off_shows(audited: Database) -> None:
    noted = verified(audited).newest
    assert noted is not None
    without_triggers(audited, "DELETE FROM audit WHERE seq >= 6")
    assert verified(audited).broken is not None  # two decisions have no entry
    broken = verified(audited, (noted.seq, noted.hash)).broken
    assert broken is not None
    assert broken.seq == 6


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE decisions SET result = 'below' WHERE decision_id = 2", "decisions/2 was changed"),
        ("DELETE FROM decisions WHERE decision_id = 2", "decisions/2 is gone"),
        ("UPDATE policies SET source = 'another'", "policies/1 was changed"),
    ],
)
def test_a_record_changed_behind_the_audit_shows(
    audited: Database, statement: str, why: str
) -> None:
    with audited.engine.begin() as connection:
        connection.execute(text(statement))
    broken = verified(audited).broken
    assert broken is not None
    assert why in broken.why


def test_a_record_written_past_the_audit_shows(audited: Database) -> None:
    with audited.engine.begin() as connection:
        columns = ", ".join(
            c.name for c in DecisionRow.__table__.columns if c.name != "decision_id"
        )
        connection.execute(
            text(
                f"INSERT INTO decisions (decision_id, {columns}) "
                f"SELECT 99, {columns} FROM decisions WHERE decision_id = 1"
            )
        )
    broken = verified(audited).broken
    assert broken is not None
    assert "1 records in decisions have no entry" in broken.why


def test_no_name_address_or_persons_words_about_a_partner_are_in_the_audit(
    audited: Database,
) -> None:
    secrets = ("Zaphod", "zaphod@example.com", "owes us a lunch")
    with audited.write() as session:
        builders.a_partner(session, "b", name=secrets[0], email=secrets[1])
        appraisals.note(session, "b", secrets[2], who="Ann", at=NOW)
        message = outbox.claim(
            session,
            outbox.Written(
                "grace/b/warning/1",
                NoticeKind.WARNING,
                Rendered(f"Dear {secrets[0]}", "text", "html"),
                to=[secrets[1]],
                sender="p@example.com",
                partner_id="b",
            ),
            now=NOW,
        )
    with audited.write() as session:
        row = session.get_one(OutboxRow, message.outbox_id)
        outbox.settle(row, MailState.REJECTED, NOW, detail=f"550 {secrets[1]} unknown")
    decide(audited, "b", f"undeliverable: 550 {secrets[1]}")

    written = [link for link in links(audited) if link.partner_id == "b"]

    kinds = ["note", "notice", "standing", "notice", "decision"]
    assert [link.kind for link in written] == kinds
    assert not [s for s in secrets if s in str(links(audited))]
    assert verified(audited).broken is None
    with audited.write() as session:  # personal data may go; the entries stay
        session.execute(delete(OutboxRow))
    assert verified(audited).broken is None


def test_a_persons_override_is_audited_from_its_beginning_to_its_end(audited: Database) -> None:
    with audited.write() as session:
        recorder.sign(session, "Ann", NOW)
        row = OverrideRow(
            partner_id="acme", kind="block", from_day=NOW.date(), who="Ann", reason="fraud"
        )
        session.add(row)
    with audited.write() as session:
        recorder.sign(session, "Ben", NOW + timedelta(hours=1))
        session.get_one(OverrideRow, row.override_id).until_day = NOW.date() - timedelta(1)

    tail = links(audited)[-4:]

    assert [(x.kind, x.actor) for x in tail] == [
        ("override", "Ann"),
        ("standing", "Ann"),
        ("override", "Ben"),
        ("standing", "Ben"),
    ]
    assert '"standing":["good","blocked"]' in tail[1].details
    assert '"standing":["blocked","good"]' in tail[3].details


def test_switches_are_audited_though_their_row_goes(audited: Database) -> None:
    with audited.write() as session:
        outbox.stop(session, "mail", "Ann", "wrong figures", NOW)
    with audited.write() as session:
        recorder.sign(session, "Ben", NOW)
        outbox.go(session, "mail")
    stopped, went = links(audited)[-2:]
    assert (stopped.kind, stopped.actor) == ("switch", "Ann")
    assert "wrong figures" in stopped.details
    assert (went.actor, '"stopped":false' in went.details) == ("Ben", True)


def test_a_transaction_that_records_nothing_takes_no_turn(audited: Database) -> None:
    before = links(audited)
    with audited.write() as session:
        session.execute(update(PartnerRow).values(name="Other"))
        session.get_one(PartnerRow, "acme").email = "other@example.com"
    assert links(audited) == before


def test_many_writers_at_once_make_one_chain(database: Database) -> None:
    """Eight threads, each with fifty transactions, some rolled back."""
    builders.accept(database, builders.a_policy())
    errors: list[Exception] = []

    def work(worker: int) -> None:
        try:
            for number in range(50):
                if number % 10 == 9:
                    with pytest.raises(ZeroDivisionError):
                        fail(database, f"p{worker}")
                else:
                    decide(database, f"p{worker}", str(number))
        except Exception as error:
            errors.append(error)

    run_all([lambda worker=worker: work(worker) for worker in range(8)])

    assert not errors
    found = links(database)
    assert len(found) == 2 + 8 * 45
    assert verified(database).broken is None
    with database.read() as session:  # each thread's own order is kept
        decisions = {row.decision_id: row.result for row in session.scalars(select(DecisionRow))}
        for worker in range(8):
            results = [
                decisions[int((x.ref or "").split("/")[1])]
                for x in audit.links(session, partner_id=f"p{worker}")
            ]
            assert results == [str(n) for n in range(50) if n % 10 != 9]


def test_transactions_that_lock_rows_in_any_order_do_not_wait_in_a_circle(
    database: Database,
) -> None:
    """The audit's turn comes after every other lock: two writers cannot hold each other up."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        for number in range(4):
            builders.a_partner(session, f"p{number}")
    errors: list[Exception] = []
    begin = threading.Barrier(4)

    def work(worker: int) -> None:
        try:
            begin.wait()
            for number in range(40):
                with database.write() as session:
                    cases.acted_lately(session, f"p{worker}", NOW)
                    partner = session.get_one(PartnerRow, f"p{(worker + number) % 4}")
                    partner.tier = None if partner.tier else "preferred"
                    session.add(_decision(partner.partner_id))
        except Exception as error:
            errors.append(error)

    run_all([lambda worker=worker: work(worker) for worker in range(4)])

    assert not errors
    assert verified(database).broken is None


def test_policies_put_off_are_audited_with_their_day(audited: Database) -> None:
    with audited.write() as session:
        policies.publish(
            session,
            builders.a_policy(grace={"days": 60}),
            "",
            NOW,
            "Ann",
            date(2027, 1, 1),
            "longer",
        )
    accepted, effect = links(audited)[-2:]
    assert (accepted.kind, accepted.policy_version) == ("policy", 2)
    assert "2027-01-01" in effect.details


def _decision(partner_id: str) -> DecisionRow:
    return DecisionRow(
        partner_id=partner_id,
        at=NOW,
        step="assessed",
        result="x",
        as_of=NOW.date(),
        policy_version=1,
        findings=[],
        actor="tests",
    )


def run_all(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()


def test_the_seq_is_no_longer_than_the_rows(audited: Database) -> None:
    with audited.read() as session:
        seqs = list(session.scalars(select(AuditRow.seq).order_by(AuditRow.seq)))
    assert seqs == list(range(1, len(seqs) + 1))
