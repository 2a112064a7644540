"""What looks wrong about partners in a file though it can be kept: said, not refused."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date
from typing import Protocol

from partners.domain.policy.policy import Policy
from partners.mail_addresses import fault
from partners.store.imports.result import named


class Doubtful(Protocol):
    """What is looked at of a partner's row."""

    @property
    def partner_id(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def fallback_email(self) -> str | None: ...

    @property
    def language(self) -> str | None: ...

    @property
    def joined_on(self) -> date: ...


class Doubts:
    """Partners by what looks wrong about them. `languages`: those of the texts; none: not asked."""

    def __init__(self, policy: Policy, languages: Container[str], today: date) -> None:
        self.today = today
        self._languages = languages
        self._default = policy.program.language
        self._found: dict[str, list[str]] = {}

    def look_at(self, partners: Sequence[Doubtful]) -> None:
        for partner in partners:
            for address in (partner.email, partner.fallback_email):
                if address and (why := fault(address)):
                    self._doubt("mail cannot reach", why, partner)
            if partner.joined_on > self.today:
                self._doubt("nobody is judged before they joined", "joined_on lies ahead", partner)
            language = partner.language
            if self._languages and language and not self._has_texts(language):
                instead = f"mails will be in {self._default}"
                self._doubt(instead, f"there are no texts in {language}", partner)

    def _has_texts(self, language: str) -> bool:
        return language in self._languages or language.partition("-")[0] in self._languages

    def _doubt(self, hence: str, what: str, partner: Doubtful) -> None:
        self._found.setdefault(f"{what}; {hence}", []).append(partner.partner_id)

    def notes(self) -> list[str]:
        return [f"{what}: {named(partners)}" for what, partners in self._found.items()]
