"""All the tables together. A new room for tables joins the list here, or migrations miss it."""

from __future__ import annotations

from partners.store.tables import (
    audit_tables,
    case_tables,
    exclusive_tables,
    feed_tables,
    incentive_tables,
    mail_tables,
    offer_tables,
    program_tables,
    referral_tables,
    response_tables,
    review_tables,
    track_tables,
)
from partners.store.tables.base import Base

ROOMS = (
    program_tables,
    feed_tables,
    case_tables,
    review_tables,
    mail_tables,
    referral_tables,
    audit_tables,
    response_tables,
    track_tables,
    offer_tables,
    exclusive_tables,
    incentive_tables,
)

METADATA = Base.metadata
"""Whole once the rooms are imported: a foreign key may lead from one to another."""
