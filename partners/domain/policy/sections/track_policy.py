"""The policy's `[tracks.NAME]`: the steps that await who enters a tier, by when, until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from partners.domain.policy.entering import Quality, quality, unknown_quality
from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.sections.fields import Key
from partners.domain.policy.texts import LabelTexts, Section, Worded, without
from partners.domain.policy.tiers import Tier

CHECKLIST = "checklist"
"""The track that `[referral] checklist` lists: of who qualified by referrals for a tier that names
no track."""
SHORTEST_MONTH = 28
"""Days."""


class StepKind(StrEnum):
    ONBOARDING = "onboarding"
    TRAINING = "training"
    CERTIFICATION = "certification"


class Confirmer(StrEnum):
    """Whose word makes a step done."""

    PARTNER = "partner"  # the partner says it, and whoever records it
    STAFF = "staff"  # a person confirms what the partner says
    FEED = "feed"  # an import; a person may, too


class StepTexts(Section):
    """A step's words in one further language."""

    label: str | None = Field(None, min_length=1)
    text: str | None = Field(None, min_length=1)


class TrackStep(Worded):
    """One thing to do, by when, and how long it counts."""

    key: Key
    kind: StepKind = StepKind.TRAINING
    label: str = Field(min_length=1)
    text: str = ""  # how it is done, for the partner
    required: bool = True  # False: recommended
    due_days: int | None = Field(None, ge=0, le=1096)  # from entering the tier; None: no day
    expires_months: int | None = Field(None, ge=1, le=120)  # from the day it was done; None: never
    confirmed_by: Confirmer = Confirmer.STAFF
    certifies: Key | None = None  # a quality that counts as met while the step counts
    texts: dict[str, StepTexts] = {}  # noqa: RUF012 (pydantic copies it)

    @model_validator(mode="after")
    def _only_certifications_certify(self) -> Self:
        if self.certifies is not None and self.kind is not StepKind.CERTIFICATION:
            raise wrong(
                f'only a certification certifies a quality; write kind = "{StepKind.CERTIFICATION}"'
                ", or delete certifies"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "texts")


class Track(Worded):
    """The steps of a tier, in their order."""

    label: str = Field(min_length=1)
    remind_days: int = Field(30, ge=1, le=366)  # before a step expires
    steps: tuple[TrackStep, ...] = Field((), validate_default=True)
    texts: dict[str, LabelTexts] = {}  # noqa: RUF012 (pydantic copies it)

    @field_validator("steps")
    @classmethod
    def _each_once(cls, steps: tuple[TrackStep, ...]) -> tuple[TrackStep, ...]:
        if not steps:
            raise wrong("a track has at least one step; add one, or delete the track")
        keys = [step.key for step in steps]
        message = "is a step of this track already; give each step a key of its own"
        raise_any(
            [Wrong((at, "key"), key, message) for at, key in enumerate(keys) if key in keys[:at]]
        )
        return steps

    @model_validator(mode="after")
    def _reminded_while_it_counts(self) -> Self:
        months = [step.expires_months for step in self.steps if step.expires_months]
        if months and self.remind_days >= min(months) * SHORTEST_MONTH:
            raise wrong(
                f"remind_days = {self.remind_days} is as long as a step counts that expires after "
                f"{min(months)} months or sooner; remind later, or let it count longer"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "texts")

    def step(self, key: str) -> TrackStep | None:
        """A step by key; None for one that this version of the policy does not have."""
        return next((step for step in self.steps if step.key == key), None)

    @property
    def worded(self) -> Iterator[Worded]:
        """The tables that have words of their own."""
        yield self
        yield from self.steps


def mistracked(tracks: Mapping[str, Track], own: Mapping[str, Quality] | None) -> Iterator[Wrong]:
    """Tracks whose name is taken, and steps that certify what no quality is.

    `own` is None if the qualities are themselves wrong.
    """
    for name, track in tracks.items():
        if name == CHECKLIST:
            message = "is what [referral] checklist lists; choose another name for your own"
            yield Wrong((name,), name, message)
        for at, step in enumerate(track.steps):
            found = step.certifies
            if found is not None and own is not None and quality(found, own) is None:
                message = unknown_quality(found, own)
                yield Wrong((name, "steps", at, "certifies"), found, message)


def trackless(tiers: Sequence[Tier], tracks: Mapping[str, Track] | None) -> Iterator[Wrong]:
    """Tiers that name a track which is none. `tracks` is None if they are themselves wrong."""
    for number, tier in enumerate(tiers):
        if tier.track is not None and tracks is not None and tier.track not in tracks:
            known = f"use one of {', '.join(tracks)}, or " if tracks else ""
            message = f"there is no such track; {known}define [tracks.{tier.track}]"
            yield Wrong((number, "track"), tier.track, message)


def checklist_track(steps: Sequence[str]) -> Track:
    """`[referral] checklist` as a track: required, at no day, done as soon as somebody says so."""
    return Track(
        label="Checklist",
        steps=tuple(
            TrackStep(key=key, label=step_label(key), confirmed_by=Confirmer.PARTNER)
            for key in steps
        ),
    )


def step_label(step: str) -> str:
    """A step that has only a key, as people read it: `First offer`."""
    return step.replace("_", " ").replace("-", " ").capitalize()
