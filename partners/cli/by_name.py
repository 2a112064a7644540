"""Commands that are known by their names until one is run: only then is its module loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from partners.cli.aids import completing
from partners.cli.aids.examples import Examples
from partners.cli.printing import out
from partners.loading import by_name

PACKAGE = "partner-lifecycle-worker"
HELP = {"help_option_names": ["-h", "--help"]}
"""Of the whole command line: commands take it over from their group."""


class Group(NamedTuple):
    """A group's help, and its commands: each a group, or where it is and the first of its help.

    `panels`: under which heading the help lists which commands; blank: all under one.
    """

    help: str
    commands: Mapping[str, Group | tuple[str, str]]
    panels: Mapping[str, str] = {}


NEGATIVE = re.compile(r"-\d[\d.,]*")


class Command(TyperCommand):
    """A command that takes a negative number for a value, and not for options in digits; its help
    ends in lines that one may paste."""

    examples: Sequence[str] = ()

    def make_parser(self, ctx: Any) -> Any:
        parser = super().make_parser(ctx)
        parser.ignore_unknown_options = any(NEGATIVE.fullmatch(word) for word in ctx.args_given)
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.args_given = args
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        _say(self.examples)


class Unloaded(TyperCommand):
    """A command as lists and completion show it."""

    def __init__(self, words: str, where: str, help: str, panel: str | None) -> None:
        super().__init__(name=words.split()[-1], help=help, rich_help_panel=panel)
        self._words, self._where = words, where
        self.examples: Sequence[str] = ()

    @cached_property
    def loaded(self) -> Any:
        """The command itself. Built once in a process: reading a signature takes a while."""
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(self.name, cls=Command)(by_name(self._where))
        command: Any = typer.main.get_command(alone)
        command.examples = self.examples
        return command

    def is_completed_here(self, typed: Sequence[str]) -> bool:
        """Whether what follows these words can be completed without loading the command."""
        return completing.source(self._words, typed) is not None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """For completion alone: what was typed is kept."""
        ctx.args = args
        return args

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        source = completing.source(self._words, ctx.args)
        if source is None or incomplete.startswith("-"):
            context = self.loaded.make_context(
                self.name, list(ctx.args), parent=ctx.parent, resilient_parsing=True
            )
            return self.loaded.shell_complete(context, incomplete)
        return completing.suggestions(source, incomplete)


class ByName(TyperGroup):
    """A group that loads none of its commands but the one that is meant."""

    examples: Sequence[str] = ()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        _say(self.examples)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        completes = ctx.resilient_parsing
        if isinstance(command, Unloaded) and not (completes and command.is_completed_here(rest)):
            command = command.loaded
        return name, command, rest


def command_line(root: Group, examples: Examples) -> Any:
    """The whole command line, with the options that install completion."""
    app = typer.Typer(
        cls=ByName,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help=root.help,
        context_settings=HELP,
    )

    @app.callback()
    def of_the_program(
        version: Annotated[
            bool,
            typer.Option(
                "--version", is_eager=True, callback=_say_version, help="Which one this is."
            ),
        ] = False,
    ) -> None:
        """What is asked of `partners` itself, and not of a command."""

    built: Any = typer.main.get_command(app)
    built.examples = examples.get("", ())
    _fill(built, root, examples)
    return built


def _say_version(wanted: bool) -> None:
    if wanted:
        out.print(f"partners {by_name('importlib.metadata:version')(PACKAGE)}")
        raise typer.Exit


def _say(examples: Sequence[str]) -> None:
    if examples:
        out.write("Examples:\n" + "\n".join(f"  {line}" for line in examples))


def _fill(group: Any, of: Group, examples: Examples, words: str = "") -> None:
    panels = {name: title for title, names in of.panels.items() for name in names.split()}
    for name, entry in of.commands.items():
        full, panel = f"{words} {name}".strip(), panels.get(name)
        if isinstance(entry, Group):
            inner: Any = ByName(
                name=name, no_args_is_help=True, help=entry.help, rich_help_panel=panel
            )
            _fill(inner, entry, examples, full)
            group.add_command(inner)
        else:
            command: Any = Unloaded(full, *entry, panel)
            command.examples = examples.get(full, ())
            group.add_command(command)
