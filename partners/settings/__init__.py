"""Settings from the environment and `.env`; see `.env.example` for what each means.

The connection to Temporal is not here: it is read by temporalio.envconfig (`TEMPORAL_ADDRESS`,
`temporal.toml` …) as in every Temporal program.
"""

from __future__ import annotations

import json
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from partners.domain.mail.topics import Consent, Topic
from partners.domain.time.send_window import ALWAYS, Cap, Window
from partners.errors import SetupError
from partners.mail_addresses import fault

SENDGRID_HOST = "https://api.sendgrid.com"
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class Mode(StrEnum):
    """What this process is for. It decides whether the outbox counts as delivery (rule 1)."""

    PRODUCTION = "production"
    DEV = "dev"
    DEMO = "demo"
    TEST = "test"


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


class Settings(BaseSettings):
    """Everything the program reads from its environment, apart from Temporal's own variables."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_prefix="PARTNERS_",
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
    )

    mode: Mode = Mode.PRODUCTION
    database_url: str = Field("sqlite:///.partners/partners.db", validation_alias="DATABASE_URL")
    policy: Path | None = None  # of setup, dev and previews, where the folder has no program.toml
    mail_transport: Literal["outbox", "sendgrid"] = "outbox"
    mail_sender: str = ""  # blank: the policy's contact address; SendGrid demands one
    mail_optional_sender: str = ""  # of optional mail; blank: mail_sender
    postal_address: str = ""  # at the foot of each e-mail; SendGrid demands one
    mail_allow: str = ""  # addresses and @domains, comma-separated; blank: everybody
    mail_unknown_minutes: float = Field(60, gt=0)  # without evidence it is then taken as not sent
    sendgrid_api_key: SecretStr = SecretStr("")
    sendgrid_host: str = SENDGRID_HOST  # https://api.eu.sendgrid.com for EU subusers
    sendgrid_sandbox: bool = False
    sendgrid_timeout_seconds: float = Field(10, gt=0, le=25)
    mail_per_second: float = Field(20, gt=0)
    mail_at_once: int = Field(5, ge=1)  # messages of one worker that are with the provider at once
    activity_threads: int = Field(20, ge=1)
    metrics_address: str = ""  # e.g. 127.0.0.1:9464; blank: no Prometheus endpoint
    drain_seconds: float = Field(30, ge=0)
    webhook_url: str = ""  # told of changes of tier, standing and block; blank: nobody is
    webhook_secret: SecretStr = SecretStr("")  # whsec_…; several, by spaces, while changing it
    webhook_timeout_seconds: float = Field(10, gt=0, le=25)
    webhook_inside: bool = False  # whether the receiver may have an address inside the network
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
    templates: Path = Path(__file__).parents[2] / "templates"

    def hours(self, production: bool) -> tuple[Window, Window]:
        """Hours of service and of optional mail; outside production any hour, unless set."""
        service, optional = (Window(7, 21), Window(9, 17, True)) if production else (ALWAYS, ALWAYS)
        return (
            Window.parse(self.mail_service_hours) if self.mail_service_hours else service,
            Window.parse(self.mail_optional_hours) if self.mail_optional_hours else optional,
        )

    @property
    def sends(self) -> bool:
        """Whether e-mail goes to SendGrid, or its stand-in. The demo's never leaves the machine."""
        wanted = self.mail_transport == "sendgrid"
        return wanted and not (self.mode is Mode.DEMO and not self._is_local)

    @property
    def _is_local(self) -> bool:
        return urlsplit(self.sendgrid_host).hostname in LOCAL_HOSTS

    def require_mail(self) -> None:
        """Fail closed: SendGrid only with a key, a sender and a postal address.

        Raises SetupError that names every variable that is missing or wrong; of a sender that
        nothing could come from wherever mail goes.
        """
        senders = self._doubtful_senders()
        if not self.sends:
            if senders:
                raise SetupError(
                    "e-mail cannot go out: "
                    + "; ".join(senders)
                    + "; write one such as Partner team <partners@example.com>"
                )
            return
        problems = [f"{name} is missing" for name, value in self._needed().items() if not value]
        problems += senders + self._doubtful()
        if problems:
            raise SetupError(
                "e-mail cannot go through SendGrid: "
                + "; ".join(problems)
                + "; set them, or PARTNERS_MAIL_TRANSPORT=outbox (see .env.example)"
            )

    def _needed(self) -> dict[str, str]:
        return {
            "PARTNERS_SENDGRID_API_KEY": self.sendgrid_api_key.get_secret_value().strip(),
            "PARTNERS_MAIL_SENDER": self.mail_sender.strip(),
            "PARTNERS_POSTAL_ADDRESS": self.postal_address.strip(),
        }

    def _doubtful_senders(self) -> list[str]:
        """Senders that are there, but that no mail could come from."""
        problems = []
        for name in ("mail_sender", "mail_optional_sender"):
            sender = getattr(self, name).strip()
            if sender and (why := fault(parseaddr(sender)[1])):
                problems.append(f"{_variable(name)} is no address to send from: {why}")
        return problems

    def _doubtful(self) -> list[str]:
        """What is there, but cannot be right."""
        problems = []
        host = urlsplit(self.sendgrid_host)
        if host.scheme != "https" and not (self._is_local and host.scheme == "http"):
            problems.append("PARTNERS_SENDGRID_HOST is no https address")
        if self.mode is not Mode.PRODUCTION and not (self._is_local or self.mail_allow.strip()):
            problems.append(f"PARTNERS_MAIL_ALLOW is missing, as PARTNERS_MODE is {self.mode}")
        return problems

    @property
    def desk_url(self) -> str:
        """Where messages can be read in a browser: on the mail desk, which production has not."""
        return "" if self.mode is Mode.PRODUCTION else self.public_url

    @property
    def outbox_delivers(self) -> bool:
        """Whether a message in the outbox counts as accepted at once (rule 1)."""
        return self.mode is not Mode.PRODUCTION


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` overrides them. Raises SetupError that names each variable that is
    wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = [
            f"{_variable(str(problem['loc'][0]))}={problem['input']!r}: {_why(problem['msg'])}"
            for problem in error.errors()
        ]
        raise SetupError("wrong settings; " + "; ".join(problems)) from error
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1} of {Path('.env').absolute()} is not UTF-8"
        raise SetupError(f"{at}; save the file in that encoding") from None
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
        raise SetupError(f"{Path('.env').absolute()} {why}; make it readable") from None


def _why(said: str) -> str:
    return said.removeprefix("Value error, ")


def _variable(field: str) -> str:
    """The environment variable behind a setting."""
    return field if field.isupper() else f"PARTNERS_{field.upper()}"
