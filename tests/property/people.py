"""What people do, at any moment: each command is a method. A refusal changes nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from activities.overrides import without_case
from activities.overrides.without_case import LockedPartner
from partners.domain.cases.commands import Command, CommandKind, SignedCommand
from partners.errors import UserError
from partners.store.policy import policies
from partners.store.tables.program_tables import PartnerRow
from tests.property.model import OFFERS, ONE_DAY, Override
from tests.property.program import FAULTS, PARTNER, Program
from tests.property.worker import Fault

SOME_DAYS = st.integers(0, 60)
UNTIL = st.one_of(st.none(), SOME_DAYS)
"""In how many days the last one is; None: for good."""


class People(Program):
    """Commands on a case, as updates; without a case, by hand, as the command line does."""

    # ---- giving a command ----

    def _give(
        self, partner_id: str, kind: CommandKind, fault: Fault | None = None, **details: Any
    ) -> bool:
        """On the open case if there is one; whether it was carried out."""
        if self._case_as_found(partner_id):
            activity = self._activity(kind)
            return activity is not None and self._order(partner_id, kind, activity, fault, details)
        return self._by_hand(partner_id, kind, details)

    def _case_as_found(self, partner_id: str) -> dict[str, Any]:
        """The open case as a command finds it: after what the run has asked for already."""
        self.worker.catch_up(partner_id)
        return self.open_case(partner_id)

    def _activity(self, kind: CommandKind) -> Callable[[Any], Any] | None:
        commands = self.worker.commands
        return {
            CommandKind.EXTENDED: commands.extend_case,
            CommandKind.PAUSED: commands.pause_case,
            CommandKind.RESUMED: self.worker.cases.resume_case,
            CommandKind.WAIVED: commands.waive_case,
            CommandKind.REINSTATED: commands.reinstate_case,
            CommandKind.REMOVED: commands.remove_case,
            CommandKind.BLOCKED: commands.block_case,
            CommandKind.UNBLOCKED: commands.unblock_case,
            CommandKind.APPEALED: commands.appeal_case,
            CommandKind.UPHELD: commands.uphold_case,
            CommandKind.OVERTURNED: commands.overturn_case,
        }.get(kind)

    def _order(
        self,
        partner_id: str,
        name: str,
        activity: Callable[[Any], Any],
        fault: Fault | None,
        details: dict[str, Any],
    ) -> bool:
        self.worker.catch_up(partner_id)
        who, before = self.who(), self.state_of(partner_id)
        plain = name in ("void", "migrate")
        command = SignedCommand(who, "because") if plain else Command(who, "because", **details)
        self.watch.begin(name, bool(details.get("beyond_policy")))
        self.worker.fault = fault
        refusal = self.worker.command(partner_id, name, activity, command)
        self.worker.fault = None
        return self._settle(partner_id, who, refusal, before)

    def _by_hand(self, partner_id: str, kind: CommandKind, details: dict[str, Any]) -> bool:
        self.worker.now += timedelta(seconds=1)  # no two commands are given at one instant
        who, before, refusal = self.who(), self.state_of(partner_id), None
        self.watch.begin(kind, bool(details.get("beyond_policy")))
        try:
            with self.database.write() as session:
                partner = session.get_one(PartnerRow, partner_id)
                in_force = policies.in_force_at(session, self.now)
                assert in_force is not None
                command = Command(who, "because", **details)
                desk = LockedPartner(session, partner, command, *in_force, self.now)
                if kind not in without_case.WITHOUT_CASE:
                    raise UserError("refused: no case is open")
                without_case.carry_out(desk, kind)
        except UserError as error:
            refusal = str(error)
        self.watch.look(self.now)
        return self._settle(partner_id, who, refusal, before)

    def _settle(self, partner_id: str, who: str, refusal: str | None, before: object) -> bool:
        """Of a command whose answer was lost the person may hear that it was refused."""
        done = refusal is None or self.state_of(partner_id) != before
        if done:
            self.model.orders_given[who] = partner_id
        else:
            assert refusal
            assert "\n" not in refusal
            self.model.refused.add(who)
        self.giver = who
        return done

    def _said(self, partner_id: str, kind: str, until: date | None) -> None:
        self.model.overrides.append(Override(partner_id, kind, self.today, until, self.giver))
        self._done()

    def _ended(self, partner_id: str, *kinds: str) -> None:
        for override in self.model.overrides:
            held = override.partner_id == partner_id and override.kind in kinds
            if held and override.holds_on(self.today):
                override.until = self.today - ONE_DAY
        self._done()

    def _done(self) -> None:
        self.watch.end()
        self.watch.look(self.now)

    def _day(self, days: int | None) -> date | None:
        return None if days is None else self.today + timedelta(days)

    # ---- the clock ----

    @rule(partner_id=PARTNER, days=st.integers(1, 40), beyond=st.booleans(), fault=FAULTS)
    def a_person_extends(
        self, partner_id: str, days: int, beyond: bool, fault: Fault | None
    ) -> None:
        before, kind = self._case_as_found(partner_id), CommandKind.EXTENDED
        if self._give(partner_id, kind, fault, days=days, beyond_policy=beyond):
            after = self.open_case(partner_id)
            assert after["period_days"] == before["period_days"] + days, "extended twice"
        self._done()

    @rule(partner_id=PARTNER, days=UNTIL, fault=FAULTS)
    def a_person_pauses(self, partner_id: str, days: int | None, fault: Fault | None) -> None:
        self._give(partner_id, CommandKind.PAUSED, fault, until=self._day(days))
        self._done()

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_resumes(self, partner_id: str, fault: Fault | None) -> None:
        case = self._case_as_found(partner_id)
        asked = bool(case) and case["hold_reason"] == "guard"
        if self._give(partner_id, CommandKind.RESUMED, fault) and asked:
            self.model.approved.add(case["case_id"])
        self._done()

    # ---- ending a case ----

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_cancels_the_case(self, partner_id: str, fault: Fault | None) -> None:
        self._order(partner_id, "void", self.worker.cases.void_case, fault, {})
        self._done()

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_moves_the_case_to_the_policy_in_force(
        self, partner_id: str, fault: Fault | None
    ) -> None:
        self._order(partner_id, "migrate", self.worker.migration.migrate_case, fault, {})
        self._done()

    @rule(partner_id=PARTNER, fault=FAULTS, quiet=st.booleans())
    def a_person_reinstates(self, partner_id: str, fault: Fault | None, quiet: bool) -> None:
        self._give(partner_id, CommandKind.REINSTATED, fault, quiet=quiet)
        self._done()

    @rule(partner_id=PARTNER, fault=FAULTS, beyond=st.booleans())
    def a_person_removes(self, partner_id: str, fault: Fault | None, beyond: bool) -> None:
        self._give(partner_id, CommandKind.REMOVED, fault, beyond_policy=beyond)
        self._done()

    # ---- overrides ----

    @rule(partner_id=PARTNER, days=UNTIL, fault=FAULTS)
    def a_person_waives(self, partner_id: str, days: int | None, fault: Fault | None) -> None:
        until = self._day(days)
        if self._give(partner_id, CommandKind.WAIVED, fault, until=until):
            assert until is not None, "a waiver for good"
            self._said(partner_id, "waiver", until)
        self._done()

    @rule(partner_id=PARTNER, days=UNTIL, fault=FAULTS)
    def a_person_blocks(self, partner_id: str, days: int | None, fault: Fault | None) -> None:
        until = self._day(days)
        if self._give(partner_id, CommandKind.BLOCKED, fault, until=until):
            self._said(partner_id, "block", until)
        self._done()

    @rule(partner_id=PARTNER, offer=st.sampled_from(OFFERS), fault=FAULTS)
    def a_person_blocks_an_offer(self, partner_id: str, offer: str, fault: Fault | None) -> None:
        if self._give(partner_id, CommandKind.BLOCKED, fault, offers=(offer,)):
            self._said(partner_id, "offers", None)
        self._done()

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_unblocks(self, partner_id: str, fault: Fault | None) -> None:
        if self._give(partner_id, CommandKind.UNBLOCKED, fault):
            self._ended(partner_id, "block", "offers")
        self._done()

    @rule(partner_id=PARTNER, days=UNTIL)
    def a_person_pins_the_tier(self, partner_id: str, days: int | None) -> None:
        if self._give(partner_id, CommandKind.PINNED, until=self._day(days)):
            self._said(partner_id, "pin", self._day(days))
        self._done()

    @rule(partner_id=PARTNER)
    def a_person_unpins_the_tier(self, partner_id: str) -> None:
        if self._give(partner_id, CommandKind.UNPINNED):
            self._ended(partner_id, "pin")
        self._done()

    # ---- appeals ----

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_partner_appeals(self, partner_id: str, fault: Fault | None) -> None:
        if self._give(partner_id, CommandKind.APPEALED, fault):
            self.model.appealed.add(partner_id)
        self._done()

    @rule(partner_id=PARTNER, fault=FAULTS, upheld=st.booleans())
    def a_person_answers_the_appeal(
        self, partner_id: str, fault: Fault | None, upheld: bool
    ) -> None:
        kind = CommandKind.UPHELD if upheld else CommandKind.OVERTURNED
        if self._give(partner_id, kind, fault):
            self.model.appealed.discard(partner_id)
        self._done()
