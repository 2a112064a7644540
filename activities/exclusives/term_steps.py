"""What each step of an exclusive's term does to the database, with what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from activities.exclusives.term_arrival import current_warning
from activities.exclusives.term_file import TermFile
from activities.services import actor
from partners.domain.exclusives.exclusive_minimum import Judged, Span
from partners.domain.exclusives.exclusive_term import Ending, NewsEvent, TermStep
from partners.domain.exclusives.term_rules import due
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.store.exclusives import exclusive_news, exclusive_terms
from partners.store.offers.exclusive_standing import stand
from partners.store.offers.holding.losers import Losing
from partners.store.tables.exclusive_tables import ExclusiveNewsRow, ExclusiveReviewRow


def take(file: TermFile, step: TermStep) -> bool:
    """Do a step if it is due; whether it was. What came first meanwhile goes first (rule 17)."""
    if due(file.term) is not step:
        return False
    STEPS[step](file)
    file.look_again()
    return True


def _stand(file: TermFile, status: ExclusiveStatus, reason: str) -> None:
    stand(file.session, file.row, status, file.now, actor(), reason)


def _tell(file: TermFile, event: NewsEvent, key: str, month: int | None = None) -> None:
    to = None if event is NewsEvent.RENEWAL else file.row.partner_id
    exclusive_news.add(
        file.session,
        file.row,
        event,
        key,
        file.now,
        partner_id=to,
        month=month,
    )


def _tell_again(file: TermFile, event: NewsEvent) -> None:
    """What may happen several times in a term."""
    number = exclusive_news.number_of(file.session, file.row.exclusive_id, event) + 1
    _tell(file, event, f"active/{event}/{number}")


# ---- its beginning ----


def _announce(file: TermFile) -> None:
    """The holder, and those who can no longer order there (rule 22)."""
    _tell(file, NewsEvent.OFFERED, "offered")
    losing = Losing(file.session, file.row, file.policy, file.today)
    losers = [loser.partner_id for loser in losing.everybody()]
    exclusive_news.add_others(file.session, file.row, losers, file.now)


def _activate(file: TermFile) -> None:
    _stand(file, ExclusiveStatus.ACTIVE, "its first day has come")
    _tell(file, NewsEvent.BEGINS, "active")


# ---- the holder's standing ----


def _suspend(file: TermFile) -> None:
    """At once. It excludes nobody meanwhile, and its place is kept."""
    _stand(file, ExclusiveStatus.SUSPENDED, "the holder is blocked")


def _restore(file: TermFile) -> None:
    """Days to cure that a block took are added (rule 12)."""
    row = file.row
    began = file.today >= row.first_day
    if row.cure_until is not None:
        row.cure_until = file.calendar.working_day_from(row.cure_until + _suspended_for(file))
    status = ExclusiveStatus.ACTIVE if began else ExclusiveStatus.ANNOUNCED
    _stand(file, status, "the holder is no longer blocked")
    if began:
        _tell_again(file, NewsEvent.RESTORED)


def _suspended_for(file: TermFile) -> timedelta:
    since = exclusive_terms.suspended_since(file.session, file.row.exclusive_id)
    return timedelta(days=(file.today - file.calendar.day_of(since or file.now)).days)


def _put_at_risk(file: TermFile) -> None:
    """Kept through the notice, whose days run from the acceptance of its message, or the term."""
    row = file.row
    until = file.calendar.stated_deadline(file.today, row.notice_days)
    row.at_risk_until = min(until, row.last_day)
    row.risk_told_at = None
    tier = file.partner.tier or "no tier"
    _stand(
        file, row.status, f"at risk: the holder is in {tier}, and it asks for {row.required_tier}"
    )
    _tell(file, NewsEvent.TIER_LOST, f"warning/tier/{file.today}/1")


def _clear_risk(file: TermFile) -> None:
    row = file.row
    told = row.risk_told_at is not None
    row.at_risk_until = row.risk_told_at = None
    _stand(file, row.status, f"no longer at risk: the holder is in {file.partner.tier}")
    if told and row.status is ExclusiveStatus.ACTIVE:
        _tell_again(file, NewsEvent.SAFE)


# ---- the minimum ----


def _review(file: TermFile) -> None:
    """Store a period's figures, once; what was missed is warned of (rule 4)."""
    assert file.term.review is not None
    span, found = file.term.review
    file.session.add(
        ExclusiveReviewRow(
            exclusive_id=file.row.exclusive_id,
            first_month=span.first.number,
            last_month=span.last.number,
            months=found.months,
            placed=found.sold.placed,
            completed=found.sold.completed,
            concluded=found.sold.concluded,
            verdict=found.verdict,
            reviewed_at=file.now,
        )
    )
    if file.term.accuses(span, found):
        _accuse(file, span, found)


