"""`partners setup`: make the database and the Temporal namespace ready. Safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.cli.webhooks import webhook
from partners.loading import on_use
from partners.policy_file import default_policy_path, read_policy
from partners.settings import load_settings
from partners.store.engine.database import Database

with on_use():
    from partners.use_cases.setup import setting_up

if TYPE_CHECKING:
    from partners.use_cases.acting import Admin
    from partners.use_cases.setup.setting_up import Namespace


def setup(
    by: common.By,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The first policy to accept. Default: program.toml."),
    ] = None,
    database_only: Annotated[
        bool, typer.Option("--database-only", help="Leave Temporal alone.")
    ] = False,
) -> None:
    """Make everything ready: tables, a first policy, search attributes, schedules; repeatable."""
    settings = load_settings()
    settings.require_mail()
    database = Database(settings.database_url)
    try:
        who = common.admin(common.program_of(database), by)
        revision = setting_up.upgrade(who)
        common.out.print(f"database {database.url}: at migration {revision}", soft_wrap=True)
        _first_policy(who, policy)
        webhook.prepare(who)
        if not database_only:
            events = bool(settings.webhook_url)
            _say(common.run(setting_up.prepare_namespace(who, settings.sends, events), None))
    finally:
        database.close()


def _first_policy(by: Admin, file: Path | None) -> None:
    """Accept a policy if none has been; a newer file is for people to accept (rule 6)."""
    first = setting_up.accept_first(by, *read_policy(file or default_policy_path()))
    name = file or default_policy_path().name
    if first.is_new:
        common.out.print(f"policy: accepted {name} as version {first.version}", soft_wrap=True)
        return
    common.out.print(f"policy: version {first.version} is in force", soft_wrap=True)
    if file is not None and first.differs:
        common.warn(
            f"{name} differs from it; to put it in force run: partners policy publish {name}"
        )


def _say(namespace: Namespace) -> None:
    common.out.print(
        f"namespace {namespace.name}: search attributes registered"
        + (f" ({', '.join(namespace.added)})" if namespace.added else "; nothing to add"),
        soft_wrap=True,
    )
    common.out.print(f"schedules: {', '.join(namespace.schedules)}", soft_wrap=True)
