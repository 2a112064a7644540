"""Settings from the environment and `.env`; see `.env.example` for what each means.

The connection to Temporal is not here: it is read by temporalio.envconfig (`TEMPORAL_ADDRESS`,
`temporal.toml` …) as in every Temporal program.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from partners.errors import SetupError


class Mode(StrEnum):
    """What this process is for. It decides whether the outbox counts as delivery (rule 1)."""

    PRODUCTION = "production"
    DEV = "dev"
    DEMO = "demo"
    TEST = "test"


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
    mail_transport: Literal["outbox"] = "outbox"
    mail_sender: str = ""  # blank: the policy's contact address
    mail_per_second: float = Field(20, gt=0)
    activity_threads: int = Field(20, ge=1)
    metrics_address: str = ""  # e.g. 127.0.0.1:9464; blank: no Prometheus endpoint
    drain_seconds: float = Field(30, ge=0)
    webhook_url: str = ""  # told of changes of tier, standing and block; blank: nobody is
    webhook_secret: SecretStr = SecretStr("")  # whsec_…; several, by spaces, while changing it
    webhook_timeout_seconds: float = Field(10, gt=0, le=25)
    templates: Path = Path(__file__).parent.parent / "templates"

    @property
    def outbox_delivers(self) -> bool:
        """Whether a message in the outbox counts as accepted at once (rule 1)."""
        return self.mode is not Mode.PRODUCTION


def load_settings() -> Settings:
    """Read the settings. Raises SetupError that names each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"{_variable(str(problem['loc'][0]))}={problem['input']!r}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise SetupError("wrong settings; " + "; ".join(problems)) from error


def _variable(field: str) -> str:
    """The environment variable behind a setting."""
    return field if field.isupper() else f"PARTNERS_{field.upper()}"
