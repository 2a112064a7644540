"""what was decided, does not count or became of a check-in: codes beside the words"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW = (
    ("decisions", "came_to", 80),
    ("decisions", "because", 32),
    ("referrals", "because", 16),
    ("responses", "sending", 16),
)
CAME_TO = (
    *("not below standards", "not enough data to judge", "not enrolled in a tier"),
    *("already out of the program", "a public tier has no standards to keep"),
    *("the policy has no such tier", "a waiver is in force", "blocked: beyond reviews"),
    *("a person has pinned the tier", "not in the launch group: judged, but not acted upon"),
    *("the order feed is too old to judge anybody",),
    *("the month began before the partner could be judged on it",),
    *("a friendly check-in comes first",),
    *("answered by a check-in; a warning would follow if it comes again",),
    *("there was a case for this month already",),
    *("their data cannot be judged; see: partners inbox", "unknown partner"),
    *("passing", "below", "insufficient"),
    *("reinstate", "remove", "hold", "void"),
    *("reinstated", "demoted", "removed", "waived", "blocked", "voided"),
    *("recovered_before_warning", "undeliverable", "feed", "paused", "appeal", "tier", "guard"),
)
"""What the words of a decision begin with, up to a colon, where they begin with a code."""
DECIDED = {
    "corrected_data": "%corrected data%",
    "recovery_held": "reinstate: cured for %",
    "cured_after_hold": "reinstate: cured after the hold",
    "already_cured": "reinstate: already cured",
    "tier_changed": "void: a person changed the tier meanwhile",
    "other_policy": "void: not below by policy version %",
    "at_deadline": "%: as of %",
}
"""How the words of a decided case read, by their reason; the first that fits."""


UNCOUNTED = {
    "first_counts": "the lead was referred by another partner and accepted before",
    "own_twice": "the same lead was accepted from you before",
    "customer": "the lead is a customer already, since %",
}
SENDING = ("sent", "waiting", "rejected", "unknown", "stopped", "skipped", "put_off")


def upgrade() -> None:
    for table, name, length in NEW:
        op.add_column(table, sa.Column(name, sa.String(length=length), nullable=True))
    decisions, referrals = _table("decisions"), _table("referrals")
    responses = _table("responses")
    _fill(decisions, came_to=_starts(decisions, CAME_TO))
    _fill(decisions, decisions.c.step == "decided", because=_reads(decisions.c.result, DECIDED))
    not_counted = referrals.c.state.in_(("rejected", "duplicate"))
    _fill(referrals, not_counted, because=_reads(referrals.c.reason, UNCOUNTED))
    _fill(responses, sending=_starts(responses, SENDING))


def _table(name: str) -> Any:
    names = ("step", "state", "result", "reason", *(new for table, new, _ in NEW if table == name))
    return sa.table(name, *(sa.column(one, sa.String) for one in names))


def _fill(table: Any, *which: Any, **columns: Any) -> None:
    op.execute(sa.update(table).where(*which).values(columns))


def _starts(table: Any, codes: Sequence[str]) -> sa.ColumnElement[Any]:
    """The code with which the result begins, up to its end or a colon."""
    result = table.c.result
    found = [
        ((result == code) | (sa.func.substr(result, 1, len(code) + 2) == f"{code}: "), code)
        for code in codes
    ]
    return sa.case(*found, else_=sa.null())


def _reads(words: Any, codes: dict[str, str]) -> sa.ColumnElement[Any]:
    return sa.case(*((words.like(like), code) for code, like in codes.items()), else_=sa.null())


def downgrade() -> None:
    for table, name, _ in reversed(NEW):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(name)
