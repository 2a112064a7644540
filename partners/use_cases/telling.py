"""Telling running workflows of what an act has stored. Whoever is not told looks later by
themselves: that a server does not answer is said, and undoes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from partners.domain.referrals.view import ReferralEvent, ReferralNews
from partners.errors import SetupError
from partners.loading import on_use
from partners.store.cases import cases
from partners.store.exclusives import exclusive_terms
from partners.store.offers import price_rises
from partners.store.policy import policies
from partners.store.referrals import lead_watch, qualifications
from partners.store.responses import responses
from partners.use_cases.acting import Outsider, Step, Viewer

with on_use():
    from activities import pages
    from partners.temporal import price_tellers, running, running_exclusives, running_leads
    from workflows import grace_period, policy_change
    from workflows.kit import options

if TYPE_CHECKING:
    from temporalio.client import Client

    from partners.store.referrals.referral_leads import Change

NAMED = 3
"""So many events go with a signal by name; the rest is counted."""
Tell = Callable[["Client", Step], Awaitable[Sequence[str]]]
"""Tells whoever is to be told; returns those for whom no workflow runs."""


@dataclass(frozen=True)
class Told:
    """What came of telling somebody."""

    number: int = 0  # that were to be told
    absent: tuple[str, ...] = ()  # partners for whom no workflow runs
    unreachable: str = ""  # why nobody could be told


NOBODY = Told()


@dataclass(frozen=True)
class MailGoes:
    """Who was told that mail goes again."""

    cases: Told = NOBODY
    check_ins: Told = NOBODY
    policies: Told = NOBODY
    referrals: Told = NOBODY
    prices: Told = NOBODY


async def told(
    by: Viewer | Outsider, number: int, what: str, total: int | None, tell: Tell
) -> Told:
    """Tell so many; `what` and `total` as progress is said of it."""
    if not number:
        return NOBODY
    try:
        with by.program.progress(what, total) as step:
            return Told(number, tuple(await tell(await by.program.connect(), step)))
    except (SetupError, running.RPCError) as error:
        return Told(number, unreachable=str(error))


async def numbers_changed(by: Viewer) -> Told:
    """To every open case that an import touched, and to those that wait for the feed."""
    with by.database.read() as session:
        partners = cases.to_be_told(session, policies.day_of(session, by.now()))
        warned = exclusive_terms.warned(session)

    async def tell(client: Client, step: Step) -> Sequence[str]:
        changed = grace_period.GracePeriod.metrics_changed
        return await running.signal_cases(client, partners, changed, step)

    await exclusives(by, warned)
    return await told(by, len(partners), "telling open cases", len(partners), tell)


async def message_changed(by: Viewer, *partners: str | None) -> Told:
    """To the open cases of these partners: something was learned about a message."""
    names = [name for name in partners if name is not None]

    async def tell(client: Client, step: Step) -> Sequence[str]:
        changed = grace_period.GracePeriod.notice_changed
        return await running.signal_cases(client, names, changed, step)

    await exclusives_of(by, *names)
    return await told(by, len(names), "telling open cases", len(names), tell)


async def mail_goes(by: Viewer, referrals: bool = False) -> MailGoes:
    """To every open case, to check-ins that have not gone out, to whoever tells partners of a
    policy or a price; and, if asked for, to partners whose referrals have news."""
    with by.database.read() as session:
        partners = cases.open_of(session)
        today = policies.day_of(session, by.now())
        versions = [v for v, day in policies.effects(session).items() if day >= today]
        check_ins = responses.with_untold(session)
        untold = exclusive_terms.untold(session)
        prices = price_rises.ahead(session, today)

    async def tell_check_ins(client: Client, _step: Step) -> Sequence[str]:
        await pages.side_by_side(check_ins, running.RunningCheckIns(client).start)
        return ()

    async def tell_policies(client: Client, _step: Step) -> Sequence[str]:
        for version in versions:  # one that has ended has told everybody
            changed = policy_change.PolicyChange.notice_changed
            await running.signal(client, options.policy_workflow_id(version), changed)
        return ()

    async def tell_prices(client: Client, _step: Step) -> Sequence[str]:
        await price_tellers.mail_goes(client)
        return ()

    await exclusives(by, untold)
    waiting = "waiting for Temporal"
    return MailGoes(
        await message_changed(by, *partners),
        await told(by, len(check_ins), waiting, None, tell_check_ins),
        await told(by, len(versions), waiting, None, tell_policies),
        await new_referrers(by) if referrals else NOBODY,
        await told(by, prices, waiting, None, tell_prices),
    )


async def exclusives(by: Viewer, exclusive_ids: Sequence[str]) -> Told:
    """Have these exclusives looked at; a workflow that does not run starts."""

    async def tell(client: Client, step: Step) -> Sequence[str]:
        there = running_exclusives.RunningExclusives(client)

        async def one(exclusive_id: str) -> None:
            await there.start(exclusive_id)
            step()

        await pages.side_by_side(exclusive_ids, one)
        return ()

    number = len(exclusive_ids)
    return await told(by, number, "telling exclusives", number, tell)


async def exclusives_of(by: Viewer, *partners: str | None) -> Told:
    """To the exclusives that these partners hold: something changed about them."""
    names = [name for name in partners if name is not None]
    with by.database.read() as session:
        ids = exclusive_terms.live_of(session, names)
    return await exclusives(by, ids)


async def new_referrers(by: Viewer) -> Told:
    """Start the workflows of referral partners who have none yet, and of who has news untold."""
    with by.database.read() as session:
        in_force = policies.in_force_at(session, by.now())
        if in_force is None or in_force[1].referral is None:
            return NOBODY
        partners = list(qualifications.to_be_looked_at(session))
    return await referrals(by, partners)


async def referrals(by: Viewer, partners: Sequence[str]) -> Told:
    """Have these partners' referrals looked at; a workflow that does not run starts."""
    return await _referrals(by, partners, lambda running, partner: running.start(partner))


