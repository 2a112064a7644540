"""The tables of exclusives: what was agreed, how it stood when, each period that was judged, and
what is to be told of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.exclusives.exclusive_term import Ending, NewsEvent
from partners.domain.offers.exclusive import ExclusiveStatus, Period, PeriodVerdict, Renewal
from partners.store.tables.base import Base, Word

ExclusiveId = String(80)


class ExclusiveRow(Base):
    """The sole right of a partner to a service in an area for a term; `domain.offers.exclusive`."""

    __tablename__ = "exclusives"
    __table_args__ = (Index(None, "partner_id"), Index(None, "service", "status"))

    exclusive_id: Mapped[str] = mapped_column(ExclusiveId, primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    service: Mapped[str] = mapped_column(String(64))
    """It excludes from every offer of this service, lest another undercut it."""
    offer_id: Mapped[str | None] = mapped_column(ForeignKey("offers.offer_id"))
    """The one that the holder is granted with it; None: it is about the service as a whole."""
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.area_code"))
    """None: everywhere."""
    first_day: Mapped[date]
    last_day: Mapped[date]
    minimum_orders: Mapped[int]
    completion: Mapped[Decimal | None]
    min_sample: Mapped[int]
    period: Mapped[Period] = mapped_column(Word(Period))
    cure_days: Mapped[int]
    notice_days: Mapped[int]
    renewal: Mapped[Renewal] = mapped_column(Word(Renewal))
    required_tier: Mapped[str | None] = mapped_column(String(64))
    max_holders: Mapped[int]
    status: Mapped[ExclusiveStatus] = mapped_column(Word(ExclusiveStatus))
    renews: Mapped[str | None] = mapped_column(ExclusiveId)
    """The exclusive that it follows."""
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    """In force when it was proposed."""
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    reason: Mapped[str]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    warned_at: Mapped[datetime | None]
    """When the warning about a missed minimum was accepted; None: none runs."""
    cure_until: Mapped[date | None]
    """The last day on which it can still be made up for."""
    at_risk_until: Mapped[date | None]
    """The holder lost the tier that it asks for: it is kept through this day. None: not so."""
    risk_told_at: Mapped[datetime | None]
    """When the notice of that was accepted; the days run from then."""
    warned_month: Mapped[int | None]
    """YYYYMM: the first month of the period whose minimum was missed; None: no warning runs."""
    judge_from: Mapped[date | None]
    """A period that began earlier warns nobody any more: an earlier warning has been settled."""
    ended_because: Mapped[Ending | None] = mapped_column(Word(Ending))
    """None: it is not over, or a person ended it."""
    revision: Mapped[int]
    """Rises whenever it stands otherwise than before."""
    places: Mapped[int | None]
    """How many postal codes it was signed with; None: everywhere, or not signed."""
    places_sha256: Mapped[str | None] = mapped_column(String(64))


class ExclusiveStateRow(Base):
    """How an exclusive stood from a moment on, and why; never changed."""

    __tablename__ = "exclusive_states"
    __table_args__ = (Index(None, "exclusive_id", "at"),)

    state_id: Mapped[int] = mapped_column(primary_key=True)
    exclusive_id: Mapped[str] = mapped_column(ForeignKey("exclusives.exclusive_id"))
    at: Mapped[datetime]
    status: Mapped[ExclusiveStatus] = mapped_column(Word(ExclusiveStatus))
    who: Mapped[str]
    reason: Mapped[str]


class ExclusiveReviewRow(Base):
    """A period of an exclusive, held against its minimum; once per period."""

    __tablename__ = "exclusive_reviews"
    __table_args__ = (UniqueConstraint("exclusive_id", "first_month"),)

    judged_id: Mapped[int] = mapped_column(primary_key=True)
    exclusive_id: Mapped[str] = mapped_column(ForeignKey("exclusives.exclusive_id"))
    first_month: Mapped[int]
    """YYYYMM."""
    last_month: Mapped[int]
    months: Mapped[int] = mapped_column(default=1)
    """Those that count; in the others something exempted the holder."""
    placed: Mapped[int]
    completed: Mapped[int]
    concluded: Mapped[int]
    verdict: Mapped[PeriodVerdict] = mapped_column(Word(PeriodVerdict))
    reviewed_at: Mapped[datetime]


class ExclusiveNewsRow(Base):
    """Something that holder, others or staff are to be told of an exclusive; once per key."""

    __tablename__ = "exclusive_news"
    __table_args__ = (
        Index(
            "ix_exclusive_news_untold",
            "exclusive_id",
            "news_id",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    news_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Also the message's key (rule 9)."""
    exclusive_id: Mapped[str] = mapped_column(ForeignKey("exclusives.exclusive_id"))
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"))
    """Who is told; None: staff."""
    event: Mapped[NewsEvent] = mapped_column(Word(NewsEvent))
    month: Mapped[int | None]
    """YYYYMM: the first month of the period that it is about."""
    attempt: Mapped[int]
    """Rises only on a recorded failure."""
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    result: Mapped[str | None]
    """What became of the message."""


class ExclusiveCodeRow(Base):
    """A postal code that an exclusive was signed with: what its area becomes does not change it.

    Stays when the exclusive is over, so that the past can be asked. One without any is everywhere.
    """

    __tablename__ = "exclusive_codes"
    __table_args__ = (Index(None, "postal_code"),)

    exclusive_id: Mapped[str] = mapped_column(
        ForeignKey("exclusives.exclusive_id"), primary_key=True
    )
    postal_code: Mapped[str] = mapped_column(String(16), primary_key=True)


class NumberedWordRow(Base):
    """A service or a postal code by a number: what databases keep apart are ranges of numbers."""

    __tablename__ = "numbered_words"
    __table_args__ = (UniqueConstraint("kind", "word"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`service` or `postal_code`."""
    word: Mapped[str] = mapped_column(String(64))


class ExclusivePlaceRow(Base):
    """A stretch of places that an exclusive holds on some days; gone once it holds none (rule 22).

    On PostgreSQL an exclusion constraint, `no_two_on_a_seat`, refuses two that share service, seat,
    place and day; migration 0020 makes it. On SQLite they are compared while nobody else writes.
    """

    __tablename__ = "exclusive_places"
    __table_args__ = (
        Index(None, "exclusive_id"),
        Index(None, "service_no", "place_from"),
    )

    piece_id: Mapped[int] = mapped_column(primary_key=True)
    exclusive_id: Mapped[str] = mapped_column(ForeignKey("exclusives.exclusive_id"))
    service_no: Mapped[int]
    seat_from: Mapped[int]
    """Of `domain.offers.exclusive_conflicts`; a sole holder has all seats."""
    seat_until: Mapped[int]
    place_from: Mapped[int]
    """The number of a postal code; the whole range of numbers is everywhere."""
    place_until: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
