"""Telling the workflows of partners who refer that something happened."""

from __future__ import annotations

from collections.abc import Sequence

from partners.cli import common, telling
from partners.store.referrals.referral_leads import Change
from partners.use_cases import telling as referrers


def tell_referrals(changes: Sequence[Change]) -> None:
    """Of the partners whose referrals changed."""
    with common.acting_as(common.user_name()) as by:
        telling.warn_of_referrals(telling.finished(referrers.referrals_changed(by, changes)))


def look_at_new_referrers() -> None:
    """Of referral partners who have none yet, and of who has news untold."""
    with common.acting_as(common.user_name()) as by:
        telling.warn_of_referrals(telling.finished(referrers.new_referrers(by)))
