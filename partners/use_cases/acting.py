"""Who acts or asks, by what right, through which face: the first argument of every use case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from partners.store.engine.database import Database

if TYPE_CHECKING:
    from temporalio.client import Client


class Face(StrEnum):
    """Where a person acts."""

    COMMAND_LINE = "command line"
    API = "api"
    CONSOLE = "console"
    PORTAL = "portal"


@dataclass(frozen=True)
class Program:
    """What use cases work on. Built by `partners.bootstrap`, for each face alike."""

    database: Database
    now: Callable[[], datetime]
    """Program time."""
    connect: Callable[[], Awaitable[Client]]
    """The way to Temporal, taken when it is needed. Raises SetupError where there is none."""


@dataclass(frozen=True)
class Viewer:
    """Whoever may look. `name`: as it is recorded (rule 16)."""

    program: Program
    name: str
    face: Face

    @property
    def database(self) -> Database:
        return self.program.database

    def now(self) -> datetime:
        return self.program.now()


@dataclass(frozen=True)
class Manager(Viewer):
    """Whoever may act on partners: command, decide, write down, stop."""


@dataclass(frozen=True)
class Admin(Manager):
    """Whoever may change the program itself: policies, imports, secrets."""


ROLES: tuple[type[Viewer], ...] = (Viewer, Manager, Admin)
"""From the least to the most; each may do what those before it may."""
