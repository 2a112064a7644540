"""By which terms the periods are paid that end with a month: whichever versions were in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from babel.numbers import get_currency_precision
from sqlalchemy.orm import Session

from partners.domain.offers.incentives.incentives import Plan, Terms, span_of
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.incentive_policy import IncentivePeriod
from partners.domain.time.calendar import Month
from partners.store.policy import policies

Names = Mapping[str, str]
"""Earlier keys of tiers, and what each is called now."""


def names(session: Session) -> Names:
    """What tiers of earlier versions are called by now; a key that is its own name is absent."""
    known: dict[str, str] = {}
    for row in policies.history(session):
        for tier in policies.load(session, row.version).tiers:
            moved = dict.fromkeys(tier.renamed_from, tier.key)
            known = {old: moved.get(new, new) for old, new in known.items()} | moved
            known.pop(tier.key, None)  # a name that came back is its own again
    return known


def plan_of(session: Session, month: Month) -> Plan:
    """What ends with that month; empty where no tier has an incentive."""
    called = names(session)
    found: defaultdict[str, list[Mapping[Month, Terms]]] = defaultdict(list)
    for period in IncentivePeriod:
        span = span_of(period, month)
        if span.last != month:
            continue
        by_tier: defaultdict[str, dict[Month, Terms]] = defaultdict(dict)
        for each in span.months:
            for tier, terms in _in_force(session, each, period, called).items():
                known = by_tier[tier]
                # A currency changes between periods alone (`currencies.why_not`); were it not so,
                # amounts of two must not be added up.
                if all(other.currency == terms.currency for other in known.values()):
                    known[each] = terms
        for tier, months in by_tier.items():
            found[tier].append(months)
    return Plan(month, {tier: tuple(periods) for tier, periods in found.items()})


def _in_force(
    session: Session, month: Month, period: IncentivePeriod, called: Names
) -> dict[str, Terms]:
    """The terms of each tier that pays by that period, as the month began."""
    in_force = policies.in_force(session, month.first_day)
    if in_force is None:
        return {}
    version, policy = in_force
    return {
        called.get(tier.key, tier.key): terms
        for tier in policy.tiers
        if (terms := _terms(version, policy, tier.key)) and terms.section.period is period
    }


def _terms(version: int, policy: Policy, key: str) -> Terms | None:
    tier, currency = policy.tier(key), policy.program.currency
    if tier is None or tier.incentive is None:
        return None
    return Terms(version, tier.incentive, currency, get_currency_precision(currency))


def terms_of(session: Session, version: int, tier: str, called: Names) -> Terms | None:
    """The pinned terms of an accrual: of that version, whatever its tier was called then.

    None where that version has none: then the accrual was not made from it, and owes nothing.
    """
    policy = policies.load(session, version)
    keys = (t.key for t in policy.tiers if tier in (t.key, called.get(t.key)))
    key = next(keys, None)
    return None if key is None else _terms(version, policy, key)
