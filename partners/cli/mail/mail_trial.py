"""`partners mail test`: an invented notice, marked as a test, to an address of the allow-list."""

from __future__ import annotations

from typing import Annotated

import typer

from partners.cli import common
from partners.cli.common import check_kind
from partners.cli.mail.mail_preview import Language, PolicyFile, preview_policy
from partners.domain.mail.notices import NoticeKind
from partners.errors import UserError
from partners.loading import on_use
from partners.mail.samples.inventing import invented
from partners.mail.transport import AllowList

with on_use():
    from partners.bootstrap import services as building
    from partners.use_cases.mail import trial


def send_test(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind of notice.")],
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="On the allow-list.")],
    language: Language = None,
    policy: PolicyFile = None,
) -> None:
    """Send an invented notice, marked as a test, the way real mail goes.

    Only to addresses that PARTNERS_MAIL_ALLOW names. It concerns no partner and starts no clock.
    """
    check_kind(kind)
    settings = common.settings_here()
    known = preview_policy(policy)
    notice = invented(NoticeKind(kind), known, language or known.program.language)
    allowed = AllowList.parse(settings.mail_allow)
    with common.acting_as(common.user_name()) as by:
        tried = trial.send_test(
            by, notice, to, allowed, lambda: building.build_services(settings, by.database)
        )
    detail = f" ({tried.detail})" if tried.detail else ""
    what = f"{tried.number} to {to}: {tried.state}{detail}"
    if not tried.taken:
        raise UserError(f"message {what}")
    common.out.write(f"Message {what}")
