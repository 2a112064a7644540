"""What a recorded decision says without words: which step it was, and why it came out so."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What was decided about, or done. Stored, and read by people: a name is never changed."""

    # of a case
    OPENED = "opened"
    NOT_OPENED = "not opened"
    GRACE_PERIOD = "grace period"  # it runs: the notice was accepted
    UNDELIVERABLE = "undeliverable"
    APPROVED = "approved"  # over the guard; or of a candidate
    ASSESSED = "assessed"
    REMINDER_SKIPPED = "reminder skipped"
    ON_HOLD = "on hold"
    DECIDED = "decided"
    DECIDE_AGAIN = "decide again"
    CONCLUDED = "concluded"
    CLOSED = "closed"
    VOIDED = "voided"  # by a person
    MIGRATED = "migrated"
    # a person's word, see `domain.cases.commands.CommandKind`
    EXTENDED = "extended"
    PAUSED = "paused"
    RESUMED = "resumed"
    WAIVED = "waived"
    REINSTATED = "reinstated"
    REMOVED = "removed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    # of a candidate
    ADDED = "added"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    PROMOTED = "promoted"
    TOLD = "told"
    # of referrals, and of progressive response
    QUALIFIED = "qualified"
    REFUNDED = "refunded"
    CHECK_IN = "check-in"


class Because(StrEnum):
    """Why a case was decided as it was."""

    AT_DEADLINE = "at_deadline"  # what the figures said on it
    RECOVERY_HELD = "recovery_held"  # cured throughout the recovery hold (rule 7)
    CURED_AFTER_HOLD = "cured_after_hold"
    ALREADY_CURED = "already_cured"  # before the notice went out
    CORRECTED_DATA = "corrected_data"  # never below, as is known now (rule 19)
    TIER_CHANGED = "tier_changed"  # by a person, meanwhile
    OTHER_POLICY = "other_policy"  # not below by the policy that it was moved to (rule 6)

    @property
    def words(self) -> str:
        """As people read it; of the others the figures belong to it, and the caller says them."""
        return _WORDS[self]


_WORDS = {
    Because.CURED_AFTER_HOLD: "cured after the hold",
    Because.ALREADY_CURED: "already cured",
    Because.CORRECTED_DATA: "corrected data: not below after all",
    Because.TIER_CHANGED: "a person changed the tier meanwhile",
}
