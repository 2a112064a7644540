"""E-mail addresses: the form that goes out, and the one form in which they are compared.

People write `Info@Bücher.example`. Mail providers take, and name in their events, a domain in
ASCII alone: `Info@xn--bcher-kva.example` (IDNA 2008, RFC 5891). What stands before the @ goes out
as it was written; case never tells two addresses apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import idna

_FORM = re.compile(r"[^@\s<>,;\"()]+@[^@\s<>,;\"()]+\.[^@\s<>,;\"().]+")
NO_AT = "an address has no @"
NOT_ASCII = "an address has letters before its @ that mail providers refuse (others than a to z)"
NO_DOMAIN = "an address has a domain that cannot be"
NO_FORM = "an address has a form that mail cannot use"


def outgoing(address: str) -> str:
    """The address as a provider takes it; as it is where its domain cannot be put so."""
    local, at, domain = address.strip().rpartition("@")
    if domain.isascii():
        return f"{local}{at}{domain}"
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode('ascii')}"
    except UnicodeError:
        return f"{local}{at}{domain}"


def normal(address: str) -> str:
    """The form in which addresses are compared, and kept where they are looked up."""
    return outgoing(address).lower()


def is_international(address: str) -> bool:
    """Whether people may write the domain of an address, in its normal form, in other letters."""
    return any(label.startswith("xn--") for label in address.rpartition("@")[2].split("."))


def unique(addresses: Iterable[str]) -> list[str]:
    """Each address once, as it stands first: a provider refuses a message that names one twice."""
    seen: dict[str, str] = {}
    for address in addresses:
        seen.setdefault(normal(address), address)
    return list(seen.values())


def fault(address: str) -> str | None:
    """Why no mail can go to or from an address, as a clause; None where its form is good."""
    ready = outgoing(address)
    local, at, domain = ready.rpartition("@")
    if not at:
        return NO_AT
    if not local.isascii():
        return NOT_ASCII
    if not domain.isascii():
        return NO_DOMAIN
    return None if _FORM.fullmatch(ready) else NO_FORM
