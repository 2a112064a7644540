"""What notices say about offers: facts, not yet words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from partners.domain.offers.access import Access, Why
from partners.store.offers.opened import Opened


@dataclass(frozen=True)
class OfferLine:
    """An offer with its price; None: on request. `before`: what it was, where it changes."""

    name: str
    price: Decimal | None = None
    before: Decimal | None = None
    orderable: bool = True
    orderable_from: date | None = None  # seen now, and ordered from that day on


@dataclass(frozen=True)
class OffersChange:
    """What opens and closes for a partner with the change that the notice is about, by name."""

    currency: str
    opens: tuple[OfferLine, ...] = ()
    reprices: tuple[OfferLine, ...] = ()
    closes: tuple[OfferLine, ...] = ()


@dataclass(frozen=True)
class PriceNews:
    """An offer that gets dearer for a partner on a day; or does not, though it was announced.

    `before`: what they pay until then; None: the price is on request. To staff: how many were
    told, and who could not be.
    """

    offer: str
    day: date
    currency: str
    before: Decimal | None = None
    after: Decimal | None = None
    withdrawn: bool = False
    offer_id: str = ""  # to staff
    told: int = 0
    untold: tuple[str, ...] = ()


def offers_change(opened: Opened) -> OffersChange | None:
    """What a notice says of it; None where nothing changes."""
    found, names = opened.opening, opened.names

    def line(answer: Access, before: Decimal | None = None) -> OfferLine:
        return _line(names.get(answer.offer_id, answer.offer_id), answer, before)

    if not found:
        return None
    return OffersChange(
        opened.when.currency.code,
        _sorted(line(one) for one in found.opens),
        _sorted(line(after, before.price) for before, after in found.repriced),
        _sorted(line(one) for one in found.closes),
    )


def _line(name: str, answer: Access, before: Decimal | None = None) -> OfferLine:
    opens = [r.facts["from"] for r in answer.reasons if r.code is Why.NOT_ORDERABLE_YET]
    return OfferLine(name, answer.price, before, answer.orderable, opens[0] if opens else None)


def _sorted(lines: Iterable[OfferLine]) -> tuple[OfferLine, ...]:
    return tuple(sorted(lines, key=lambda line: line.name.casefold()))
