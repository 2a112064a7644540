"""How a provider fails: what a script or a die says of each request."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum


class Fault(StrEnum):
    """What happens to a good request."""

    NONE = "none"  # 202
    HANG = "hang"  # no answer for longer than anybody waits; not taken
    HANG_TAKEN = "hang_taken"  # the same, but the message goes out
    DROP = "drop"  # the connection closes without an answer; not taken
    DROP_TAKEN = "drop_taken"
    CUT_TAKEN = "cut_taken"  # taken; the answer breaks off in the middle
    FAIL = "fail"  # 500; not taken
    FAIL_TAKEN = "fail_taken"  # taken, and then 500
    OVERLOADED = "overloaded"  # 503; not taken
    LIMITED = "limited"  # 429 with a Reset
    REFUSE = "refuse"  # 400 with a field and a message
    FORBID = "forbid"  # 403
    REDIRECT = "redirect"  # 302 to elsewhere; not taken

    @property
    def taken(self) -> bool:
        """Whether the message goes out all the same."""
        return self is Fault.NONE or self.value.endswith("_taken")


class Faults:
    """Scripted faults first, in order; then by chance, the same for the same seed."""

    def __init__(self, chances: Mapping[Fault, float] | None = None, seed: int = 0) -> None:
        """`chances`: of each fault, from 0 to 1; the rest succeeds."""
        self.chances = dict(chances or {})
        self._script: deque[Fault] = deque()
        self._dice = random.Random(seed)

    def script(self, faults: Iterable[Fault | str]) -> None:
        """What happens to the next requests."""
        self._script.extend(Fault(fault) for fault in faults)

    def next(self) -> Fault:
        if self._script:
            return self._script.popleft()
        roll = self._dice.random()
        for fault, chance in self.chances.items():
            if roll < chance:
                return fault
            roll -= chance
        return Fault.NONE
