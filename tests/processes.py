"""Running the commands as processes of their own, in a folder of their own."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from partners.cli.main import main

PARTNERS = str(Path(sys.executable).parent / "partners")
PATIENCE = 60.0


def environment(**variables: str) -> dict[str, str]:
    """This one without anything that would lead to another database or server."""
    ours = ("PARTNERS_", "TEMPORAL_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | variables


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`partners` with these arguments; its exit status is for the caller to judge."""
    return run_here(main, folder, *arguments, **variables)


def run_here(
    program: Callable[[], None], folder: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A program that ends by itself, run as in a process of its own, but in this one: a start
    takes a second or two of the processor, mostly to load libraries. What it does not turn into
    an exit status, a traceback to a person, is raised here.
    """
    said, complained, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, environment(**variables), clear=True),
        mock.patch.object(sys, "argv", [program.__module__, *arguments]),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        try:
            program()
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
            complained.write("" if status == exit_.code else f"{exit_.code or ''}")
    output, errors = said.getvalue(), complained.getvalue()
    return subprocess.CompletedProcess(arguments, status, output, errors)


def left_in(folder: Path) -> list[str]:
    """The command lines of processes that run in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                words = (process / "cmdline").read_bytes().split(b"\0")
                found.append(b" ".join(words).decode(errors="replace"))
        except OSError:
            continue
    return found


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends_at, f"not within {patience:.0f} seconds: {what}"
        time.sleep(0.05)


class Running:
    """A command that runs until it is told to stop; ended when the block ends, come what may."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [PARTNERS, *arguments],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(self._process.stdout)

    @property
    def output(self) -> str:
        return "".join(self._lines)

    def says(self, words: str) -> None:
        """Wait until it has said that."""

        def said() -> bool:
            assert words in self.output or self._process.poll() is None, self.output
            return words in self.output

        until(said, f"{words!r} in:\n{self.output}")

    def ended(self, number: signal.Signals | None = None, patience: float = PATIENCE) -> int:
        """The exit status, after a signal if one is given."""
        if number is not None:
            self._process.send_signal(number)
        status = self._process.wait(patience)
        self._reader.join(PATIENCE)
        return status

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            # Its server is a process group of its own, and outlives a SIGKILL of its parent.
            for pid in [int(p.name) for p in Path("/proc").glob("[0-9]*") if self._is_ours(p)]:
                os.kill(pid, signal.SIGKILL)

    def _is_ours(self, process: Path) -> bool:
        try:
            return (process / "cwd").readlink() == self._folder
        except OSError:
            return False
