"""How mail may go out: hours, caps, senders, and what stands at each message's foot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.topics import Consent, topic_of
from partners.domain.time.send_window import ALWAYS, NO_CAP, Cap, Window
from partners.mail.notice import Footer, Notice
from partners.mail.unsubscribe import NO_LINKS, Links


@dataclass(frozen=True)
class SendRules:
    """How mail may go out, from the settings. The defaults put nothing off."""

    service_hours: Window = ALWAYS
    optional_hours: Window = ALWAYS
    service_cap: Cap = NO_CAP
    optional_cap: Cap = NO_CAP
    run_cap: int = 0  # 0: none
    consent: Consent = Consent.ASSUMED
    optional_sender: str = ""  # blank: as service mail
    postal_address: str = ""
    links: Links = NO_LINKS

    def sender(self, kind: NoticeKind, usual: str) -> str:
        """Optional mail has a sender of its own, so that complaints about it harm no warning."""
        return self.optional_sender or usual if topic_of(kind) else usual

    def footed(self, notice: Notice) -> Notice:
        """The notice with what stands at its foot."""
        return replace(notice, footer=self._footer(notice))

    def _footer(self, notice: Notice) -> Footer:
        if notice.kind.to_staff or not notice.partner_id or not self.links.public_url:
            return Footer(self.postal_address)
        topic = topic_of(notice.kind)
        return Footer(
            self.postal_address,
            preferences_url=self.links.preferences_url(notice.partner_id),
            unsubscribe_url=self.links.unsubscribe_url(notice.partner_id, topic) if topic else "",
        )


ANY_TIME = SendRules()
"""Nothing is put off, and mail has no links."""
