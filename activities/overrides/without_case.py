"""What a person does about a partner without an open case: decided, carried out and recorded in
one transaction. `workflows.intervention` then tells the partner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.cases.case import CaseStatus
from partners.domain.cases.commands import (
    AppealState,
    Clock,
    Command,
    CommandKind,
    Lowering,
    why_no_appeal,
    why_no_removal,
)
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy, TierKind
from partners.domain.record.decisions import Step
from partners.domain.time.calendar import ProgramCalendar
from partners.errors import UserError
from partners.store.cases import cases
from partners.store.ladder import ladder
from partners.store.offers.catalogue import known_offer
from partners.store.overrides import appeals, overrides
from partners.store.overrides.command_refusals import (
    AppealTooLate,
    NoRemoval,
    PartnerIsBlocked,
    TierIsPinned,
)
from partners.store.overrides.overrides import refuse_if
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.tables.case_tables import InterventionRow, TierChangeRow
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class LockedPartner:
    """A partner, locked, and all that a decision about them needs."""

    session: Session
    partner: PartnerRow
    command: Command
    version: int
    policy: Policy
    now: datetime  # program time

    @classmethod
    def of(
        cls, session: Session, partner_id: str, command: Command, now: datetime
    ) -> LockedPartner:
        """Raises UnknownPartner, or NoPolicy before the first."""
        partner = locked_partner(session, partner_id)
        return cls(session, partner, command, *policies.required(session, now), now)

    @property
    def calendar(self) -> ProgramCalendar:
        return calendar_of(self.policy)

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @property
    def who(self) -> str:
        return self.partner.partner_id

    def lowering(self) -> tuple[TierChangeRow, Lowering] | None:
        return appeals.lowering(self.session, self.partner, self.policy)

    def record(
        self, kind: CommandKind, tier: str | None, offers: tuple[str, ...] = ()
    ) -> InterventionRow:
        """Keep what was done, as an intervention and as a decision (rule 15)."""
        deed = overrides.Deed(
            kind,
            self.who,
            self.command,
            at=self.now,
            policy_version=self.version,
            tier=tier,
            to_tier=self.partner.tier,
            offers=offers,
        )
        row = overrides.record(self.session, deed)
        decided = cases.Decided(
            partner_id=self.who,
            case=None,
            at=self.now,
            step=Step(kind),
            result=overrides.what_was_done(row),
            as_of=self.today,
            policy_version=self.version,
            findings=(),
            actor=self.command.who,
            reason=self.command.reason,
        )
        cases.record_decision(self.session, decided)
        return row


def carry_out(desk: LockedPartner, kind: CommandKind) -> InterventionRow:
    """Do what a person commands. Raises UserError with the reason where it is refused."""
    recorder.sign(desk.session, desk.command.who, desk.now)
    # The partner is locked: no case can be opened for them after this look.
    case = cases.newest_case_of(desk.session, desk.who)
    if case is not None and case.closed_at is None:
        refuse_if(f"a case is open for {desk.who}: it has to be done on the case")
    return _STEPS[kind](desk)


# ---- overrides ----


def _waive(desk: LockedPartner) -> InterventionRow:
    if desk.partner.tier is None:
        refuse_if("in no tier: nobody judges them")
    overrides.waive(desk.session, desk.who, desk.command, desk.today)
    return desk.record(CommandKind.WAIVED, desk.partner.tier)


def _block(desk: LockedPartner) -> InterventionRow:
    known_offer.all_living(desk.session, desk.command.offers)
    overrides.block(desk.session, desk.who, desk.command, desk.today)
    return desk.record(CommandKind.BLOCKED, desk.partner.tier)


def _unblock(desk: LockedPartner) -> InterventionRow:
    offers = overrides.unblock(desk.session, desk.who, desk.today)
    return desk.record(CommandKind.UNBLOCKED, desk.partner.tier, tuple(offers))


def _pin(desk: LockedPartner) -> InterventionRow:
    if desk.partner.tier is None:
        refuse_if("in no tier: there is none to pin")
    overrides.pin(desk.session, desk.who, desk.command, desk.today)
    return desk.record(CommandKind.PINNED, desk.partner.tier)


def _unpin(desk: LockedPartner) -> InterventionRow:
    overrides.unpin(desk.session, desk.who, desk.today)
    return desk.record(CommandKind.UNPINNED, desk.partner.tier)


# ---- tiers ----


def _refuse_if_fixed(desk: LockedPartner) -> None:
    """A block or a pin forbids every change of tier, by whomever (rules 10 and 16)."""
    held = overrides.kinds_in_force(desk.session, desk.who, desk.today)
    if Override.BLOCK in held:
        raise PartnerIsBlocked(desk.who)
    if Override.PIN in held:
        raise TierIsPinned(desk.who)
    if under_way := ladder.candidate_of(desk.session, desk.who, ladder.UNDER_WAY):
        refuse_if(f"a promotion to {under_way.to_tier} is under way")


def _change_tier(desk: LockedPartner, to_tier: str | None, key: str) -> None:
    cases.change_tier(
        desk.session,
        desk.partner,
        to_tier,
        key=key,
        case_id=None,
        at=desk.now,
        day=desk.today,
        actor=desk.command.who,
        reason=desk.command.reason,
    )


def _remove(desk: LockedPartner) -> InterventionRow:
    """Rule 1 holds for people, too: without a case there was no warning."""
    key = desk.partner.tier
    tier = desk.policy.tier(key) if key else None
    if key is None or tier is None:
        raise UserError("refused: in no tier to be removed from")
    if tier.kind is TierKind.PUBLIC:
        refuse_if(f"{key} is public: nobody is removed from it")
    none = Clock(CaseStatus.CLOSED)
    refuse_if(why_no_removal(none, desk.calendar, desk.now, desk.command.beyond_policy))
    _refuse_if_fixed(desk)
    # A person is not held by the guard, but is counted, and not beside a step that counts.
    cases.take_guards_turn(desk.session)
    cases.record_action(desk.session, f"removed/{desk.who}/{desk.now}", desk.who, desk.now)
    below = desk.policy.tier_below(key)
    _change_tier(desk, below.key if below else None, f"removed/{desk.who}/{desk.now}")
    return desk.record(CommandKind.REMOVED, key)


def _reinstate(desk: LockedPartner) -> InterventionRow:
    """Back into the tier that the partner was moved down from, whatever the re-entry days."""
    found = desk.lowering()
    if found is None:
        raise NoRemoval(desk.who)
    _refuse_if_fixed(desk)
    row, lowering = found
    _change_tier(desk, lowering.from_tier, f"reinstated/{row.key}")
    return desk.record(CommandKind.REINSTATED, lowering.from_tier)


# ---- appeals ----


def _appeal(desk: LockedPartner) -> InterventionRow:
    found = desk.lowering()
    lowering = found[1] if found else None
    days = appeals.days_to_appeal(desk.session, found[0], desk.policy) if found else 0
    if why := why_no_appeal(lowering, days, desk.today):
        if lowering is not None:
            raise AppealTooLate(lowering.changed_on, lowering.last_appeal(days))
        refuse_if(why)
    assert found is not None
    appeals.open_new(desk.session, desk.who, desk.command, desk.now, against=found[0].key)
    return desk.record(CommandKind.APPEALED, found[1].from_tier)


def _uphold(desk: LockedPartner) -> InterventionRow:
    row = appeals.answer(desk.session, desk.who, AppealState.UPHELD, desk.command, desk.now)
    change = desk.session.get(TierChangeRow, row.against) if row.against else None
    tier = appeals.left_tier(desk.session, change) if change else desk.partner.tier
    return desk.record(CommandKind.UPHELD, tier)


def _overturn(desk: LockedPartner) -> InterventionRow:
    """Undo the removal: back to the tier that was left, once per appeal."""
    row = appeals.answer(desk.session, desk.who, AppealState.OVERTURNED, desk.command, desk.now)
    found = desk.lowering()
    if found is None or found[0].key != row.against:
        raise UserError("refused: the tier has changed since; uphold it, and change the tier")
    _refuse_if_fixed(desk)
    _change_tier(desk, found[1].from_tier, f"appeal/{row.appeal_id}/overturned")
    return desk.record(CommandKind.OVERTURNED, found[1].from_tier)


_STEPS: dict[CommandKind, Callable[[LockedPartner], InterventionRow]] = {
    CommandKind.WAIVED: _waive,
    CommandKind.BLOCKED: _block,
    CommandKind.UNBLOCKED: _unblock,
    CommandKind.PINNED: _pin,
    CommandKind.UNPINNED: _unpin,
    CommandKind.REINSTATED: _reinstate,
    CommandKind.REMOVED: _remove,
    CommandKind.APPEALED: _appeal,
    CommandKind.UPHELD: _uphold,
    CommandKind.OVERTURNED: _overturn,
}
WITHOUT_CASE = frozenset(_STEPS)
