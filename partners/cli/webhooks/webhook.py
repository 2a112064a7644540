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

from partners.bootstrap.mail_and_events import build_receiver
from partners.cli import common
from partners.cli.paging import Json, Limit, print_list
from partners.domain.number_words import number_of
from partners.domain.record.audit import canonical
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.receiver import PREFIX, NotDelivered
from partners.settings import load_settings

with on_use():
    from partners.use_cases.webhooks import webhook_events

if TYPE_CHECKING:
    from partners.use_cases.acting import Admin
    from partners.use_cases.webhooks.webhook_events import Event

COLUMNS = ("event", "partner", "type", "since", "state", "attempts", "last answer", "id")
EventId = Annotated[str, typer.Argument(metavar="ID", help="An event's id (evt_…) or number.")]
SECRET_BYTES = 32


def prepare(by: Admin) -> None:
    """For `partners setup`: with an address set, changes are told from now on."""
    if build_receiver(load_settings()) is None:
        return
    is_new = webhook_events.turn_on(by)
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
    with common.asking() as by:
        undelivered = webhook_events.undelivered(by)
        print_list(
            "events",
            undelivered.events,
            lambda: Table(*COLUMNS),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="Everything has arrived." if undelivered.on else "Nobody is told of changes.",
        )


def _add(table: Table, row: Event) -> None:
    since = f"{row.occurred_at:%Y-%m-%d %H:%M}"
    cells = (row.type, since, row.state, str(row.attempts), row.last_error or "")
    table.add_row(str(row.event_id), row.partner_id, *cells, row.webhook_id)


def _facts(row: Event) -> dict[str, object]:
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
    with common.acting_as(by) as who:
        started = common.run(webhook_events.retry(who, event or None), None)
    common.out.print(
        f"Deliveries started for {number_of(started, 'partner')}; see: partners webhook list"
    )


def skip(
    event: EventId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept as a note.")],
    by: common.By,
) -> None:
    """Pass over one event, so that those after it go out. The receiver never gets it."""
    with common.acting_as(by) as who:
        common.run(webhook_events.skip(who, event, reason), None)
    common.out.print(f"{event} is passed over.")


def off(by: common.By) -> None:
    """Tell nobody of changes any more; `partners setup` with an address set begins anew."""
    with common.acting_as(by) as who:
        was_on = webhook_events.turn_off(who)
    common.out.print("Nobody is told of changes any more." if was_on else "Nobody was told.")
