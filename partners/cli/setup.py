"""`partners setup`: make the database and the Temporal namespace ready. Safe to repeat."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from partners.cli import common
from partners.cli.progress import progress
from partners.cli.webhooks import webhook
from partners.domain.policy.policy import Policy
from partners.loading import on_use
from partners.policy_file import default_policy_path, read_policy
from partners.settings import Settings, load_settings
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.policy import policies

with on_use():
    from partners.temporal import connecting as temporal
    from partners.temporal import schedules, staff_schedules


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
        with progress("bringing the database up to date"):
            revision = migrate.upgrade(database)
        common.out.print(f"database {database.url}: at migration {revision}", soft_wrap=True)
        _first_policy(database, policy, by)
        webhook.prepare(database)
        with database.read() as session:
            _, in_force = policies.required(session, common.now())
    finally:
        database.close()
    if not database_only:
        asyncio.run(_prepare_namespace(in_force, settings))
        time.sleep(0.2)  # an exit right after using Temporal's SDK can abort (sdk-python #300)


def _first_policy(database: Database, file: Path | None, by: str) -> None:
    """Accept a policy if none has been; a newer file is for people to accept (rule 6)."""
    policy, source = read_policy(file or default_policy_path())
    name = file or default_policy_path().name
    with database.write() as session:
        newest = policies.newest(session)
        if newest is None:
            version = policies.accept(session, policy, source, common.now(), by)
            common.out.print(f"policy: accepted {name} as version {version}", soft_wrap=True)
            return
    version, accepted = newest
    common.out.print(f"policy: version {version} is in force", soft_wrap=True)
    if file is not None and policies.fingerprint(policy) != policies.fingerprint(accepted):
        common.warn(
            f"{name} differs from it; to put it in force run: partners policy publish {name}"
        )


async def _prepare_namespace(policy: Policy, settings: Settings) -> None:
    client = await temporal.connect()
    added = await temporal.register_search_attributes(client)
    common.out.print(
        f"namespace {client.namespace}: search attributes registered"
        + (f" ({', '.join(added)})" if added else "; nothing to add"),
        soft_wrap=True,
    )
    made = await schedules.prepare(client, policy)
    if settings.sends:
        made.append(await schedules.prepare_mail(client))
        made.append(await schedules.prepare_reconciliation(client, policy))
    made += await staff_schedules.prepare(client, policy, events=bool(settings.webhook_url))
    common.out.print(f"schedules: {', '.join(made)}", soft_wrap=True)
