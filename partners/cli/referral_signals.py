"""Telling the workflows of partners who refer that something happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from temporalio.client import Client
from temporalio.service import RPCError

from activities.pages import side_by_side
from partners.cli import common, signals
from partners.cli.progress import Step, progress
from partners.domain.number_words import number_of
from partners.domain.referrals.view import ReferralEvent, ReferralNews
from partners.errors import SetupError
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.referrals.referral_leads import Change
from partners.temporal.running import RunningReferrals

NAMED = 3
"""So many events go with a signal by name; the rest is counted."""


def tell_referrals(changes: Sequence[Change]) -> None:
    """Tell the workflows of the partners whose referrals changed; those that do not run start.

    A server that cannot be reached is a warning: what is known is stored, and the daily watch
    tells them.
    """
    if not changes:
        return
    by_partner: defaultdict[str, list[ReferralEvent]] = defaultdict(list)
    for change in changes:
        by_partner[change.partner_id].append(change.event)
    news = {
        p: ReferralNews(tuple(e[:NAMED]), max(0, len(e) - NAMED)) for p, e in by_partner.items()
    }
    _to_referrals(list(news), lambda running, partner: running.tell(partner, news[partner]))


def look_at_referrals(partner_ids: Sequence[str]) -> None:
    """Have these partners' referrals looked at; a workflow that does not run starts."""
    if partner_ids:
        _to_referrals(list(partner_ids), lambda running, partner: running.start(partner))


def look_at_new_referrers() -> None:
    """Start the workflows of referral partners who have none yet, and of who has news untold."""
    with common.database() as database, database.read() as session:
        in_force = policies.in_force_at(session, common.program_now(database))
        if in_force is None or in_force[1].referral is None:
            return
        partners = list(qualifications.to_be_looked_at(session))
    look_at_referrals(partners)


def _to_referrals(
    partners: list[str], work: Callable[[RunningReferrals, str], Awaitable[None]]
) -> None:
    async def run(client: Client, step: Step) -> None:
        running = RunningReferrals(client)

        async def one(partner: str) -> None:
            await work(running, partner)
            step()

        await side_by_side(partners, one)

    try:
        with progress("telling partners' referrals", len(partners)) as step:
            signals.with_temporal(lambda client: run(client, step), None)
    except (SetupError, RPCError) as error:
        common.warn(
            f"referrals of {number_of(len(partners), 'partner')} are looked at by the next daily "
            f"review: {error}"
        )
