"""Orders that their partner could not have placed: listed, settled, and waiting in the inbox."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from partners.domain.inbox.inbox import InboxAct, InboxKind
from partners.domain.record.audit import AuditKind
from partners.store.offers.doubts.settled_orders import NotDoubtful
from partners.store.record import audit, audit_check
from partners.store.tables.feed_tables import DoubtfulOrderRow, SettledOrderRow
from partners.use_cases.acting import Manager
from partners.use_cases.inbox.waiting import what_waits
from partners.use_cases.offers.doubtful_orders import doubtful, settle, settled
from partners.use_cases.refusals import Blank
from tests import builders


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        for partner_id in ("acme", "ben"):
            builders.a_partner(session, partner_id)
        for n, partner_id in ((3, "acme"), (1, "acme"), (2, "ben")):
            session.add(
                DoubtfulOrderRow(
                    **{"order_id": f"o{n}", "partner_id": partner_id, "offer_id": "sku"},
                    **{"placed_at": 1_790_000_000 + n, "reasons": "paused,not_granted"},
                    noted_at=ann.now(),
                )
            )


def test_doubtful_orders_are_listed_with_their_reasons_the_oldest_first(ann: Manager) -> None:
    found = list(doubtful(ann))
    assert [one.order_id for one in found] == ["o1", "o2", "o3"]
    assert found[0].reasons == ("paused", "not_granted")
    assert [one.order_id for one in doubtful(ann, "ben")] == ["o2"]


def test_what_a_person_settles_is_off_the_list_and_stands_with_who_and_why(ann: Manager) -> None:
    assert settle(ann, ["o1", "o3"], " by phone ") == 2
    assert [one.order_id for one in doubtful(ann)] == ["o2"]
    newest = next(settled(ann))
    assert (newest.order_id, newest.who, newest.reason) == ("o3", "Ann", "by phone")
    assert [one.order_id for one in settled(ann, "ben")] == []


def test_an_order_that_is_not_listed_is_refused_and_none_is_settled(ann: Manager) -> None:
    settle(ann, ["o1"], "by phone")
    with pytest.raises(NotDoubtful) as refused:
        settle(ann, ["o1", "o2"], "again")
    assert "Ann settled it on " in str(refused.value)
    assert str(refused.value).endswith(": by phone")
    assert [one.order_id for one in doubtful(ann)] == ["o2", "o3"]


def test_rule_16_settling_an_order_takes_a_reason(ann: Manager) -> None:
    with pytest.raises(Blank):
        settle(ann, ["o1"], " ")


def test_rule_16_what_was_settled_is_audited_and_a_later_change_of_it_shows(ann: Manager) -> None:
    settle(ann, ["o1"], "by phone")
    with ann.database.read() as session:
        entry = list(audit.links(session))[-1]
    assert (entry.kind, entry.actor, entry.partner_id) == (AuditKind.OFFER, "Ann", "acme")
    with ann.database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE settled_orders SET reason = 'of course'")
    with ann.database.snapshot() as session:
        broken = audit_check.verify(session).broken
    assert broken is not None
    assert "settled_orders/" in broken.why


def test_all_of_them_are_one_line_of_what_waits(ann: Manager) -> None:
    [item] = [one for one in what_waits(ann) if one.kind is InboxKind.ORDERS]
    assert (item.about, item.act) == ("3 orders", InboxAct.LOOK_AT_ORDERS)
    settle(ann, ["o1", "o2", "o3"], "by phone")
    assert all(one.kind is not InboxKind.ORDERS for one in what_waits(ann))
    with ann.database.read() as session:
        assert len(session.scalars(select(SettledOrderRow)).all()) == 3
