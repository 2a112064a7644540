"""`partners webhook …`: changes told to the outside: what waits, dead letters, a new secret."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer
from rich.table import Table

from partners.cli import common
from partners.domain.record.audit import canonical
from partners.domain.webhooks.view import EventState
from partners.errors import SetupError, UserError
from partners.provider import build_receiver
from partners.receiver import PREFIX, NotDelivered
from partners.settings import load_settings
from partners.store.engine.database import Database
from partners.store.record import recorder
from partners.store.tables.audit_tables import WebhookEventRow
from partners.store.webhooks import webhooks

app = typer.Typer(no_args_is_help=True, help="Changes told to the outside, and dead letters.")
EventId = Annotated[str, typer.Argument(metavar="ID", help="An event's id (evt_…) or number.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
SECRET_BYTES = 32


def prepare(database: Database) -> None:
    """For `partners setup`: with an address set, changes are told from now on."""
    settings = load_settings()
    if build_receiver(settings) is None:
        return
    with database.write() as session:
        is_new = webhooks.turn_on(session, common.now())
    words = "changes of tier, standing and block are told from now on" if is_new else "on"
    common.out.print(f"webhook: {words}", soft_wrap=True)


@app.command()
def secret() -> None:
    """Make a new secret for PARTNERS_WEBHOOK_SECRET; it is printed once and kept nowhere."""
    common.out.write(PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


@app.command()
def test() -> None:
    """Hand the receiver a signed event of type `partner.test`, and say what it answers."""
    receiver = build_receiver(load_settings())
    if receiver is None:
        raise SetupError("no receiver is set; set PARTNERS_WEBHOOK_URL and PARTNERS_WEBHOOK_SECRET")
    now = datetime.now(UTC)
    body = canonical({"type": "partner.test", "timestamp": now, "data": {}})
    try:
        asyncio.run(receiver.deliver(f"evt_{uuid4().hex}", body, now))
    except NotDelivered as failure:
        raise UserError(f"the receiver has not taken it: {failure}") from failure
    common.out.print("The receiver has taken it.")


@app.command("list")
def list_events(as_json: Json = False) -> None:
    """Events that have not arrived, the oldest first; dead ones hold up their partner's."""
    with common.database() as database, database.read() as session:
        rows = webhooks.undelivered(session)
        on = webhooks.is_on(session)
    if as_json:
        common.out.write_json([_facts(row) for row in rows])
    elif rows:
        table = Table("event", "partner", "type", "since", "state", "attempts", "last answer")
        for row in rows:
            since = f"{row.occurred_at:%Y-%m-%d %H:%M}"
            cells = (row.type, since, row.state, str(row.attempts), row.last_error or "")
            table.add_row(row.webhook_id, row.partner_id, *cells)
        common.out.print(table)
    else:
        common.out.print("Everything has arrived." if on else "Nobody is told of changes.")


def _facts(row: WebhookEventRow) -> dict[str, object]:
    return {
        "id": row.webhook_id,
        "sequence": row.event_id,
        "partner_id": row.partner_id,
        "type": row.type,
        "occurred_at": row.occurred_at.isoformat(),
        "state": row.state,
        "attempts": row.attempts,
        "last_error": row.last_error,
        "body": json.loads(row.body),
    }


@app.command()
def retry(
    by: common.By,
    event: Annotated[str, typer.Argument(metavar="[ID]", help="An event; or --all.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
) -> None:
    """Have dead letters delivered again; those after them follow. Also starts what waits."""
    if bool(event) == everything:
        raise UserError("name one event, or --all")
    with common.database() as database:
        with database.write() as session:
            recorder.sign(session, by, common.program_now(database))
            rows = webhooks.undelivered(session, [EventState.DEAD]) if everything else []
            for row in rows or ([webhooks.find(session, event)] if event else []):
                webhooks.retry(row)
        started = _start(database)
    common.out.print(f"Deliveries started for {started} partners; see: partners webhook list")


@app.command()
def skip(
    event: EventId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept as a note.")],
    by: common.By,
) -> None:
    """Pass over one event, so that those after it go out. The receiver never gets it."""
    from partners.store.judging import appraisals

    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, now)
            row = webhooks.find(session, event)
            webhooks.skip(row, common.now())
            words = f"Event {row.webhook_id} ({row.type}) was passed over: {reason}"
            appraisals.note(session, row.partner_id, words, who=by, at=now)
        _start(database)
    common.out.print(f"{event} is passed over.")


@app.command()
def off(by: common.By) -> None:
    """Tell nobody of changes any more; `partners setup` with an address set begins anew."""
    with common.database() as database, database.write() as session:
        recorder.sign(session, by, common.program_now(database))
        was_on = webhooks.turn_off(session)
    common.out.print("Nobody is told of changes any more." if was_on else "Nobody was told.")


def _start(database: Database) -> int:
    """Start the delivery of everything that waits; returns for how many partners."""
    from temporalio.client import Client

    from partners.cli import signals
    from partners.temporal.running import RunningDeliveries

    with database.read() as session:
        ids = webhooks.to_deliver(session)

    async def start(client: Client) -> None:
        deliveries = RunningDeliveries(client)
        for partner_id in ids:
            await deliveries.start(partner_id)

    if ids:
        signals.with_temporal(start)
    return len(ids)
