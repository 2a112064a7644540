"""What a command on an open case would do: it is carried out, and rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from activities.judging.gathering import CaseFile
from partners.domain.cases.case import CaseStatus, Outcome
from partners.domain.cases.view import PlainCommand, SendNotice
from partners.domain.mail.notices import NoticeKind, migration_key
from partners.domain.overrides.override import why_unsigned
from partners.loading import on_use
from partners.mail.notice import Notice
from partners.store.cases import cases
from partners.store.overrides.overrides import QUIET
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_refusals import NoCaseIsOpen, UnfitReason

with on_use():
    from activities.cases import activities as case_activities
    from activities.cases import migration_activities, notice_facts


@dataclass(frozen=True)
class Preview:
    """What a command would do; `case_id` is None where no case is open."""

    case_id: str | None
    revision: int
    words: str
    notice: Notice | None  # None: the partner is not told
    why_not_told: str = ""
    asks: bool = True  # whether there is something to be confirmed


def preview_void(by: Manager, partner_id: str, reason: str, quiet: bool = False) -> Preview:
    """Raises a refusal where the case could not be voided."""
    with _tried(by, partner_id, reason) as file:
        revision = file.case.revision
        case_activities.void(file, PlainCommand(file.case.case_id, by.name, reason, quiet=quiet))
        return _ended(file, revision, "the case ends as if it had not been", quiet)


def preview_migration(by: Manager, partner_id: str, reason: str, quiet: bool = False) -> Preview:
    """Raises a refusal where the case could not be moved to the policy in force."""
    with _tried(by, partner_id, reason) as file:
        case, revision = file.case, file.case.revision
        version, policy = policies.required(file.session, by.now())
        words = f"from policy version {case.policy_version} to {version}"
        given = PlainCommand(case.case_id, by.name, reason, quiet=quiet)
        moved = migration_activities.migrate(file, given, version, policy)
        if case.status == CaseStatus.DECIDING or case.outcome == Outcome.VOIDED:
            case.outcome = Outcome.VOIDED
            words += ", by which the partner was not below: the case ends"
            return _ended(moved, revision, words, quiet)
        if quiet:
            return Preview(case.case_id, revision, words, None, QUIET)
        if migration_key(case.case_id, case.policy_version) in case.notices_done:
            why = "nothing changes of what is required of them"
            return Preview(case.case_id, revision, words, None, why)
        told = SendNotice(case.case_id, NoticeKind.STANDARDS_CHANGED)
        return Preview(case.case_id, revision, words, notice_facts.notice(moved, told))


@contextmanager
def _tried(by: Manager, partner_id: str, reason: str) -> Iterator[CaseFile]:
    """The open case, of which nothing that is done to it stays."""
    if why := why_unsigned(by.name, reason):
        raise UnfitReason(why)
    with by.database.rolled_back() as session:
        locked_partner(session, partner_id)
        case = cases.open_case_of(session, partner_id)
        if case is None:
            raise NoCaseIsOpen(partner_id)
        yield CaseFile.of(session, case.case_id, by.now())


def _ended(file: CaseFile, revision: int, words: str, quiet: bool) -> Preview:
    """A warned partner gets a correction."""
    case = file.case
    file.session.flush()
    if quiet:
        return Preview(case.case_id, revision, words, None, QUIET)
    if case.warned_at is None:
        return Preview(case.case_id, revision, words, None, "no warning had gone out")
    told = SendNotice(case.case_id, NoticeKind.CORRECTION)
    return Preview(case.case_id, revision, words, notice_facts.notice(file, told))
