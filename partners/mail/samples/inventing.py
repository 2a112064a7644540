"""Notices about nobody, to be looked at or tried out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.errors import Refusal
from partners.mail.notice import Footer, Notice
from partners.mail.samples.samples import sample
from partners.mail.words import catalogues

FOOTER = Footer("Sample Street 1, 12345 Sample Town")


@dataclass(eq=False)
class NoTexts(Refusal):
    """There are no texts in this language."""

    language: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"there are no texts in {self.language!r}; use one of {', '.join(self.known)}"


def invented(kind: NoticeKind, policy: Policy, language: str) -> Notice:
    """A notice with everything that can stand in it. Raises NoTexts."""
    known = tuple(catalogues.languages())
    if language[:2] not in known:
        raise NoTexts(language, known)
    return replace(sample(kind, policy), language=language, footer=FOOTER)


def every(
    kinds: Sequence[NoticeKind], policy: Policy, languages: Sequence[str]
) -> Iterator[Notice]:
    """One of each kind in each language; staff read English alone. Raises NoTexts."""
    for kind in kinds:
        for language in languages[:1] if kind.to_staff else languages:
            yield invented(kind, policy, language)
