"""What a policy would change for whom: everybody judged under both. Reads, never writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.judging.assessment import Verdict
from partners.domain.policy.policy import Policy
from partners.store.judging.judging import Judge
from partners.store.judging.window_sums import Range


@dataclass(frozen=True)
class Impact:
    """One partner whose verdict would differ; None where a policy judges them not at all."""

    partner_id: str
    tier: str
    before: Verdict | None
    after: Verdict | None


def impact(
    session: Session,
    old: Policy,
    new: Policy,
    today: date,
    judged: Callable[[int], None] = lambda number: None,
) -> Iterator[Impact]:
    """Partners whose verdict on the newest settled month differs, in the order of their ids.

    `judged` is told of each page: how many partners it had.
    """
    month = calendar_of(old).newest_settled_month(today, old.feed.settling_days)
    judges = [Judge.of(session, policy, month, today) for policy in (old, _by_old_names(new))]
    ids = Range()
    while True:
        before, after = (judge.next_page(session, ids) for judge in judges)
        if before is None or after is None:
            return
        verdicts = [{one.partner_id: one for one in page.judged} for page in (before, after)]
        for partner_id in sorted({*verdicts[0], *verdicts[1]}):
            one, two = (known.get(partner_id) for known in verdicts)
            was, would = (known.assessment.verdict if known else None for known in (one, two))
            known = one or two
            if was != would and known is not None:
                yield Impact(partner_id, known.tier, was, would)
        judged(len(before.judged) + before.exempt + len(before.aside))
        ids = Range(before.last_id)


def _by_old_names(new: Policy) -> Policy:
    """Its tiers under their former names too: whoever is in one of those comes to the new one."""
    former = (tier.model_copy(update={"key": k}) for tier in new.tiers for k in tier.renamed_from)
    return new.model_copy(update={"tiers": (*new.tiers, *former)})
