"""A person's decision about a partner: shown, confirmed, carried out, on a case or by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy.orm import Session

from activities.judging.gathering import CaseFile
from activities.overrides import by_hand
from activities.overrides.by_hand import Desk
from partners.cli import common
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.commands import CaseOrder, Intervention, Order
from partners.domain.overrides.command_limits import MOST_YEARS, why_unsigned
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.mail.notice import Notice
from partners.mail.render import Renderer
from partners.settings import load_settings
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.overrides import overrides
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.tables.case_tables import InterventionRow

with on_use():
    from activities.cases import intervention_notice, pauses
    from activities.overrides import case_orders
    from partners.cli import signals
    from partners.temporal import running

if TYPE_CHECKING:
    from temporalio.client import Client

Beyond = Annotated[
    bool, typer.Option("--beyond-policy", help="Go beyond what the rules allow; it is recorded.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Tell the partner nothing; it is recorded.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
Offers = Annotated[
    list[str] | None, typer.Option("--offers", help="Block only this offer; may be repeated.")
]


Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help=f"The last day, YYYY-MM-DD; at most {MOST_YEARS} years ahead.",
    ),
]


@dataclass(frozen=True)
class Preview:
    """What a command would do; `case_id` is None where no case is open."""

    case_id: str | None
    revision: int
    words: str
    notice: Notice | None  # None: the partner is not told
    why_not_told: str = ""
    asks: bool = True  # whether there is something to be confirmed


class _Looked(Exception):
    """Rolls a preview back."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview


def give(partner_id: str, kind: Intervention, order: Order, yes: bool) -> None:
    """Show what a command does and what the partner is told, ask, and carry it out."""
    if why := why_unsigned(order.who, order.reason):
        raise UserError(f"--by and --reason: {why}")
    with common.database() as database:
        preview = look(database, partner_id, kind, order)
        if preview.asks:
            _show(partner_id, kind, preview)
        if preview.asks and not yes and not common.confirm("Do this?"):
            raise UserError("nothing was done")
        if preview.case_id is not None:
            seen = replace(order, revision=preview.revision)
            answer = signals.command_case(partner_id, signals.UPDATES[kind], seen)
        else:
            answer = signals.with_temporal(
                lambda client: _by_hand(client, database, partner_id, kind, order)
            )
    common.out.print(f"{partner_id}: {answer}")


# ---- the preview ----


def look(database: Database, partner_id: str, kind: Intervention, order: Order) -> Preview:
    """Carry a command out and roll it back. Raises UserError where it would be refused."""
    try:
        with database.write() as session:
            raise _Looked(_carried_out(session, database, partner_id, kind, order))
    except _Looked as looked:
        return looked.preview


def _carried_out(
    session: Session, database: Database, partner_id: str, kind: Intervention, order: Order
) -> Preview:
    now = common.program_now(database)
    case = cases.open_case_of(session, partner_id)
    if case is None:
        row = by_hand.carry_out(desk(session, partner_id, kind, order, now), kind)
        return _preview(session, row, None, 0, now)
    if kind not in signals.UPDATES:
        raise UserError(
            f"refused: a case is open for {partner_id}, and its outcome may move the tier; "
            "waive or reinstate first"
        )
    revision = case.revision
    file = CaseFile.of(session, case.case_id, now)
    on_case = CaseOrder(**vars(order), case_id=case.case_id)
    if kind is Intervention.RESUMED:
        return _resumption(file, on_case, revision)
    row = case_orders.carry_out(file, kind, on_case)
    return _preview(session, row, case.case_id, revision, now)


def _resumption(file: CaseFile, order: CaseOrder, revision: int) -> Preview:
    """Of a pause it is shown as of any command; what follows from other holds the case decides."""
    case_id = file.case.case_id
    if file.case.hold_reason != HoldReason.PAUSED:
        return Preview(case_id, 0, "end the hold", None, asks=False)
    pauses.resume(file, order)
    if file.case.status == CaseStatus.ON_HOLD:
        return Preview(case_id, revision, "end the pause", None, "an appeal is yet to be answered")
    row = overrides.of_case(file.session, case_id)[-1]
    return _preview(file.session, row, case_id, revision, file.now)


def _preview(
    session: Session, row: InterventionRow, case_id: str | None, revision: int, now: datetime
) -> Preview:
    session.flush()
    words = overrides.what_was_done(row)
    if row.told is not None:
        return Preview(case_id, revision, words, None, row.told)
    draft = intervention_notice.compose(session, row, now)
    if isinstance(draft, str):
        return Preview(case_id, revision, words, None, draft)
    return Preview(case_id, revision, words, draft.notice)


def _show(partner_id: str, kind: Intervention, preview: Preview) -> None:
    where = f" (case {preview.case_id})" if preview.case_id else ""
    common.out.print(f"{partner_id}{where}: {kind}: {preview.words}")
    if preview.notice is None:
        common.out.print(f"The partner gets no mail: {preview.why_not_told}.")
        return
    message = Renderer(load_settings().templates).render(preview.notice)
    common.out.print("The partner gets this mail:", style="bold")
    common.out.print(f"Subject: {message.subject}\n\n{message.text}")


# ---- by hand ----


def desk(
    session: Session, partner_id: str, kind: Intervention, order: Order, now: datetime
) -> Desk:
    """The partner, locked. Raises UserError for an unknown one, or what needs a case."""
    partner = locked_partner(session, partner_id)
    if kind not in by_hand.BY_HAND:
        raise UserError(f"refused: no case is open for {partner_id}")
    version, policy = policies.required(session, now)
    return Desk(session, partner, order, version, policy, now)


async def _by_hand(
    client: Client, database: Database, partner_id: str, kind: Intervention, order: Order
) -> str:
    """Without a server nothing is decided; without a worker the mail waits for one."""
    with database.write() as session:
        now = common.program_now(database)
        row = by_hand.carry_out(desk(session, partner_id, kind, order, now), kind)
        told, words = row.told, overrides.what_was_done(row)
    try:
        if told is None:
            await running.RunningInterventions(client).start(partner_id)
        for changed in {partner_id} & set(database.news):
            await running.RunningDeliveries(client).start(changed)
    except signals.RPCError as error:
        raise SetupError(
            f"it is done and recorded, but the partner was not told ({error.message}); try "
            f"again: partners tell {partner_id}"
        ) from error
    mail = told or f"the mail is on its way (partners mail list --partner {partner_id})"
    return f"{kind}: {words}; {mail}."


def tell(partner: Annotated[str, typer.Argument(metavar="PARTNER")]) -> None:
    """Tell a partner what people decided, where that could not start; nobody is told twice."""
    with common.database() as database, database.read() as session:
        if overrides.next_untold(session, partner) is None:
            common.out.print(f"{partner} has been told of everything.")
            return
    signals.with_temporal(lambda client: running.RunningInterventions(client).start(partner))
    common.out.print(f"{partner} is being told.")
