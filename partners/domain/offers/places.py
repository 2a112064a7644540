"""Places: postal codes, as everything here compares them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,14}[A-Z0-9])?", re.ASCII)


def postal_code(text: str) -> str:
    """A postal code as it is stored: without blanks around it, capitals, single spaces.

    "sw1a  1aa" and "SW1A 1AA" are the same place. "" for blank.
    """
    return " ".join(text.split()).upper()


def is_postal_code(code: str) -> bool:
    """Whether a stored code can be one: 1 to 16 letters, digits, spaces and dashes, as all of the
    world's are."""
    return _CODE.fullmatch(code) is not None


def digest_of_codes(codes: Iterable[str]) -> str:
    """The SHA-256 of stored codes, whatever their order: what an audit entry says of them."""
    text = json.dumps(sorted(set(codes)), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
