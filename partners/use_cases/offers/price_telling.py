"""Telling partners of prices that rise for them; nobody is told twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from partners.domain.mail.notices import price_run
from partners.loading import on_use
from partners.store.offers import price_rises
from partners.store.offers.catalogue.known_offer import known_offer
from partners.use_cases import telling
from partners.use_cases.acting import Admin, Step
from partners.use_cases.telling import Told

with on_use():
    from activities import pages
    from partners.temporal import price_tellers

if TYPE_CHECKING:
    from temporalio.client import Client


async def tell(by: Admin, offer_id: str) -> Told:
    """Have partners told that an offer gets dearer for them, or does not after all.

    The number is of prices, each of which tells its partners. Raises UnknownOffer.
    """
    with by.database.read() as session:
        known_offer(session, offer_id)
    return await tell_all(by, [offer_id])


async def tell_all(by: Admin, offer_ids: Collection[str] | None = None) -> Told:
    """The same of many offers; None: of all."""
    with by.database.read() as session:
        found = price_rises.to_be_told(session, by.now(), offer_ids)
    prices = {price_run(*price): price for price in found}

    async def start(client: Client, _step: Step) -> Sequence[str]:
        async def one(run: str) -> None:
            await price_tellers.start(client, *prices[run])

        await pages.side_by_side(prices, one)
        return ()

    return await telling.told(by, len(prices), "waiting for Temporal", None, start)
