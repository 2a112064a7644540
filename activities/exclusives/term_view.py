"""An exclusive as its workflow sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.exclusives.term_file import TermFile
from activities.mail import mailed
from activities.services import Services
from partners.domain.cases.view import Act
from partners.domain.exclusives.exclusive_minimum import Span
from partners.domain.exclusives.exclusive_term import NewsEvent, TermStep
from partners.domain.exclusives.term_moments import moments
from partners.domain.exclusives.term_rules import due
from partners.domain.exclusives.view import PeriodLine, TermMoment, TermTelling, TermView
from partners.domain.mail.view import Mailed
from partners.domain.time.calendar import Month
from partners.mail.words.plain import NAME_LENGTH, one_line
from partners.store.exclusives import exclusive_news, exclusive_terms
from partners.store.mail.mailed import about_exclusive
from partners.store.offers.holding import exclusives
from partners.store.tables.exclusive_tables import ExclusiveNewsRow

MOST_TOLD = 50
"""Messages of one activity."""
MOST_MAILS = 10
MOST_ACTS = 15
WORDS = 200
"""Characters of what somebody said about it."""


def view(file: TermFile, services: Services) -> TermView:
    """The exclusive as its row stands, with every step and moment that follows from it."""
    row, term = file.row, file.term
    step = due(term)
    untold = list(exclusive_news.untold(file.session, row.exclusive_id, MOST_TOLD + 1))
    tellings = tuple(_tellings(untold[:MOST_TOLD]))
    follower = exclusive_terms.follower(file.session, row.exclusive_id)
    ahead = (TermMoment(m.at, m.kind, m.day, m.about) for m in moments(term))
    return TermView(
        exclusive_id=row.exclusive_id,
        partner_id=row.partner_id,
        status=row.status,
        over=not term.is_live,
        due=step,
        due_about=_about(file, step),
        tellings=tellings,
        more_tellings=len(untold) > MOST_TOLD,
        moments=tuple(ahead),
        clock=services.clock,
        day_ends_at=file.calendar.end_of(file.today),
        service=row.service,
        area_code=row.area_code or "",
        first_day=row.first_day,
        last_day=row.last_day,
        minimum_orders=row.minimum_orders,
        completion=row.completion,
        min_sample=row.min_sample,
        period=row.period,
        required_tier=row.required_tier or "",
        tier=file.partner.tier or "none",
        warned_period=str(term.warned.span) if term.warned else "",
        warned_on=row.warned_at and file.calendar.day_of(row.warned_at),
        cure_until=row.cure_until,
        decision_day=term.decision_day,
        at_risk_until=row.at_risk_until,
        risk_told_on=row.risk_told_at and file.calendar.day_of(row.risk_told_at),
        waits_for_feed=term.waits_for_feed,
        renewal_waits=term.renewal_proposed and not term.renewed and term.is_live,
        renewed_by=follower.exclusive_id if follower else "",
        ending=row.ended_because,
        unreached=_unreached(file),
        periods=tuple(period_lines(file)),
        acts=_acts(file),
        mails=_mails(file, services),
    )


def _about(file: TermFile, step: TermStep | None) -> str:
    if step is TermStep.REVIEW and file.term.review is not None:
        return str(file.term.review[0])
    if step in (TermStep.CURE, TermStep.LOSE_MISSED) and file.warned is not None:
        return str(file.warned.span)
    return ""


def _tellings(untold: Sequence[ExclusiveNewsRow]) -> Iterator[TermTelling]:
    """One each, but for those to others, which go together."""
    others = tuple(row.news_id for row in untold if row.event is NewsEvent.OTHER)
    for row in untold:
        if row.event is not NewsEvent.OTHER:
            about = str(Month.from_number(row.month)) if row.month else ""
            yield TermTelling(row.event, (row.news_id,), about)
    if others:
        yield TermTelling(NewsEvent.OTHER, others)


def _unreached(file: TermFile) -> str:
    """What became of a warning from which days should run, where it did not arrive."""
    term = file.term
    event = None
    if term.warned is not None and term.warned_at is None:
        event = NewsEvent.MISSED
    elif term.at_risk_until is not None and term.risk_told_at is None:
        event = NewsEvent.TIER_LOST
    if event is None:
        return ""
    news = exclusive_news.newest(file.session, file.row.exclusive_id, event)
    return (news.result or "") if news is not None and news.told_at is not None else ""


def period_lines(file: TermFile) -> Iterator[PeriodLine]:
    """Those that were judged, and the one that runs or has not settled yet."""
    row = file.row
    for review in file.reviews:
        yield PeriodLine(
            str(exclusive_terms.span_of(review)),
            review.placed,
            row.minimum_orders * review.months,
            review.completed,
            review.concluded,
            review.verdict,
        )
    if not file.term.is_live:
        return
    today = Month.of(file.today)
    for span in file.term.open_periods:
        if span.first <= today:
            yield _running(file, span)


def _running(file: TermFile, span: Span) -> PeriodLine:
    found = file.sold_in(span)
    asked = file.row.minimum_orders * len(span.months)
    return PeriodLine(
        str(span), found.sold.placed, asked, found.sold.completed, found.sold.concluded
    )


def _acts(file: TermFile) -> tuple[Act, ...]:
    """How it came to stand so: who decided what, and why."""
    found = exclusives.states(file.session, file.row.exclusive_id)[-MOST_ACTS:]
    return tuple(
        Act(
            file.calendar.day_of(state.at),
            str(state.status).replace("_", "-"),
            _who(state.who),
            one_line(state.reason, WORDS),
        )
        for state in found
    )


def _who(who: str) -> str:
    return "the program" if who.startswith("workflow ") else one_line(who, NAME_LENGTH)


def _mails(file: TermFile, services: Services) -> tuple[Mailed, ...]:
    found = about_exclusive(file.session, file.row.exclusive_id, MOST_MAILS)
    names = {file.partner.name: file.row.partner_id}
    return mailed.listed(found, names, file.calendar, services)
