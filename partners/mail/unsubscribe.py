"""Signed links to a partner's preferences, and the headers of RFC 8058.

A link names a partner by their opaque id and, of an unsubscription, the topic. It is signed with a
secret of the database and does not expire: a mail may be read after years.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from partners.domain.mail.topics import EVERYTHING, Topic, topic_of
from partners.store.tables.base import insert_into
from partners.store.tables.program_tables import SettingRow

SECRET = "link_secret"
TOKEN_LENGTH = 400
"""No token of ours is longer."""


def link_secret(session: Session) -> str:
    """The database's secret, made at first use, by one of those who start at the same time;
    whoever knows it can sign links."""
    if session.get(SettingRow, SECRET) is None:
        made = {"name": SECRET, "value": secrets.token_urlsafe(32)}
        session.execute(insert_into(session, SettingRow).values(made).on_conflict_do_nothing())
    return session.get_one(SettingRow, SECRET).value


@dataclass(frozen=True)
class Grant:
    """What a token allows: to see and set one partner's preferences, from one topic's mail."""

    partner_id: str
    topic: str  # a topic, or EVERYTHING


class Tokens:
    """Makes and reads signed tokens."""

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeSerializer(secret, salt="preferences")
        self._leads = URLSafeSerializer(secret, salt="lead")

    def sign(self, grant: Grant) -> str:
        return str(self._signer.dumps([grant.partner_id, grant.topic]))

    def read(self, token: str) -> Grant | None:
        """What a token allows; None for one that we did not sign."""
        if len(token) > TOKEN_LENGTH:
            return None
        try:
            partner_id, topic = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        return Grant(str(partner_id), str(topic))

    def sign_lead(self, turn_id: int) -> str:
        """Allows to take or decline the lead of one turn, as long as the turn lasts."""
        return str(self._leads.dumps(turn_id))

    def read_lead(self, token: str) -> int | None:
        """Which turn a token is about; None for one that we did not sign."""
        if len(token) > TOKEN_LENGTH:
            return None
        try:
            turn_id = self._leads.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        return turn_id if isinstance(turn_id, int) else None


@dataclass(frozen=True)
class Links:
    """The links of one installation. `public_url`: where partners reach its pages."""

    tokens: Tokens
    public_url: str

    def preferences_url(self, partner_id: str) -> str:
        return self._url("preferences", partner_id, EVERYTHING)

    def unsubscribe_url(self, partner_id: str, topic: Topic) -> str:
        return self._url("unsubscribe", partner_id, topic.value)

    def lead_url(self, turn_id: int) -> str:
        """Where a seller takes or declines a lead; blank for an installation without pages."""
        if not self.public_url:
            return ""
        return f"{self.public_url.rstrip('/')}/lead/{self.tokens.sign_lead(turn_id)}"

    def headers(self, kind: str, partner_id: str | None) -> dict[str, str]:
        """What optional mail carries so that one click in the mail program ends it (RFC 8058).

        Empty for service mail, and for mail to no partner.
        """
        topic = topic_of(kind)
        if topic is None or partner_id is None or not self.public_url:
            return {}
        return {
            "List-Unsubscribe": f"<{self.unsubscribe_url(partner_id, topic)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def _url(self, page: str, partner_id: str, topic: str) -> str:
        token = self.tokens.sign(Grant(partner_id, topic))
        return f"{self.public_url.rstrip('/')}/{page}/{token}"


NO_LINKS = Links(Tokens("unset"), "")
"""Of an installation without pages."""
