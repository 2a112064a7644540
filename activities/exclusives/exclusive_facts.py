"""What each notice about an exclusive says: facts from its file."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from activities.exclusives.term_file import TermFile
from activities.exclusives.term_view import period_lines
from activities.mail.errand import Draft
from partners.domain.exclusives.exclusive_minimum import Sold, missed_of
from partners.domain.exclusives.exclusive_term import Ending, NewsEvent
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Tier
from partners.mail.exclusive_notice import ExclusiveFacts, PeriodFacts
from partners.mail.notice import Notice
from partners.store.exclusives import exclusive_terms
from partners.store.offers.holding.losers import Losing
from partners.store.policy import policies
from partners.store.tables.exclusive_tables import ExclusiveNewsRow
from partners.store.tables.offer_tables import AreaRow, OfferRow
from partners.store.tables.program_tables import PartnerRow

MOST_OFFERS = 20
"""A mail names no more."""

KINDS = {
    NewsEvent.OFFERED: NoticeKind.EXCLUSIVE_OFFERED,
    NewsEvent.OTHER: NoticeKind.EXCLUSIVE_OTHER,
    NewsEvent.BEGINS: NoticeKind.EXCLUSIVE_ACTIVE,
    NewsEvent.RESTORED: NoticeKind.EXCLUSIVE_ACTIVE,
    NewsEvent.CURED: NoticeKind.EXCLUSIVE_ACTIVE,
    NewsEvent.SAFE: NoticeKind.EXCLUSIVE_ACTIVE,
    NewsEvent.MISSED: NoticeKind.EXCLUSIVE_WARNING,
    NewsEvent.TIER_LOST: NoticeKind.EXCLUSIVE_WARNING,
    NewsEvent.ENDED: NoticeKind.EXCLUSIVE_ENDED,
    NewsEvent.RENEWAL: NoticeKind.EXCLUSIVE_RENEWAL,
}
"""The kind of mail of each event."""


def addressee(session: Session, news: ExclusiveNewsRow) -> PartnerRow | None:
    """Who is told; None: staff."""
    return session.get_one(PartnerRow, news.partner_id) if news.partner_id else None


def draft(file: TermFile, news: ExclusiveNewsRow) -> Draft:
    """The notice, ready to be put into words, and whom it is for."""
    to, language = addressee(file.session, news), file.policy.program.language
    about = to or file.partner
    deadline = _deadline(file, news.event)
    decision = deadline and file.calendar.decision_day(deadline, file.policy.feed.settling_days)
    notice = Notice(
        kind=KINDS[news.event],
        policy=file.policy,
        tier=_tier(file, about),
        partner_id=about.partner_id,
        partner_name=about.name,
        language=(to and to.language) or language,
        time_zone=about.time_zone,
        today=file.today,
        deadline=deadline,
        decision_day=decision,
        exclusive=_facts(file, news),
    )
    partner_id = to.partner_id if to is not None else None
    staff = [] if to is not None else list(staff_of(file))
    return Draft(notice, staff, partner_id, stated_deadline=deadline)


def staff_of(file: TermFile) -> tuple[str, ...]:
    """As the newest policy names them."""
    newest = policies.newest(file.session)
    return tuple((newest[1] if newest else file.policy).staff.emails)


def _tier(file: TermFile, partner: PartnerRow) -> Tier:
    """The partner's; where they are in none, the lowest."""
    return file.tier_of(partner.tier) or file.policy.tiers[0]


def _deadline(file: TermFile, event: NewsEvent) -> date | None:
    """Through which day it can be mended, where the message is accepted today (rule 12)."""
    row = file.row
    if event is NewsEvent.MISSED:
        return file.calendar.stated_deadline(file.today, row.cure_days)
    if event is NewsEvent.TIER_LOST:
        return min(file.calendar.stated_deadline(file.today, row.notice_days), row.last_day)
    return None


def _facts(file: TermFile, news: ExclusiveNewsRow) -> ExclusiveFacts:
    row, session = file.row, file.session
    area = session.get(AreaRow, row.area_code) if row.area_code else None
    return ExclusiveFacts(
        event=news.event,
        exclusive_id=row.exclusive_id,
        service=row.service,
        terms=file.terms,
        area=area.name if area is not None else "",
        offers=_offers(file, news),
        required_tier=file.required_tier,
        period=_period(file, news.month) if news.month else None,
        recovery_days=file.policy.grace.recovery_days,
        ending=(row.ended_because or Ending.BY_PERSON) if news.event is NewsEvent.ENDED else None,
        begun=file.today >= row.first_day,
        record=tuple(period_lines(file)) if news.event is NewsEvent.RENEWAL else (),
    )


def _offers(file: TermFile, news: ExclusiveNewsRow) -> tuple[str, ...]:
    """The names of what the holder was granted with it; or of what somebody else loses by it."""
    ids = [file.row.offer_id] if file.row.offer_id is not None else []
    if news.event is NewsEvent.OTHER:
        ids = lost_by(file, news)[:MOST_OFFERS]
    return tuple(file.session.get_one(OfferRow, offer_id).name for offer_id in ids)


def lost_by(file: TermFile, news: ExclusiveNewsRow) -> list[str]:
    """What they could order without it, as of now, and cannot with it."""
    partner = addressee(file.session, news)
    assert partner is not None
    losing = Losing(file.session, file.row, file.policy, file.today)
    return [lost.offer_id for lost in losing.of(partner.partner_id, partner.tier)]


def _period(file: TermFile, month: int) -> PeriodFacts:
    review = file.review_of(month)
    sold = Sold(review.placed, review.completed, review.concluded)
    missed = missed_of(file.terms, sold, review.months)
    return PeriodFacts(exclusive_terms.span_of(review), sold, review.months, missed)
