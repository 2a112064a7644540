"""The `partners` command on the day of the benchmarks' data, with the most memory that it took, in
MB, as the last line of stderr."""

from __future__ import annotations

import sys

import partners.loading  # noqa: F401  # isort: skip (first: a person waits from then on)

import time_machine

from bench._review_data import NOW
from bench.common import peak_mb
from partners.__main__ import main

try:
    with time_machine.travel(NOW):
        main()
finally:
    print(f"\n{peak_mb():.1f}", file=sys.stderr)
