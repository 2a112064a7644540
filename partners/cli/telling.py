"""Acts that need Temporal, or tell running workflows: awaited here, and what to do if nobody could
be told."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from partners.cli import common
from partners.domain.number_words import number_of

if TYPE_CHECKING:
    from partners.use_cases.telling import MailGoes, Told

T = TypeVar("T")


def finished(act: Coroutine[Any, Any, T]) -> T:
    """What an act comes to that says itself how far it is."""
    return common.run(act, None)


def warn_of_cases(told: Told) -> None:
    """Open cases that do not know yet: they look when they next wake."""
    if told.unreachable:
        common.warn(f"not told: {number_of(told.number, 'open case')}: {told.unreachable}")
    elif told.absent:
        common.warn(
            f"no workflow runs for the open cases of {', '.join(told.absent)}; go on with: "
            f"partners start {told.absent[0]}"
        )


def warn_of_referrals(told: Told) -> None:
    if told.unreachable:
        common.warn(
            f"referrals of {number_of(told.number, 'partner')} are looked at by the next daily "
            f"review: {told.unreachable}"
        )


def warn_of_leads(told: Told) -> None:
    if told.unreachable:
        common.warn(f"the next daily review tells whoever is to be told: {told.unreachable}")


def warn_of_prices(told: Told) -> None:
    if told.unreachable:
        common.warn(
            f"partners who pay more from a day on are not told: {told.unreachable}. As soon as it "
            "runs: partners offer tell OFFER, or the import again"
        )


def warn_of_mail(told: MailGoes) -> None:
    """Whoever does not know yet that mail goes again."""
    warn_of_cases(told.cases)
    if told.check_ins.unreachable:
        check_ins = number_of(told.check_ins.number, "check-in")
        common.warn(f"{check_ins} to be looked at again in a day: {told.check_ins.unreachable}")
    if why := told.policies.unreachable:
        common.warn(f"what tells partners of new standards looks again in a day: {why}")
    if why := told.prices.unreachable:
        common.warn(f"what tells partners of dearer prices looks again in a day: {why}")
    warn_of_referrals(told.referrals)
