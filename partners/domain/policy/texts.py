"""Words of the policy in further languages: `[tiers.texts.de]`, `[program.texts.de]`.

What a table leaves out, and a language without a table, is said as the policy says it everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from partners.domain.policy.policy_errors import Wrong, raise_any

LANGUAGE = r"^[a-z]{2}(-[A-Z]{2})?$"
EMAIL = r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$"


class Section(BaseModel):
    """A table of the policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def without(data: dict[str, Any], *young: str) -> dict[str, Any]:
    """Without settings that are younger than most versions and not used: so their hashes stay."""
    return {key: value for key, value in data.items() if key not in young or value}


class LabelTexts(Section):
    """The label of a metric or a quality, in one further language."""

    label: str = Field(min_length=1)


class TierTexts(Section):
    """A tier's words in one further language."""

    name: str | None = Field(None, min_length=1)
    benefits: tuple[str, ...] | None = None  # one for each of the tier's, in their order


class ProgramTexts(Section):
    """The program's words in one further language, and whom its readers can ask."""

    name: str | None = Field(None, min_length=1)
    contact_name: str | None = Field(None, min_length=1)
    contact_email: str | None = Field(None, pattern=EMAIL)
    contact_url: str | None = Field(None, pattern="^https://")


Texts = TypeVar("Texts", bound=Section)


class Worded(Section):
    """A table whose words may stand in further languages, by language: de, or de-AT."""

    @field_validator("texts", check_fields=False)
    @classmethod
    def _languages(cls, texts: dict[str, Texts]) -> dict[str, Texts]:
        raise_any(
            [
                Wrong((name,), name, "is not a language; write one such as de or pt-BR")
                for name in texts
                if not re.fullmatch(LANGUAGE, name)
            ]
        )
        return texts

    @property
    def _texts(self) -> Mapping[str, Section]:
        return getattr(self, "texts", {})

    @property
    def languages(self) -> set[str]:
        """The further languages."""
        return set(self._texts)

    def words_in(self, language: str) -> dict[str, Any]:
        """What has words of its own in a language: for `de-AT` those of `de`, and its own."""
        texts = self._texts
        found = [texts[name] for name in (language[:2], language) if name in texts]
        return {k: v for one in found for k, v in one.model_dump(exclude_none=True).items()}

    def said_in(self, language: str) -> Self:
        """The same in the words of a language."""
        words = self.words_in(language)
        return self.model_copy(update=words) if words else self


def miscounted(texts: Mapping[str, TierTexts], benefits: tuple[str, ...]) -> Iterator[Wrong]:
    """Benefits in another language that cannot be told apart one by one."""
    for language, words in texts.items():
        if words.benefits is not None and len(words.benefits) != len(benefits):
            yield Wrong(
                (language, "benefits"),
                words.benefits,
                f"has {len(words.benefits)} of {len(benefits)} benefits; write one for each of "
                "the tier's, in their order",
            )


def lacking(worded: Iterable[tuple[str, Worded, str]], language: str) -> list[str]:
    """What has no words in a language: `benefits of Gold`. `worded`: whose, the table, what of it.

    Names and addresses are not missed: many stay what they are in every language.
    """
    return [
        f"{field} of {whose}".replace("_", " ")
        for whose, table, field in worded
        if getattr(table, field) and field not in table.words_in(language)
    ]
