"""Settings of the pages and of the gates before every send; part of `partners.settings`."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from partners.domain.mail.topics import Consent, Topic
from partners.domain.time.send_window import ALWAYS, Cap, Window


def _hours(words: str) -> str:
    if words:
        Window.parse(words)
    return words


def _cap(words: str) -> str:
    Cap.parse(words)
    return words


def _web_address(value: str) -> str:
    local = ("http://127.0.0.1", "http://localhost")
    if value and not value.startswith(("https://", *local)):
        raise ValueError("is no https address")
    return value.rstrip("/")


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f'is no JSON ({error}); write such as {{"newsletter": 12}}') from None


Groups = Annotated[dict[Topic, int], NoDecode, BeforeValidator(_json)]
Hours = Annotated[str, AfterValidator(_hours)]
CapWords = Annotated[str, AfterValidator(_cap)]


class WebSettings(BaseSettings):
    """Where partners reach the pages, whom SendGrid's events must be from, when mail goes out."""

    public_url: Annotated[str, AfterValidator(_web_address)] = ""  # blank: no links in mails
    sendgrid_webhook_key: str = ""  # blank: no events are taken in
    sendgrid_webhook_max_age_hours: float = Field(25, gt=0)  # SendGrid repeats for a day
    sendgrid_groups: Groups = Field(default_factory=dict)  # unsubscribe groups
    mail_consent: Consent = Consent.ASSUMED
    mail_service_hours: Hours = ""  # blank: 7-21 in production, else any
    mail_optional_hours: Hours = ""  # blank: 9-17 weekdays in production, else any
    mail_service_cap: CapWords = "20/1"
    mail_optional_cap: CapWords = "3/7"
    mail_run_cap: int = Field(5000, ge=0)

    def hours(self, production: bool) -> tuple[Window, Window]:
        """Hours of service and of optional mail; outside production any hour, unless set."""
        service, optional = (Window(7, 21), Window(9, 17, True)) if production else (ALWAYS, ALWAYS)
        return (
            Window.parse(self.mail_service_hours) if self.mail_service_hours else service,
            Window.parse(self.mail_optional_hours) if self.mail_optional_hours else optional,
        )