async def referrals_changed(by: Viewer, changes: Sequence[Change]) -> Told:
    """Tell the workflows of the partners whose referrals changed, and of the leads of these; those
    that do not run start."""
    told = await referrers(by, changes)
    with by.database.read() as session:
        concerned = lead_watch.concerned(session, [c.event.referral_id for c in changes])
    return told if told.unreachable else await leads(by, concerned, told)


async def referrers(by: Viewer | Outsider, changes: Sequence[Change]) -> Told:
    """Tell the workflows of the partners whose referrals changed; those that do not run start."""
    events: defaultdict[str, list[ReferralEvent]] = defaultdict(list)
    for change in changes:
        events[change.partner_id].append(change.event)
    news = {p: ReferralNews(tuple(e[:NAMED]), max(0, len(e) - NAMED)) for p, e in events.items()}
    return await _referrals(by, list(news), lambda running, p: running.tell(p, news[p]))


async def leads_bought(by: Viewer) -> Told:
    """Have leads looked at that an order has bought, or no longer has."""
    with by.database.read() as session:
        bought = list(lead_watch.bought(session))
    return await leads(by, bought)


async def leads(by: Viewer | Outsider, referral_ids: Sequence[str], before: Told = NOBODY) -> Told:
    """Have the leads of these referrals looked at; a workflow that does not run starts. Where there
    are none, `before` is what is said."""

    async def tell(client: Client, step: Step) -> Sequence[str]:
        there = running_leads.RunningLeads(client)

        async def one(referral_id: str) -> None:
            await there.start(referral_id)
            step()

        await pages.side_by_side(referral_ids, one)
        return ()

    number = len(referral_ids)
    return await told(by, number, "telling leads", number, tell) if number else before


async def _referrals(
    by: Viewer | Outsider,
    partners: Sequence[str],
    work: Callable[[running.RunningReferrals, str], Awaitable[None]],
) -> Told:
    async def tell(client: Client, step: Step) -> Sequence[str]:
        there = running.RunningReferrals(client)

        async def one(partner: str) -> None:
            await work(there, partner)
            step()

        await pages.side_by_side(partners, one)
        return ()

    return await told(by, len(partners), "telling partners' referrals", len(partners), tell)
