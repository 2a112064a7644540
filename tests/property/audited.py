"""Whether the audit holds, and has everything that happened."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import select

from partners.store.engine.database import Database
from partners.store.record import audit, audit_check
from partners.store.record.audit_fields import ref_of
from partners.store.record.audit_rules import RULES
from tests.property.model import Model


def check_audit(database: Database, model: Model) -> None:
    """The chain verifies; every record has its entry, the newest of which says how it stands; and
    whoever gave a command is named, unless it was refused."""
    with database.snapshot() as session:
        assert audit_check.verify(session).broken is None
        entries: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
        actors = set()
        for link in audit.links(session):
            entries[link.ref].append(json.loads(link.details))
            actors.add(link.actor)
        for table, rule in RULES.items():
            for row in session.scalars(select(table)):
                told = entries[ref_of(row)]
                assert told, f"not audited: {ref_of(row)}"
                if rule.state and "state" in told[-1]:
                    assert told[-1]["state"] == getattr(row, rule.state), ref_of(row)
    missing = model.orders_given.keys() - actors
    assert not missing, f"commands without an entry: {missing}"
    assert not model.refused & actors, "a refused command left a trace"
