"""A person's command about a partner: what it would do, and doing it, on a case or by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from activities.judging.gathering import CaseFile
from activities.overrides import without_case
from activities.overrides.without_case import LockedPartner
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.commands import CaseCommand, Command, CommandKind
from partners.domain.overrides.override import why_unsigned
from partners.loading import on_use
from partners.store.cases import cases
from partners.store.overrides import overrides
from partners.store.tables.case_tables import InterventionRow
from partners.use_cases import telling
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_previews import Preview
from partners.use_cases.cases.case_refusals import CaseIsOpen, NoCaseIsOpen, UnfitReason

with on_use():
    from activities.cases import intervention_notice, pauses
    from activities.overrides import command_steps
    from partners.temporal import commanding, running
    from partners.use_cases.cases import case_commands


@dataclass(frozen=True)
class Done:
    """What was done."""

    answer: str | None  # the case's own, where one is open; else:
    words: str = ""
    why_not_told: str | None = None  # None: the mail is on its way, unless …
    unreachable: str | None = None  # … the server that sends it could not be reached


def preview_command(by: Manager, partner_id: str, kind: CommandKind, command: Command) -> Preview:
    """Carry a command out and roll it back. Raises a refusal where it would be refused."""
    command = _signed(by, command)
    with by.database.rolled_back() as session:
        case = cases.open_case_of(session, partner_id)
        if case is None:
            row = _carry_out(by, session, partner_id, kind, command)
            return _preview(session, row, None, 0, row.at)
        if kind not in commanding.UPDATES:
            raise CaseIsOpen(partner_id)
        revision = case.revision
        file = CaseFile.of(session, case.case_id, by.now())
        on_case = CaseCommand(**vars(command), case_id=case.case_id)
        if kind is CommandKind.RESUMED:
            return _resumption(file, on_case, revision)
        row = command_steps.carry_out(file, kind, on_case)
        return _preview(session, row, case.case_id, revision, file.now)


def _signed(by: Manager, command: Command) -> Command:
    """The command as whoever acts gives it (rule 16)."""
    if why := why_unsigned(by.name, command.reason):
        raise UnfitReason(why)
    return replace(command, who=by.name)


def _resumption(file: CaseFile, command: CaseCommand, revision: int) -> Preview:
    """Of a pause it is shown as of any command; what follows from other holds the case decides."""
    case_id = file.case.case_id
    if file.case.hold_reason != HoldReason.PAUSED:
        return Preview(case_id, 0, "end the hold", None, asks=False)
    pauses.resume(file, command)
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


def _carry_out(
    by: Manager, session: Session, partner_id: str, kind: CommandKind, command: Command
) -> InterventionRow:
    desk = LockedPartner.of(session, partner_id, command, by.now())
    if kind not in without_case.WITHOUT_CASE:
        raise NoCaseIsOpen(partner_id)
    return without_case.carry_out(desk, kind)


async def give_command(
    by: Manager, partner_id: str, kind: CommandKind, command: Command, seen: Preview
) -> Done:
    """Carry a command out as it was shown; a case that has changed since then refuses."""
    command = _signed(by, command)
    if seen.case_id is None:
        return await _without_case(by, partner_id, kind, command)
    on_case = replace(command, revision=seen.revision)
    update = commanding.UPDATES[kind]
    return Done(await case_commands.command_case(by, partner_id, update, on_case))


async def _without_case(by: Manager, partner_id: str, kind: CommandKind, command: Command) -> Done:
    """Without a server nothing is decided; without a worker the mail waits for one."""
    client = await by.program.connect()
    with by.database.write() as session:
        row = _carry_out(by, session, partner_id, kind, command)
        done = Done(None, overrides.what_was_done(row), row.told)
    try:
        if done.why_not_told is None:
            await running.RunningInterventions(client).start(partner_id)
        for changed in {partner_id} & set(by.database.news):
            await running.RunningDeliveries(client).start(changed)
    except running.RPCError as error:
        return replace(done, unreachable=error.message)
    await telling.exclusives_of(by, partner_id)  # a tier or a block may have changed
    return done


async def tell_partner(by: Manager, partner_id: str) -> bool:
    """Have the partner told of what people did, where that could not start; False if they have
    been told of everything."""
    with by.database.read() as session:
        if overrides.next_untold(session, partner_id) is None:
            return False
    await running.RunningInterventions(await by.program.connect()).start(partner_id)
    return True
