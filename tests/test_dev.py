"""`partners dev`: everything in one process, whose cases go on after a restart."""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from partners.domain.cases.case import CaseStatus, Outcome
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from tests import processes
from tests.processes import Running

JOINED = "2020-01-01"


def address(dev: Running) -> str:
    found = re.search(r"TEMPORAL_ADDRESS=(\S+)", dev.output)
    assert found is not None, dev.output
    return found[1]


def started(folder: Path, *options: str) -> Running:
    any_port = [word for name in ("--port", "--ui-port", "--mail-port") for word in (name, "0")]
    return Running(folder, "dev", *any_port, *options)


def bring_a_weak_partner(folder: Path) -> None:
    """A partner with 2 orders a month over the last half year, through the real import."""
    (folder / "partners.csv").write_text(
        "partner_id,name,email,tier,kind,joined_on\n"
        f"acme,Acme,hello@acme.example,preferred,reseller,{JOINED}\n"
    )
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    first = yesterday - timedelta(days=200)
    days = [first + timedelta(days=15 * n) for n in range(13)]
    rows = [f"o-{n},acme,{day}T12:00:00,completed" for n, day in enumerate(days)]
    lines = ["order_id,partner_id,placed_at,status", *rows]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    covered = ("--from", str(first), "--through", str(yesterday))
    for arguments in (("partners", "partners.csv"), ("orders", "orders.csv", *covered)):
        result = processes.run(folder, "import", *arguments)
        assert result.returncode == 0, result.stderr


def case_of(folder: Path) -> CaseRow:
    """As it is stored: a command for each look would take longer than what is waited for."""
    database = Database(f"sqlite:///{folder}/.partners/partners.db")
    with database.read() as session:
        case = cases.newest_case_of(session, "acme")
        assert case is not None
        session.expunge(case)
    database.close()
    return case


def is_in_grace(folder: Path) -> bool:
    return case_of(folder).status == CaseStatus.IN_GRACE


def test_a_case_goes_on_after_a_restart(tmp_path: Path) -> None:
    with started(tmp_path) as dev:
        dev.says("Ready.")
        assert "program.toml, the sample that comes with the program, as version 1" in dev.output
        bring_a_weak_partner(tmp_path)
        elsewhere = processes.run(tmp_path, "start", "acme", TEMPORAL_ADDRESS="127.0.0.1:1")
        assert "no Temporal server answers at 127.0.0.1:1" in elsewhere.stderr
        opened = processes.run(tmp_path, "start", "acme")  # finds the server by itself
        assert "A case is open for acme" in opened.stdout, opened.stderr
        processes.until(lambda: is_in_grace(tmp_path), "the warning is accepted")
        mails = re.search(r"mails +(\S+)", dev.output)
        assert mails is not None
        with urllib.request.urlopen(mails[1], timeout=10) as page:
            assert "acme" in page.read().decode()
        assert dev.ended(signal.SIGTERM) == 0
        assert "Traceback" not in dev.output
    assert not processes.left_in(tmp_path)
    assert not (tmp_path / ".partners/dev.json").exists()
    deadline = case_of(tmp_path).deadline
    assert deadline is not None
    assert deadline > datetime.now(UTC).date() + timedelta(days=43)

    with started(tmp_path) as dev:
        dev.says("Ready.")
        assert "policy        version 1" in dev.output
        assert case_of(tmp_path).deadline == deadline
        reason = ("--reason", "a test")
        voided = processes.run(
            tmp_path, "cancel-case", "acme", *reason, "--yes", TEMPORAL_ADDRESS=address(dev)
        )
        assert "voided" in voided.stdout, voided.stderr + dev.output
        assert dev.ended(signal.SIGTERM) == 0
    assert case_of(tmp_path).outcome == Outcome.VOIDED
    assert not processes.left_in(tmp_path)


def test_the_real_transport_and_the_real_webhook_against_a_stand_in(tmp_path: Path) -> None:
    """The warning goes through SendGrid's client, and its delivery comes back as a signed event."""

    def warnings() -> list[dict[str, Any]]:
        listed = processes.run(tmp_path, "mail", "list", "--kind", "warning", "--json")
        found: list[dict[str, Any]] = json.loads(listed.stdout)
        return found

    with started(tmp_path, "--mail", "sendgrid-local") as dev:
        dev.says("Ready.")
        bring_a_weak_partner(tmp_path)
        processes.run(tmp_path, "start", "acme", TEMPORAL_ADDRESS=address(dev))
        processes.until(lambda: is_in_grace(tmp_path), "the warning is accepted")
        (warning,) = warnings()
        mails = re.search(r"mails +(\S+)", dev.output)
        assert mails is not None

        def delivered() -> bool:
            with urllib.request.urlopen(f"{mails[1]}/{warning['id']}", timeout=10) as page:
                return '<span class="tag delivered">' in page.read().decode()  # not the button

        processes.until(delivered, "the event is in the message's timeline")
        assert dev.ended(signal.SIGTERM) == 0
        assert "Traceback" not in dev.output
    assert not processes.left_in(tmp_path)
