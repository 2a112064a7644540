"""The way to the workflows of leads."""

from __future__ import annotations

from partners.temporal.running import Kind, OnePerPartner
from workflows import lead
from workflows.kit import options
from workflows.kit.words import lead_words


class RunningLeads(OnePerPartner):
    """Look at the lead of a referral, whose id stands where others have a partner's: see
    `activities.referrals.watch_activities`."""

    kind = Kind(lead.LeadHandover.run, lead.LeadInput, options.lead_workflow_id, lead_words)
