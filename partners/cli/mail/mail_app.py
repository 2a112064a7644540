"""What the modules of `partners mail` share: the group itself and its checks."""

from __future__ import annotations

import typer

from partners.domain.mail.notices import MailState, NoticeKind
from partners.errors import UserError

app = typer.Typer(
    no_args_is_help=True, help="Read the outbox; preview and test notices; mark as sent."
)


def check(value: str | None, known: type[NoticeKind] | type[MailState], name: str) -> None:
    """Raises UserError, with those that exist, for a name that does not."""
    names = [member.value for member in known]
    if value is not None and value not in names:
        raise UserError(f"unknown {name} {value!r}; use one of {', '.join(names)}")


def check_kind(kind: str | None) -> None:
    check(kind, NoticeKind, "kind")
