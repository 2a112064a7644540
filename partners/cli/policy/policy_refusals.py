"""Why a policy cannot be published as things stand: nobody and no amount is left behind."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from partners.domain.number_words import number_of
from partners.domain.policy.policy import Policy
from partners.errors import UserError
from partners.store.policy import renames
from partners.store.referrals import currencies


def refuse_unfit(session: Session, new: Policy, effective_from: date) -> None:
    """Raises UserError with every reason, and what to do."""
    _refuse_lost(session, new)
    problems = list(currencies.why_not(session, new, effective_from))
    if problems:
        problems.insert(
            0,
            f"amounts are never converted, and {new.program.currency} is another "
            "currency than some are in:",
        )
        raise UserError("\n".join(problems))


def _refuse_lost(session: Session, new: Policy) -> None:
    """Nobody is left in a tier that is no more, nor demoted into one (rule 11)."""
    problems = [
        f"{lost.key}: this policy has no such tier; in it: {number_of(lost.partners, 'partner')}"
        + (f"; leading to it: {number_of(lost.cases, 'open case')}" if lost.cases else "")
        for lost in renames.lost(session, new)
    ]
    if problems:
        raise UserError(
            "\n".join(problems) + "\nSay where they go: renamed_from in the tier that takes them "
            "(see program.toml), or keep the tier"
        )
