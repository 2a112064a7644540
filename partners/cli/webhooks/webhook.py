"""`partners webhook …`: changes told to the outside: what waits, dead letters, a new secret."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Json, Limit, print_list
from partners.cli.progress import Step, counted, progress
from partners.domain.number_words import number_of
from partners.domain.record.audit import canonical
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.provider import build_receiver
from partners.receiver import PREFIX, NotDelivered
from partners.settings import load_settings
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.record import recorder
from partners.store.tables.audit_tables import WebhookEventRow
from partners.store.webhooks import webhooks

with on_use():
    from partners.cli import signals
    from partners.temporal import running

if TYPE_CHECKING:
    from temporalio.client import Client

EventId = Annotated[str, typer.Argument(metavar="ID", help="An event's id (evt_…) or number.")]
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


def secret() -> None:
    """Make a new secret for PARTNERS_WEBHOOK_SECRET; it is printed once and kept nowhere."""
    common.out.write(PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


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


def list_events(as_json: Json = False, limit: Limit = None) -> None:
    """Events that have not arrived, the oldest first; dead ones hold up their partner's."""
    with common.database() as database, database.read() as session:
        on = webhooks.is_on(session)
        print_list(
            "events",
            webhooks.undelivered(session),
            lambda: Table("event", "partner", "type", "since", "state", "attempts", "last answer"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="Everything has arrived." if on else "Nobody is told of changes.",
        )


def _add(table: Table, row: WebhookEventRow) -> None:
    since = f"{row.occurred_at:%Y-%m-%d %H:%M}"
    cells = (row.type, since, row.state, str(row.attempts), row.last_error or "")
    table.add_row(row.webhook_id, row.partner_id, *cells)


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
            dead = webhooks.undelivered(session, [webhooks.DEAD])
            for row in list(dead) if everything else [webhooks.find(session, event)]:
                webhooks.retry(row)
        started = _start(database)
    common.out.print(
        f"Deliveries started for {number_of(started, 'partner')}; see: partners webhook list"
    )


def skip(
    event: EventId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept as a note.")],
    by: common.By,
) -> None:
    """Pass over one event, so that those after it go out. The receiver never gets it."""
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


def off(by: common.By) -> None:
    """Tell nobody of changes any more; `partners setup` with an address set begins anew."""
    with common.database() as database, database.write() as session:
        recorder.sign(session, by, common.program_now(database))
        was_on = webhooks.turn_off(session)
    common.out.print("Nobody is told of changes any more." if was_on else "Nobody was told.")


def _start(database: Database) -> int:
    """Start the delivery of everything that waits; returns for how many partners."""
    with database.read() as session:
        ids = webhooks.to_deliver(session)

    async def start(client: Client, step: Step) -> None:
        deliveries = running.RunningDeliveries(client)
        for partner_id in counted(ids, step):
            await deliveries.start(partner_id)

    if ids:
        with progress("starting deliveries", len(ids)) as step:
            signals.with_temporal(lambda client: start(client, step), None)
    return len(ids)
