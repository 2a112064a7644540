"""The way to the workflows of exclusives: start them, or have them look again."""

from __future__ import annotations

from partners.domain.exclusives.view import ExclusiveInput
from partners.temporal.running import Kind, OnePerPartner
from workflows import exclusive_term
from workflows.kit import exclusive_words, options


class RunningExclusives(OnePerPartner):
    """Look at exclusives, by their ids: see `activities.exclusives.exclusive_watch_activities`."""

    kind = Kind(
        exclusive_term.ExclusiveTerm.run,
        ExclusiveInput,
        options.exclusive_workflow_id,
        exclusive_words,
    )
