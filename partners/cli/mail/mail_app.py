"""What the modules of `partners mail` share: their checks."""

from __future__ import annotations

from partners.domain.mail.notices import MailState, NoticeKind
from partners.errors import UserError


def check(value: str | None, known: type[NoticeKind] | type[MailState], name: str) -> None:
    """Raises UserError, with those that exist, for a name that does not."""
    names = [member.value for member in known]
    if value is not None and value not in names:
        raise UserError(f"unknown {name} {value!r}; use one of {', '.join(names)}")


def check_kind(kind: str | None) -> None:
    check(kind, NoticeKind, "kind")
