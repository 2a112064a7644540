"""The command `partners`; also `python -m partners`."""

from __future__ import annotations

from partners.loading import STARTED, uncollected

with uncollected():
    from partners.cli import main as command_line


def main() -> None:
    """Run the command line; whoever typed it has waited since the process began."""
    command_line.main(STARTED)


if __name__ == "__main__":
    main()
