"""`partners dev`: a Temporal server with its UI, a database, a worker and the mails, all here."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from partners import dev_record
from partners.cli import common
from partners.cli.bounds import port
from partners.cli.local.local_mail import DevMail, sendgrid_local
from partners.cli.nearest import nearest_policy
from partners.loading import on_use
from partners.policy_file import read_policy
from partners.settings import Mode, Settings, load_settings
from partners.store.engine.database import Database

with on_use():
    from partners import embedded
    from partners.mail.standin import server as standing
    from partners.temporal import schedules
    from partners.use_cases.policy import versions
    from partners.use_cases.setup import setting_up
    from partners.web import app as pages

FOLDER = dev_record.FOLDER


def dev(
    port: Annotated[int, port("Temporal's port.")] = 7233,
    ui_port: Annotated[int, port("The Temporal UI's port.")] = 8233,
    mail_port: Annotated[int, port("The port of the mail pages.")] = 8025,
    mail: Annotated[
        DevMail, typer.Option(help="sendgrid-local: as in production, to a stand-in here.")
    ] = DevMail.OUTBOX,
) -> None:
    """Run everything here until Ctrl-C. Data is kept in .partners/, so cases go on next time."""
    with embedded.only_one(FOLDER / dev_record.LOCK, "partners dev"):
        settings = load_settings(mode=Mode.DEV, mail_transport="outbox")  # whatever `.env` says
        asyncio.run(_serve(settings, embedded.Ports(port, ui_port, mail_port), mail))


async def _serve(settings: Settings, wanted: embedded.Ports, mail: DevMail) -> None:
    stop = embedded.stop_asked()
    database = Database(settings.database_url, pool_size=settings.activity_threads)
    prepare(database, settings.policy)
    ports, notes = embedded.free_ports(wanted)
    for note in notes:
        common.out.print(note)
    settings = embedded.with_links(settings, ports.mail)
    standin: standing.StandIn | None = None
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        server = await stack.enter_async_context(embedded.dev_server(ports, FOLDER / "temporal.db"))
        if mail is DevMail.SENDGRID_LOCAL:
            webhook = f"http://{embedded.HOST}:{ports.mail}{pages.WEBHOOK_PATH}"
            sender = _contact_address(database)
            local = sendgrid_local(settings, sender, webhook)
            settings, standin = stack.enter_context(local)
            await schedules.prepare_mail(server.client)
        await stack.enter_async_context(embedded.working(server.client, settings, database))
        app = pages.dev_app(database, settings, server.client, standin)
        mails = await stack.enter_async_context(embedded.mail_pages(database, ports.mail, app))
        record = dev_record.recorded(FOLDER, server.address, settings.database_url)
        stack.enter_context(record)
        _print_links(server.ui_url, mails, server.address)
        if standin is not None:
            common.out.print(
                f"SendGrid      a stand-in at {settings.sendgrid_host}", soft_wrap=True
            )
        await stop.wait()
        common.out.print("\nStopping: running steps finish first. Cases go on at the next start.")
    # An interpreter that exits right after using the SDK can abort (sdk-python #300).
    await asyncio.sleep(0.2)


def prepare(database: Database, named: Path | None = None) -> None:
    """Migrations, and the nearest policy where none has been accepted yet."""
    by = common.admin(common.program_of(database), common.user_name())
    setting_up.upgrade(by)
    common.out.print(f"database      {database.url}", soft_wrap=True)
    if (version := setting_up.newest_version(by)) is not None:
        common.out.print(f"policy        version {version}")
        return
    file = nearest_policy(named)
    setting_up.accept_first(by, *read_policy(file.path))
    sample = ", the sample that comes with the program," if file.is_sample else ""
    publish = common.pasted("partners", "policy", "publish", file.path)
    common.out.print(
        f"policy        accepted {file.path}{sample} as version 1; to change it, edit it and run: "
        f"{publish}",
        soft_wrap=True,
    )


def _contact_address(database: Database) -> str:
    by = common.admin(common.program_of(database), common.user_name())
    return versions.in_force(by).policy.program.contact_email


def _print_links(ui_url: str, mails: str, address: str) -> None:
    common.out.print(f"Temporal UI   {ui_url}", soft_wrap=True)
    common.out.print(f"mails         {mails}", soft_wrap=True)
    common.out.print(f"other clients TEMPORAL_ADDRESS={address}", soft_wrap=True)
    common.out.print(
        "Ready. In another terminal, in this folder, `partners` finds it. Ctrl-C ends this.",
        soft_wrap=True,
    )
