"""What waits for a person names an act, of which each face makes its own."""

from __future__ import annotations

from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.inbox.inbox import InboxAct
from partners.domain.time.calendar import Month
from partners.mail.words.inbox_words import COMMANDS, command
from partners.use_cases.acting import Manager
from partners.use_cases.inbox.waiting import what_waits
from tests import builders
from tests.use_cases.conftest import NOW


def test_a_case_on_hold_waits_to_be_resumed(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        held = {"status": CaseStatus.ON_HOLD, "hold_reason": HoldReason.INSUFFICIENT}
        session.add(builders.a_case("acme", Month(2026, 9), opened_at=NOW, **held))

    (item,) = what_waits(ann)

    assert (item.act, item.subject, item.partner_id) == (InboxAct.RESUME_CASE, "acme", "acme")
    assert "partners " not in f"{item.about} {item.why} {item.subject}"
    assert command(item) == "partners resume acme --reason …"


def test_a_block_in_words_waits_once_there_are_offers(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        session.add(builders.a_block(partner_id="acme", offers=["Spring sale", "hosting"]))
    assert what_waits(ann) == []

    with ann.database.write() as session:
        builders.an_offer(session, "hosting")
    (item,) = what_waits(ann)

    assert (item.act, item.subject) == (InboxAct.SAY_WHICH_OFFER, "acme")
    assert "Spring" not in item.why, "what people wrote stays in the record"
    assert command(item) == "partners offer unmatched"


def test_every_act_has_its_command() -> None:
    assert set(COMMANDS) == set(InboxAct)
