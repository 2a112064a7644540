"""The policy's `[program]`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from partners.domain.policy.policy_days import TimeZone, Weekday
from partners.domain.policy.texts import EMAIL, LANGUAGE, ProgramTexts, Worded, without

Email = Annotated[str, StringConstraints(pattern=EMAIL)]


class Program(Worded):
    """Who runs the program, when its days are, and whom partners can ask."""

    name: str = Field(min_length=1)
    provider: str = Field(min_length=1)
    time_zone: TimeZone
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    language: str = Field("en", pattern=LANGUAGE)
    contact_name: str = "Partner team"
    contact_email: Email
    contact_url: str | None = Field(None, pattern="^https://")
    texts: dict[str, ProgramTexts] = {}  # noqa: RUF012 (pydantic copies it)
    office_hour: int = Field(9, ge=0, le=20)
    notice_days: int = Field(30, ge=0, le=366)  # stricter standards are told so long before
    holiday_calendar: str | None = Field(None, pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
    holidays: tuple[date, ...] = ()
    weekend: tuple[Weekday, ...] = ()  # blank: the holiday calendar's, else Saturday and Sunday

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "texts", "weekend")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
