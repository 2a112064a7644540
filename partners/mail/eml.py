"""A message of the outbox as a file that every mail program opens (RFC 5322)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from partners.mail_addresses import outgoing
from partners.store.tables.mail_tables import OutboxRow

_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_UNKNOWN = Address("", "unknown", "localhost.invalid")


def to_bytes(row: OutboxRow, headers: Mapping[str, str] | None = None) -> bytes:
    """The message: headers, then plain text first and HTML second, both UTF-8.

    `headers`: those of optional mail. An address that no header can hold is written as it is in
    `X-Unusable-To`, never believed.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = message_id(row)
    mail["Date"] = format_datetime(row.rendered_at)
    name, sender = parseaddr(row.sender)
    mail["From"] = _address(sender, _header(name)) or _UNKNOWN
    good = [address for address in map(_address, row.to) if address]
    if good:
        mail["To"] = good
    unusable = [to for to in row.to if not _address(to)]
    if unusable:
        mail["X-Unusable-To"] = _header(", ".join(unusable))
    mail["Subject"] = _header(row.subject)
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(row.text, charset="utf-8")
    mail.add_alternative(row.html, subtype="html", charset="utf-8")
    return mail.as_bytes()


def message_id(row: OutboxRow) -> str:
    """`<12.1794823200@northwind.example>`: stable, and unique where a database begins anew."""
    domain = outgoing(parseaddr(row.sender)[1]).rpartition("@")[2]
    if not domain.isascii() or not domain:
        domain = _UNKNOWN.domain
    return f"<{row.outbox_id}.{int(row.rendered_at.timestamp())}@{domain}>"


def _address(text: str, name: str = "") -> Address | None:
    """An address as a header's own type, its domain in ASCII; None for what would not be one."""
    ready = outgoing(text)
    if not _PLAIN_ADDRESS.fullmatch(ready):
        return None
    try:
        return Address(name, addr_spec=ready)
    except (ValueError, IndexError):
        return None


def _header(text: str) -> str:
    """On one line: a header never holds a control character."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
