"""What stands in the way of another currency: amounts are never converted, nor mixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from partners.domain.judging.assessment import Verdict
from partners.domain.number_words import number_of
from partners.domain.offers.incentives.incentives import span_of
from partners.domain.policy.metrics import Unit
from partners.domain.policy.policy import Policy
from partners.domain.referrals.compensation import Balance
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.referrals.referral_money import balances
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.findings import from_json


@dataclass(frozen=True)
class OpenAmounts:
    """What is held or payable in another currency, and of how many partners."""

    currency: str
    held: Decimal
    payable: Decimal
    partners: int

    def __str__(self) -> str:
        name, who = self.currency, number_of(self.partners, "partner")
        return (
            f"{self.held:,.2f} {name} held and {self.payable:,.2f} {name} payable of {who} are "
            "open; once they are payable, pay them first"
        )


def why_not(session: Session, new: Policy, effective_from: date) -> Iterator[str | OpenAmounts]:
    """Why a policy cannot be in force from that day on, for its currency's sake; one reason each,
    with the way on."""
    currency, newest = new.program.currency, policies.newest(session)
    if newest is not None and newest[1].program.currency != currency:
        yield from _open_amounts(session, currency)
        yield from _cases(session, currency)
        yield from _incentives(newest[1], new, effective_from)
    if (since := _since(session, currency, effective_from)) is not None:
        yield from _criteria(session, new, effective_from, since)


def _since(session: Session, currency: str, day: date) -> date | None:
    """From which day on a currency is that of the program; None where it always was."""
    effects, since = policies.effects(session), day
    for row in reversed(policies.history(session)):
        if policies.load(session, row.version).program.currency != currency:
            return since
        since = effects.get(row.version) or row.accepted_at.date()
    return None


def _open_amounts(session: Session, currency: str) -> Iterator[OpenAmounts]:
    """What is held or payable in another one. A debt, after a refund, stands in nobody's way: in
    that currency nothing comes any more to set it off against."""
    by_currency: defaultdict[str, list[Balance]] = defaultdict(list)
    for (_, name), money in balances(session).items():
        if name != currency and (money.held > 0 or money.payable > 0):
            by_currency[name].append(money)
    for name, open_ in sorted(by_currency.items()):
        held = sum((m.held for m in open_), Decimal())
        payable = sum((m.payable for m in open_), Decimal())
        yield OpenAmounts(name, held, payable, len(open_))


def _cases(session: Session, currency: str) -> Iterator[str]:
    """Open cases whose warning was about money, and whose orders would come in another one."""
    query = select(CaseRow).where(CaseRow.closed_at.is_(None)).order_by(CaseRow.case_id)
    about = []
    for case in session.scalars(query):
        policy = policies.load(session, case.policy_version)
        named = [f.metric for f in from_json(case.findings) if f.verdict is Verdict.BELOW]
        if policy.program.currency != currency and any(_is_money(policy, name) for name in named):
            about.append(case.case_id)
    if about:
        yield f"about money: {number_of(len(about), 'open case')} ({about[0]} …); wait until closed"


def _incentives(old: Policy, new: Policy, effective_from: date) -> Iterator[str]:
    """Periods of incentives that would have their orders in two currencies."""
    sections = [t.incentive for policy in (old, new) for t in policy.tiers if t.incentive]
    month = Month.of(effective_from)
    spans = {span_of(section.period, month) for section in sections}
    if all(effective_from == span.first.first_day for span in spans):
        return
    begins = max(span.last.plus(1).first_day for span in spans)
    yield f"incentives are paid by periods of one currency; let it begin with one, on {begins}"


def _is_money(policy: Policy, name: str) -> bool:
    metric = policy.metric_or_none(name)
    return metric is not None and metric.unit is Unit.MONEY


def _criteria(session: Session, new: Policy, effective_from: date, since: date) -> Iterator[str]:
    """Criteria on money whose window reaches back to amounts in another currency."""
    first = Month.of(effective_from).plus(-1)
    for tier in new.tiers:
        for criterion in {**tier.enter, **tier.keep_standards}.values():
            reaches = first.plus(1 - criterion.window_months)
            if not _is_money(new, criterion.metric) or reaches.first_day >= since:
                continue
            if _has_values(session, since):
                free = Month.of(since).plus(criterion.window_months + 1)
                yield (
                    f"{tier.key}: {criterion.metric} looks back to {reaches}, when amounts were in "
                    f"another currency; leave it out of a policy before {free}"
                )


def _has_values(session: Session, since: date) -> bool:
    old = exists().where(
        OrderRow.placed_month <= Month.of(since).number, OrderRow.value_cents.is_not(None)
    )
    return bool(session.scalar(select(func.count()).where(old)))
