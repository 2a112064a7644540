"""How handing leads over went, seller by seller: counts, and the days that it took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from partners.domain.referrals.lead import TurnEnd

_TENTH = Decimal("0.1")


class TurnFacts(NamedTuple):
    """A turn as it is counted; days are the program's. `partner_id` None: the provider's sales."""

    partner_id: str | None
    since: date
    told_on: date | None = None
    taken_on: date | None = None
    ended_on: date | None = None
    end: TurnEnd | None = None
    won_on: date | None = None


@dataclass(frozen=True)
class HandoverFigures:
    """What became of a seller's leads. Means are of those that they rest on, None where those are
    none."""

    partner_id: str | None
    given: int = 0
    taken: int = 0
    declined: int = 0
    passed: int = 0  # on to the next: unanswered, not reached, or no longer allowed
    won: int = 0
    answered: int = 0  # taken or declined, after the message was accepted
    days_to_answer: Decimal | None = None  # mean, of `answered`
    days_to_win: Decimal | None = None  # mean from getting the lead to the purchase, of `won`


PASSED = (TurnEnd.PASSED, TurnEnd.UNREACHABLE, TurnEnd.WITHDRAWN)


def figures(turns: Iterable[TurnFacts]) -> list[HandoverFigures]:
    """Of each seller, by id; the provider's sales last."""
    by_seller: defaultdict[str | None, list[TurnFacts]] = defaultdict(list)
    for turn in turns:
        by_seller[turn.partner_id].append(turn)
    order = sorted(by_seller, key=lambda name: (name is None, name or ""))
    return [_of(partner_id, by_seller[partner_id]) for partner_id in order]


def _of(partner_id: str | None, turns: list[TurnFacts]) -> HandoverFigures:
    answers = [days for turn in turns if (days := _days_to_answer(turn)) is not None]
    wins = [(turn.won_on - turn.since).days for turn in turns if turn.won_on is not None]
    return HandoverFigures(
        partner_id,
        given=len(turns),
        taken=sum(turn.taken_on is not None for turn in turns),
        declined=sum(turn.end is TurnEnd.DECLINED for turn in turns),
        passed=sum(turn.end in PASSED for turn in turns),
        won=len(wins),
        answered=len(answers),
        days_to_answer=_mean(answers),
        days_to_win=_mean(wins),
    )


def _days_to_answer(turn: TurnFacts) -> int | None:
    answered = turn.taken_on
    if answered is None and turn.end is TurnEnd.DECLINED:
        answered = turn.ended_on
    if answered is None or turn.told_on is None:
        return None
    return max((answered - turn.told_on).days, 0)


def _mean(days: list[int]) -> Decimal | None:
    return (Decimal(sum(days)) / len(days)).quantize(_TENTH) if days else None
