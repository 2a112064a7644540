"""What others say of a partner, without a face."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from partners.domain.responses.response import Severity
from partners.store.people.known_partner import UnknownPartner
from partners.store.responses.complaints import UnknownComplaint
from partners.use_cases.acting import Manager
from partners.use_cases.refusals import Blank, DayAhead
from partners.use_cases.responses import complaints
from partners.use_cases.responses.complaints import NoSuchOrder
from tests import builders


def test_a_refusal_has_its_facts_and_nothing_is_recorded(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
    today = ann.now().date()

    def refused(partner_id: str = "acme", text: str = "late", **more: object) -> Exception:
        with pytest.raises((Blank, DayAhead, NoSuchOrder, UnknownPartner)) as caught:
            asyncio.run(complaints.add(ann, partner_id, Severity.MINOR, text, **more))
        return caught.value

    assert vars(refused(text=" ")) == {"name": "text"}
    assert vars(refused("nobody")) == {"partner_id": "nobody", "near": ()}
    assert vars(refused(order_id="o1")) == {"partner_id": "acme", "order_id": "o1"}
    tomorrow = today + timedelta(days=1)
    assert vars(refused(on=tomorrow)) == {"what": "complaint", "day": tomorrow, "today": today}
    assert list(complaints.list_complaints(ann)) == []
    with pytest.raises(UnknownComplaint):
        complaints.settle(ann, 1, "talked")


def test_what_is_said_of_one_is_data(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
    made = asyncio.run(complaints.add(ann, "acme", Severity.SERIOUS, "late"))
    assert (made.is_counted, made.answer) == (False, "staff")
    assert list(complaints.list_complaints(ann, "acme")) == [made.complaint]
    assert complaints.settle(ann, made.complaint.complaint_id, "talked") == "acme"
