"""The transaction in which somebody changes offers: in turn, signed, by the policy in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.policy.policy import Policy
from partners.store.offers.catalogue import known_offer
from partners.store.offers.catalogue.offer_changes import Said
from partners.store.policy import policies
from partners.store.record import recorder
from partners.use_cases.acting import Manager
from partners.use_cases.refusals import not_blank


@dataclass(frozen=True)
class Desk:
    """What every change of an offer works on."""

    session: Session
    policy: Policy
    said: Said


@contextmanager
def at_desk(by: Manager, reason: str, only_look: bool = False) -> Iterator[Desk]:
    """Take the turn of offers. `only_look`: nothing of what is done stays, as in a preview.

    Raises Blank where nobody says who acts or why (rule 16), and NoPolicy before the first.
    """
    not_blank(reason=reason, by=by.name)
    now = by.now()
    database = by.database
    with database.rolled_back() if only_look else database.write() as session:
        recorder.sign(session, by.name, now)
        known_offer.lock(session)
        _, policy = policies.required(session, now)
        today = calendar_of(policy).day_of(now)
        yield Desk(session, policy, Said(by.name, reason.strip(), now, today))
