"""Commands that are known by their names until one is run: only then is its module loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from partners.loading import by_name


class Group(NamedTuple):
    """A group's help, and its commands: each a group, or where it is and the first of its help."""

    help: str
    commands: Mapping[str, Group | tuple[str, str]]


class Command(TyperCommand):
    """A command that takes a negative number for a value, and not for options in digits."""

    def make_parser(self, ctx: Any) -> Any:
        parser = super().make_parser(ctx)
        parser.ignore_unknown_options = any(NEGATIVE.fullmatch(word) for word in ctx.args_given)
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.args_given = args
        return super().parse_args(ctx, args)


NEGATIVE = re.compile(r"-\d[\d.,]*")


class Unloaded(TyperCommand):
    """A command as lists and completion show it."""

    def __init__(self, name: str, where: str, help: str) -> None:
        super().__init__(name=name, help=help)
        self._where = where

    @cached_property
    def loaded(self) -> Any:
        """The command itself. Built once in a process: reading a signature takes a while."""
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(self.name, cls=Command)(by_name(self._where))
        return typer.main.get_command(alone)


class ByName(TyperGroup):
    """A group that loads none of its commands but the one that is meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded if isinstance(command, Unloaded) else command, rest


def command_line(root: Group) -> Any:
    """The whole command line, with the options that install completion."""
    app = typer.Typer(
        cls=ByName, no_args_is_help=True, pretty_exceptions_enable=False, help=root.help
    )
    app.callback()(lambda: None)
    built = typer.main.get_command(app)
    _fill(built, root)
    return built


def _fill(group: Any, of: Group) -> None:
    for name, entry in of.commands.items():
        if isinstance(entry, Group):
            inner = ByName(name=name, no_args_is_help=True, help=entry.help)
            _fill(inner, entry)
            group.add_command(inner)
        else:
            group.add_command(Unloaded(name, *entry))
