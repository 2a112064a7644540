"""A partner's figures, services and referrals, as `partners show` prints them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table

from partners.cli import common
from partners.domain.judging.assessment import Finding
from partners.domain.number_words import number_of
from partners.domain.offers.service_mix import ServiceMix
from partners.domain.policy.policy import Policy
from partners.mail.words import wording
from partners.store.tables.findings import to_json
from partners.use_cases.people.partner_figures import Figures, Referring


def findings_table(found: Iterable[Finding], policy: Policy) -> Table:
    """What was measured of each criterion, and what is required."""
    table = Table("criterion", "measured", "required", "sample", "verdict")
    for finding in found:
        table.add_row(
            wording.label(finding.metric, policy),
            wording.measured(finding, policy, wording.ENGLISH),
            wording.required(finding, policy, wording.ENGLISH),
            str(finding.sample),
            finding.verdict,
        )
    return table


def print_figures(page: Figures) -> None:
    """The newest figures of a partner without an open case."""
    if page.why_none:
        common.out.print(f"No figures of {page.month}: {page.why_none}.")
    elif not page.findings:
        common.out.print(f"Figures of {page.month}: the tier has no standards to keep.")
    else:
        common.out.print(f"Figures of the months until {page.month}: {page.verdict}")
        common.out.print(findings_table(page.findings, page.policy))


def print_services(mix: ServiceMix) -> None:
    """The services that a partner prefers, and what that rests on; nothing where none is named."""
    if not mix.shares:
        return
    since = f"{number_of(mix.placed, 'order')} placed {mix.first} to {mix.last}"
    unnamed = f", {mix.unnamed:,} of them without a service" if mix.unnamed else ""
    common.out.print(f"Services they prefer, of {since}{unnamed}:")
    table = Table("service", "placed", "share", "completed", "value")
    for one in mix.shares:
        completed, value = f"{one.completed:,}", f"{one.value:,.2f}"
        table.add_row(one.service, f"{one.placed:,}", f"{one.share:.0%}", completed, value)
    common.out.print(table)


def print_referring(page: Referring) -> None:
    """How far a partner who refers is, and their money."""
    by = f", by {page.act_by} for the oldest to count" if page.act_by else ""
    common.out.print(
        f"Referrals: {page.stage}; {page.count} of {page.needed} purchases within "
        f"{page.window_days} days{by}; {page.open} open"
    )
    for currency, money in page.money.items():
        common.out.print(
            f"Money: {money.held:,.2f} {currency} held, {money.payable:,.2f} payable, "
            f"{money.paid:,.2f} paid"
        )


def figures_json(page: Figures | None) -> dict[str, Any] | None:
    if page is None:
        return None
    return {
        "month": page.month,
        "verdict": page.verdict or None,
        "findings": to_json(page.findings),
        "why_none": page.why_none or None,
    }


def services_json(mix: ServiceMix | None) -> dict[str, Any] | None:
    if mix is None:
        return None
    return {
        "first_month": str(mix.first),
        "last_month": str(mix.last),
        "placed": mix.placed,
        "without_service": mix.unnamed,
        "services": [
            {
                "service": one.service,
                "placed": one.placed,
                "share": f"{one.share:.4f}",
                "completed": one.completed,
                "value": f"{one.value:.2f}",
            }
            for one in mix.shares
        ],
    }


def referring_json(page: Referring | None) -> dict[str, Any] | None:
    if page is None:
        return None
    return {
        "stage": page.stage,
        "count": page.count,
        "needed": page.needed,
        "window_days": page.window_days,
        "act_by": page.act_by.isoformat() if page.act_by else None,
        "open": page.open,
        "money": {
            currency: {
                "held": f"{m.held:.2f}",
                "payable": f"{m.payable:.2f}",
                "paid": f"{m.paid:.2f}",
            }
            for currency, m in page.money.items()
        },
    }
