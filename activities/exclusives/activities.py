"""An exclusive in its term: what is due, done once. Gather, decide, apply; safe to repeat."""

from __future__ import annotations

from temporalio import activity

from activities.exclusives import term_steps
from activities.exclusives.term_file import TermFile
from activities.exclusives.term_view import view
from activities.services import Activities, Services, program_now
from partners.domain.exclusives.view import ExclusiveRef, TakeTermStep, TermView


class ExclusiveActivities(Activities):
    """What the workflow of an exclusive does to the database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def look_at_exclusive(self, ref: ExclusiveRef) -> TermView:
        """How it stands, what is due, and what is ahead. Changes nothing."""
        now = program_now(self._services.clock)
        with self._services.database.read() as session:
            file = TermFile.of(session, ref.exclusive_id, now, lock=False)
            if file is None:
                return TermView(ref.exclusive_id, clock=self._services.clock)
            return view(file, self._services)

    @activity.defn
    def take_exclusive_step(self, request: TakeTermStep) -> TermView:
        """Do what is due, and store it with what is to be told of it.

        The state decides: where something else is due by now, nothing is done (rule 17); so a
        repeat finds the step done.
        """
        now = program_now(self._services.clock)
        with self._services.database.write() as session:
            file = TermFile.of(session, request.exclusive_id, now)
            if file is None:
                return TermView(request.exclusive_id, clock=self._services.clock)
            term_steps.take(file, request.step)
            return view(file, self._services)
