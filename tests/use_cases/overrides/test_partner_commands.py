"""A person's command about a partner, without a face: shown, refused, carried out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from partners.domain.cases.commands import Command, CommandKind
from partners.domain.time.calendar import Month
from partners.errors import Refusal, SetupError
from partners.store.overrides.command_refusals import GoesBeyondPolicy, NoLastDay, TierIsPinned
from partners.store.people.known_partner import UnknownPartner
from partners.store.record import audit
from partners.store.tables.case_tables import InterventionRow
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_refusals import CaseIsOpen, NoCaseIsOpen, UnfitReason
from partners.use_cases.overrides.partner_commands import Preview, give_command, preview_command
from tests import builders
from tests.use_cases.conftest import NOW

WHY = Command("somebody else", "agreed by phone")
UNSIGNED = replace(WHY, reason=" ")
LATER = date(2027, 1, 31)


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    """acme without a case; ben has an open one."""
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "ben")
        session.add(builders.a_case("ben", Month(2026, 9), opened_at=NOW))


def commanded(ann: Manager) -> list[InterventionRow]:
    with ann.database.read() as session:
        return list(session.scalars(select(InterventionRow)))


def test_a_preview_is_the_act_and_leaves_nothing(ann: Manager) -> None:
    with ann.database.read() as session:
        before = audit.newest(session)

    shown = preview_command(ann, "acme", CommandKind.WAIVED, replace(WHY, until=LATER))

    assert (shown.case_id, shown.words) == (None, "until 2027-01-31")
    assert shown.notice is not None
    assert commanded(ann) == []
    with ann.database.read() as session:
        assert audit.newest(session) == before


@pytest.mark.parametrize(
    ("partner", "kind", "command", "refusal"),
    [
        ("nobody", CommandKind.PINNED, WHY, UnknownPartner("nobody")),
        ("acme", CommandKind.EXTENDED, WHY, NoCaseIsOpen("acme")),
        ("ben", CommandKind.PINNED, WHY, CaseIsOpen("ben")),
        ("acme", CommandKind.WAIVED, WHY, NoLastDay()),
        ("acme", CommandKind.PINNED, UNSIGNED, UnfitReason("say who you are and why")),
        (
            "acme",
            CommandKind.REMOVED,
            WHY,
            GoesBeyondPolicy("no accepted warning and full grace period precede it"),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else "",
)
def test_a_refusal_is_a_code_with_facts(
    ann: Manager, partner: str, kind: CommandKind, command: Command, refusal: Refusal
) -> None:
    with pytest.raises(type(refusal)) as refused:
        preview_command(ann, partner, kind, command)

    assert vars(refused.value) == vars(refusal)
    assert commanded(ann) == []


def test_without_a_server_nothing_is_decided(ann: Manager) -> None:
    seen = preview_command(ann, "acme", CommandKind.BLOCKED, WHY)
    with pytest.raises(SetupError):
        asyncio.run(give_command(ann, "acme", CommandKind.BLOCKED, WHY, seen))
    assert commanded(ann) == []


def test_rule_16_whoever_acts_signs_whatever_the_command_says(ann: Manager) -> None:
    async def connect() -> None: ...

    by = replace(ann, program=replace(ann.program, connect=connect))  # type: ignore[arg-type]

    asyncio.run(give_command(by, "acme", CommandKind.PINNED, WHY, Preview(None, 0, "", None)))

    (row,) = commanded(ann)
    assert (row.who, row.reason) == ("Ann", "agreed by phone")
    beyond = replace(WHY, beyond_policy=True)
    with pytest.raises(TierIsPinned):
        preview_command(ann, "acme", CommandKind.REMOVED, beyond)
