"""What mail a partner wants: whoever holds the link in a mail to them may see and change that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from partners.domain.mail.topics import Consent, Topic
from partners.store.mail import recipients
from partners.store.policy import policies
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Outsider


@dataclass(frozen=True)
class Preferences:
    """What a partner wants, and who asks, in which languages: the partner's, the program's."""

    name: str
    provider: str
    languages: tuple[str | None, str]
    wanted: Mapping[Topic, bool]


def preferences(by: Outsider, partner_id: str, consent: Consent) -> Preferences | None:
    """None for whom the program does not know (any more). `consent`: what is wanted unasked."""
    with by.program.database.read() as session:
        partner = session.get(PartnerRow, partner_id)
        newest = policies.newest(session)
        if partner is None or newest is None:
            return None
        program = newest[1].program
        return Preferences(
            partner.name or partner.partner_id,
            program.provider,
            (partner.language, program.language),
            recipients.wanted(session, partner, Topic, consent),
        )


def choose(
    by: Outsider, partner_id: str, wishes: Mapping[str, bool], via: str, consent: Consent
) -> None:
    """Store what changed; the same choice once more is no new one. `via`: how it was said."""
    with by.program.database.write() as session:
        partner = session.get(PartnerRow, partner_id)
        if partner is None:
            return
        known = recipients.wanted(session, partner, Topic, consent)
        changed = {t: w for t, w in wishes.items() if t not in known or known[Topic(t)] != w}
        recipients.choose(session, partner, changed, by.program.now(), via)
