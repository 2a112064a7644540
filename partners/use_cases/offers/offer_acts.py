"""Preparing an offer and letting it stand otherwise: draft, active, paused, retired.

Where `only_look` can be said, the act is done and rolled back: that is its preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from partners.domain.offers.offer import OfferStatus, Window
from partners.store.offers.catalogue import blocked_offers, grants, offer_changes, offer_windows
from partners.store.offers.catalogue.blocked_offers import Matched
from partners.store.offers.catalogue.known_offer import living_offer
from partners.store.offers.catalogue.offer_changes import Described
from partners.store.tables.offer_tables import OfferRow
from partners.use_cases.acting import Admin, Manager
from partners.use_cases.offers.offer_desk import Desk, at_desk
from partners.use_cases.offers.offer_pages import OfferFacts
from partners.use_cases.refusals import not_blank


@dataclass(frozen=True)
class Changed:
    """An offer as it was and as it is; `granted`: partners whose grant holds today or later."""

    was: OfferFacts
    offer: OfferFacts
    granted: int = 0
    matched: tuple[Matched, ...] = ()  # blocks in words that are of it from now on


@dataclass(frozen=True)
class Added:
    """A new draft; `matched`: blocks in words that are of it from now on."""

    offer: OfferFacts
    matched: tuple[Matched, ...] = ()


def add(by: Admin, offer_id: str, described: Described, reason: str) -> Added:
    """A draft, which partners do not see."""
    not_blank(service=described.service)
    with at_desk(by, reason) as desk:
        row = offer_changes.add(desk.session, offer_id, described, desk.said)
        return Added(OfferFacts.of(row), _match(desk))


def change(
    by: Admin, offer_id: str, changes: Mapping[str, Any], reason: str, only_look: bool = False
) -> Changed:
    """Let an offer say something else of itself; `changes`: fields of `Described`."""
    with at_desk(by, reason, only_look) as desk:
        row = living_offer(desk.session, offer_id)
        was, described = OfferFacts.of(row), replace(Described.of(row), **changes)
        not_blank(service=described.service)
        offer_changes.change(desk.session, row, described, desk.said)
        matched = _match(desk)
        return replace(_changed(desk, was, row), matched=matched)


def activate(by: Admin, offer_id: str, reason: str, only_look: bool = False) -> Changed:
    """A draft is for partners from now on."""
    return _become(by, offer_id, OfferStatus.ACTIVE, reason, only_look)


def pause(by: Manager, offer_id: str, reason: str, only_look: bool = False) -> Changed:
    """Seen, and not ordered, until it is resumed."""
    return _become(by, offer_id, OfferStatus.PAUSED, reason, only_look)


def resume(by: Manager, offer_id: str, reason: str, only_look: bool = False) -> Changed:
    """What was paused is ordered again."""
    return _become(by, offer_id, OfferStatus.ACTIVE, reason, only_look)


def retire(by: Admin, offer_id: str, reason: str, only_look: bool = False) -> Changed:
    """Over, for good: nobody sees it any more."""
    return _become(by, offer_id, OfferStatus.RETIRED, reason, only_look)


def give_window(
    by: Admin, offer_id: str, tier: str, window: Window, reason: str, only_look: bool = False
) -> OfferFacts:
    """From when a tier sees and orders an offer, whatever its early access says."""
    with at_desk(by, reason, only_look) as desk:
        row = living_offer(desk.session, offer_id)
        offer_windows.put(desk.session, row, tier, window, desk.policy, desk.said)
        return OfferFacts.of(row)


def take_window(
    by: Admin, offer_id: str, tier: str, reason: str, only_look: bool = False
) -> OfferFacts:
    """The tier's early access says it again."""
    with at_desk(by, reason, only_look) as desk:
        row = living_offer(desk.session, offer_id)
        offer_windows.take_away(desk.session, row, tier)
        return OfferFacts.of(row)


def say_meant(by: Manager, words: str, offer_id: str, reason: str) -> tuple[Matched, ...]:
    """Which offer is meant by words that stand in blocks. Raises NotBlockedAs."""
    with at_desk(by, reason) as desk:
        living_offer(desk.session, offer_id)
        return tuple(blocked_offers.say(desk.session, words, offer_id, desk.said.today))


def _become(
    by: Manager, offer_id: str, wanted: OfferStatus, reason: str, only_look: bool
) -> Changed:
    with at_desk(by, reason, only_look) as desk:
        row = living_offer(desk.session, offer_id)
        was = OfferFacts.of(row)
        offer_changes.become(desk.session, row, wanted, desk.said)
        return _changed(desk, was, row)


def _changed(desk: Desk, was: OfferFacts, row: OfferRow) -> Changed:
    granted = grants.number_held(desk.session, row.offer_id, desk.said.today)
    return Changed(was, OfferFacts.of(row), granted)


def _match(desk: Desk) -> tuple[Matched, ...]:
    return tuple(blocked_offers.match(desk.session, desk.said.today))
