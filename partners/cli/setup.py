"""`partners setup`: make the database and the Temporal namespace ready. Safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.cli.nearest import PolicyFile, nearest_policy
from partners.cli.webhooks import webhook
from partners.loading import on_use
from partners.policy_file import read_policy
from partners.settings import load_settings
from partners.store.engine.database import Database

with on_use():
    from partners.use_cases.setup import setting_up

if TYPE_CHECKING:
    from partners.use_cases.acting import Admin
    from partners.use_cases.setup.setting_up import FirstPolicy, Namespace

SAMPLE = (
    "that is the sample that comes with the program; for a policy of your own, write it to "
    "program.toml here and run: partners policy publish program.toml"
)


def setup(
    by: common.By,
    policy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The first policy to accept. Default: program.toml here, else PARTNERS_POLICY.",
        ),
    ] = None,
    database_only: Annotated[
        bool, typer.Option("--database-only", help="Leave Temporal alone.")
    ] = False,
) -> None:
    """Make everything ready: tables, a first policy, search attributes, schedules; repeatable."""
    settings = load_settings()
    settings.require_mail()
    database = Database(settings.database_url, patience=common.PATIENCE_SECONDS)
    try:
        who = common.admin(common.program_of(database), by)
        revision = setting_up.upgrade(who)
        common.out.print(f"database {database.url}: at migration {revision}", soft_wrap=True)
        named = PolicyFile(policy.absolute()) if policy else nearest_policy(settings.policy)
        _first_policy(who, named)
        webhook.prepare(who)
        if not database_only:
            events = bool(settings.webhook_url)
            _say(common.run(setting_up.prepare_namespace(who, settings.sends, events), None))
    finally:
        database.close()


def _first_policy(by: Admin, file: PolicyFile) -> None:
    """Accept a policy if none has been; a newer file is for people to accept (rule 6)."""
    first = setting_up.accept_first(by, *read_policy(file.path))
    version = f"version {first.version}"
    if first.is_new:
        common.out.print(f"policy: accepted {file.path} as {version}", soft_wrap=True)
        if file.is_sample:
            common.warn(SAMPLE)
        return
    common.out.print(f"policy: {_in_force(first)}", soft_wrap=True)
    if first.differs and not file.is_sample:
        publish = common.pasted("partners", "policy", "publish", file.path)
        common.warn(f"{file.path} differs from {version}; to put it in force run: {publish}")


def _in_force(first: FirstPolicy) -> str:
    if first.from_day is None:
        return f"version {first.version} is in force"
    meanwhile = f"; until then version {first.in_force} is" if first.in_force else ""
    return f"version {first.version} is in force from {first.from_day} on{meanwhile}"


def _say(namespace: Namespace) -> None:
    common.out.print(
        f"namespace {namespace.name}: search attributes registered"
        + (f" ({', '.join(namespace.added)})" if namespace.added else "; nothing to add"),
        soft_wrap=True,
    )
    common.out.print(f"schedules: {', '.join(namespace.schedules)}", soft_wrap=True)