def _accuse(file: TermFile, span: Span, found: Judged) -> None:
    row = file.row
    row.warned_month, row.warned_at, row.cure_until = span.first.number, None, None
    missed = " and ".join(found.missed)
    _stand(file, row.status, f"{missed} missed in {span}")
    month = span.first.number
    _tell(file, NewsEvent.MISSED, f"warning/{span.first}/1", month=month)


def _cure(file: TermFile) -> None:
    """Made up for; or it was not missed after all, as is known by now (rule 19)."""
    row, term = file.row, file.term
    assert term.warned is not None
    day, told = term.cured_on, row.warned_at is not None
    why = f"made up for by {day}" if day else "not missed, as is known by now"
    month, row.warned_month = row.warned_month, None
    row.warned_at = row.cure_until = None
    row.judge_from = file.today
    _stand(file, row.status, f"{term.warned.span}: {why}")
    if told:
        _tell(file, NewsEvent.CURED, f"active/cured/{term.warned.span.first}", month=month)


# ---- warnings that reach nobody ----


def _stop_clock(file: TermFile) -> None:
    """The warning came back: no days run until another attempt is accepted (rule 1)."""
    row, news = file.row, _warning(file)
    if news.event is NewsEvent.MISSED:
        row.warned_at = row.cure_until = None
    else:
        row.risk_told_at = None
    news.result = "came back"
    _stand(file, row.status, "the warning did not arrive: no days run")


def _warn_again(file: TermFile) -> None:
    """Under the key of the next attempt."""
    news = _warning(file)
    news.attempt += 1
    news.told_at = news.result = None


def _warning(file: TermFile) -> ExclusiveNewsRow:
    news = current_warning(file.session, file.row)
    assert news is not None
    return news


# ---- its end ----


def _lose(file: TermFile, because: Ending, reason: str) -> None:
    """Exclusivity goes, the grant stays (rule 23)."""
    file.row.ended_because = because
    _stand(file, ExclusiveStatus.NON_EXCLUSIVE, reason)
    _tell(file, NewsEvent.ENDED, "ended", month=file.row.warned_month)


def _lose_missed(file: TermFile) -> None:
    _lose(file, Ending.MISSED, f"not made up for by {file.row.cure_until}")


def _lose_tier(file: TermFile) -> None:
    _lose(file, Ending.TIER_LOST, f"the tier was not regained by {file.row.at_risk_until}")


def _end(file: TermFile, because: Ending, reason: str) -> None:
    file.row.ended_because = because
    _stand(file, ExclusiveStatus.ENDED, reason)
    if because is not Ending.RENEWED:  # whose own message says so
        _tell(file, NewsEvent.ENDED, "ended")


def _end_removed(file: TermFile) -> None:
    _end(file, Ending.REMOVED, "the holder has left the program")


def _end_term(file: TermFile) -> None:
    because = Ending.RENEWED if file.term.renewed else Ending.TERM_OVER
    _end(file, because, f"its last day, {file.row.last_day}, is over")


def _propose_renewal(file: TermFile) -> None:
    """A person decides, and signs; nothing goes on by itself."""
    _tell(file, NewsEvent.RENEWAL, "renewal")


def _tell_end(file: TermFile) -> None:
    """A person has ended it."""
    _tell(file, NewsEvent.ENDED, "ended")


STEPS: Mapping[TermStep, Callable[[TermFile], None]] = {
    TermStep.END_REMOVED: _end_removed,
    TermStep.END_TERM: _end_term,
    TermStep.ANNOUNCE: _announce,
    TermStep.SUSPEND: _suspend,
    TermStep.RESTORE: _restore,
    TermStep.ACTIVATE: _activate,
    TermStep.PUT_AT_RISK: _put_at_risk,
    TermStep.CLEAR_RISK: _clear_risk,
    TermStep.STOP_CLOCK: _stop_clock,
    TermStep.LOSE_TIER: _lose_tier,
    TermStep.CURE: _cure,
    TermStep.LOSE_MISSED: _lose_missed,
    TermStep.WARN_AGAIN: _warn_again,
    TermStep.REVIEW: _review,
    TermStep.PROPOSE_RENEWAL: _propose_renewal,
    TermStep.TELL_END: _tell_end,
}
