"""Which of a policy's words partners will not read in their language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from partners.domain.policy.policy import Policy
from partners.mail.words import catalogues, locales


@dataclass(frozen=True)
class Unsaid:
    """What partners of a language read in the policy's own: `benefits of Gold`."""

    language: str
    partners: int
    what: tuple[str, ...]


def unsaid(policy: Policy, chosen: Mapping[str, int]) -> Iterator[Unsaid]:
    """What the policy lacks in the languages in which e-mails come to these partners.

    `chosen`: how many partners chose which language.
    """
    readers: Counter[str] = Counter()
    for language, number in chosen.items():
        readers[locales.tag(catalogues.spoken(language, policy.program.language))] += number
    for language, number in sorted(readers.items()):
        if what := policy.unsaid_in(language):
            yield Unsaid(language, number, tuple(what))


def unread(policy: Policy) -> list[str]:
    """Languages of the policy's texts in which no e-mail comes."""
    known = catalogues.languages()
    return sorted(name for name in policy.text_languages if name[:2] not in known)
