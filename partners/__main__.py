"""The command `partners`; also `python -m partners`."""

from __future__ import annotations

from partners.loading import uncollected

with uncollected():
    from partners.cli.main import main

if __name__ == "__main__":
    main()
