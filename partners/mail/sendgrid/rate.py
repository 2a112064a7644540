"""The provider's rate limit, shared by all threads: `X-RateLimit-Limit/Remaining/Reset`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

DEFAULT_WAIT = 30.0
"""Seconds to wait where a 429 does not say until when."""
LONGEST_WAIT = 3600.0
"""A Reset further away is a mistake, of the provider's clock or of ours."""


class RateLimit:
    """How many requests the provider still takes, and from when it takes more.

    The provider counts for the whole account, so its headers are what several workers share.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._remaining: int | None = None  # None: the provider has not said
        self._reset_at = 0.0

    def take(self) -> timedelta | None:
        """Count one request; or say how long to wait first."""
        with self._lock:
            now = self._now()
            if now >= self._reset_at:
                self._remaining = None
            if self._remaining is None:
                return None
            if self._remaining <= 0:
                return timedelta(seconds=self._reset_at - now)
            self._remaining -= 1
            return None

    def note(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says is left. Answers may come out of order: the least counts."""
        remaining, reset_at = _number(headers, "Remaining"), _number(headers, "Reset")
        if remaining is None or reset_at is None:
            return
        with self._lock:
            if reset_at > self._reset_at or self._remaining is None:
                self._reset_at = min(reset_at, self._now() + LONGEST_WAIT)
                self._remaining = int(remaining)
            else:
                self._remaining = min(self._remaining, int(remaining))

    def refused(self, headers: Mapping[str, str]) -> timedelta:
        """The provider answered 429: nothing goes until its Reset. Returns how long that is."""
        reset_at = _number(headers, "Reset")
        with self._lock:
            now = self._now()
            wait = reset_at - now if reset_at is not None else DEFAULT_WAIT
            wait = min(max(wait, 1.0), LONGEST_WAIT)
            self._remaining, self._reset_at = 0, max(self._reset_at, now + wait)
            return timedelta(seconds=self._reset_at - now)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        return float(headers.get(f"X-RateLimit-{name}") or "")
    except ValueError:
        return None
