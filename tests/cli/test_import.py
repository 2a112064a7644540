"""`partners import`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.policy import policies

Run = Callable[..., Any]
PARTNERS = "partner_id,name,email,tier,kind,joined_on\nacme,Acme,,preferred,reseller,2025-01-01\n"
OFFERS = "offer_id,service,name,status\nhosting,hosting,Web hosting,active\n"
ORDERS = "order_id,partner_id,placed_at,status\no1,acme,2026-03-01,completed\n"


@pytest.fixture
def program(database: Database) -> Database:
    policy = Policy.model_validate(
        {
            "program": {
                "name": "Program",
                "provider": "Provider",
                "time_zone": "UTC",
                "contact_email": "p@example.org",
            },
            "staff": {"emails": ["s@example.org"]},
            "tiers": [{"key": "preferred", "kind": "preferred"}],
        }
    )
    with database.write() as session:
        policies.accept(session, policy, "", datetime(2026, 1, 1, tzinfo=UTC), "test")
    return database


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def test_a_clean_import_says_what_it_did(program, run: Run, write) -> None:
    partners = run("import", "partners", write("partners.csv", PARTNERS))
    assert (partners.status, partners.err) == (0, "")
    assert "1 partner read\n1 new, 0 changed, 0 unchanged" in partners.out
    orders = run(
        "import", "orders", write("orders.csv", ORDERS), "--from", "2026-03-01", "--through",
        "2026-03-31",
    )  # fmt: skip
    assert (orders.status, orders.err) == (0, "")
    assert "the feed covers 2026-03-01 to 2026-03-31" in orders.out


def test_rejected_rows_give_exit_status_1_and_name_their_file(program, run: Run, write) -> None:
    run("import", "partners", write("partners.csv", PARTNERS))
    path = write("orders.csv", ORDERS + "o2,nobody,2026-03-01,completed\n")
    ran = run("import", "orders", path)
    assert ran.status == 1
    assert "1 new" in ran.out
    assert f"1 rejected: see {path.with_name('orders.rejected.csv')}" in ran.out
    nothing = run("import", "orders", path, "--all-or-nothing")
    assert nothing.status == 1
    assert "nothing was kept" in nothing.out


def test_the_catalogue_comes_in_from_three_files(program, run: Run, write) -> None:
    run("import", "partners", write("partners.csv", PARTNERS))
    offers = run("import", "offers", write("offers.csv", OFFERS))
    assert (offers.status, offers.err) == (0, "")
    assert offers.out == "1 offer read\n1 new, 0 changed, 0 unchanged\n"
    prices = run("import", "prices", write("prices.csv", "offer_id,price\nhosting,90\n"))
    assert prices.out.startswith("1 price read\n1 new")
    path = write("grants.csv", "offer_id,partner_id\nhosting,acme\nhosting,acne\n")
    grants = run("import", "grants", path)
    assert grants.status == 1
    assert "1 new, 0 changed, 0 unchanged" in grants.out
    assert "1 rejected: see" in grants.out
    again = run("import", "grants", path, "--all-or-nothing")
    assert (again.status, "nothing was kept" in again.out) == (1, True)


def test_rule_03_the_last_lines_say_for_whom_days_are_not_known(program, run: Run, write) -> None:
    run("import", "partners", write("partners.csv", PARTNERS))
    rows = "o2,acme,2026-03-05,complete\no3,?,2026-03-05,completed\n"
    ran = run("import", "orders", write("orders.csv", ORDERS + rows))
    assert ran.status == 1
    assert ran.out.splitlines()[-3:-1] == [
        "not known of anybody, for rejected rows do not say whose they are (1): 2026-03-05",
        "not known of acme, whose rows were rejected: 2026-03-05",
    ]
    assert "until the rows are mended and imported" in ran.out.splitlines()[-1]
    through = run("import", "orders", write("orders.csv", ORDERS + rows), "--through", "2026-03-31")
    assert "rows of acme, somebody who is not named were rejected, and yet" in through.err


def test_a_row_that_moves_an_order_needs_to_be_allowed(program, run: Run, write) -> None:
    other = PARTNERS + PARTNERS.splitlines()[1].replace("acme", "zenith") + "\n"
    run("import", "partners", write("partners.csv", other))
    run("import", "orders", write("orders.csv", ORDERS))
    path = write("moved.csv", ORDERS.replace("acme", "zenith"))
    refused = run("import", "orders", path)
    assert (refused.status, "--moves-allowed" in refused.err) == (1, True)
    allowed = run("import", "orders", path, "--moves-allowed")
    assert (allowed.status, "1 changed" in allowed.out) == (0, True)


def test_an_import_that_is_interrupted_says_that_nothing_was_kept(
    program, run: Run, write, monkeypatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("partners.store.imports.import_orders", interrupted)
    ran = run("import", "orders", write("orders.csv", ORDERS))
    assert (ran.status, ran.err) == (130, "interrupted: nothing of the file was kept\n")


def test_a_wrong_file_is_one_line_and_exit_status_2(program, run: Run, write) -> None:
    ran = run("import", "metrics", write("metrics.csv", "partner_id,month,value\n"))
    assert ran.status == 2
    assert "column 'metric' is missing" in ran.err
    assert ran.err.count("\n") == 1


def test_without_a_policy_it_says_what_to_run(database, run: Run, write) -> None:
    ran = run("import", "partners", write("partners.csv", PARTNERS))
    assert ran.status == 2
    assert "run: partners setup" in ran.err


def test_recount_counts_the_months_anew(program, run: Run, write) -> None:
    run("import", "partners", write("partners.csv", PARTNERS))
    run("import", "orders", write("orders.csv", ORDERS))
    ran = run("import", "recount")
    assert (ran.status, ran.out) == (0, "1 partner-month counted in UTC\n")
