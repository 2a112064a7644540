"""Which policy is meant where none is named."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from partners.policy_file import default_policy_path


class PolicyFile(NamedTuple):
    """Where a policy stands, in full. `is_sample`: it is the one that comes with the program."""

    path: Path
    is_sample: bool = False


def nearest_policy(named: Path | None) -> PolicyFile:
    """Where none is named: `program.toml` here, else what the settings name, else the sample."""
    sample, here = default_policy_path(), Path.cwd() / "program.toml"
    found = here if here.exists() else named.expanduser().absolute() if named else sample
    return PolicyFile(found, found.resolve() == sample.resolve())
