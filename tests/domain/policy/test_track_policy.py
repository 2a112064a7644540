"""Tracks in the policy: what is refused and where, and that older versions keep their hashes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import settings_changes
from partners.domain.policy.sections.track_policy import CHECKLIST, Confirmer
from partners.store.policy import policies
from tests import builders

EXAM = {"key": "exam", "kind": "certification", "label": "Exam", "expires_months": 12}


def with_track(*steps: dict[str, Any], name: str = "reseller", **settings: Any) -> Policy:
    return builders.a_policy(tracks={name: {"label": "Reseller", "steps": steps, **settings}})


def refused(*steps: dict[str, Any], **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as error:
        with_track(*steps, **settings)
    return [(".".join(map(str, e["loc"])), e["msg"]) for e in error.value.errors()]


def test_a_policy_without_tracks_is_the_version_that_it_was() -> None:
    content = policies.canonical(builders.a_policy(referral={}))
    assert '"tracks"' not in content
    assert '"track"' not in content


def test_a_step_twice_is_refused_at_the_second() -> None:
    assert [key for key, _ in refused(EXAM, EXAM)] == ["tracks.reseller.steps.1.key"]


def test_only_a_known_quality_is_certified_and_only_by_a_certification() -> None:
    ((key, words),) = refused({**EXAM, "certifies": "expertize"})
    assert key == "tracks.reseller.steps.0.certifies"
    assert "did you mean expertise?" in words
    ((_, words),) = refused({**EXAM, "certifies": "expertise", "kind": "training"})
    assert 'write kind = "certification"' in words
    assert with_track({**EXAM, "certifies": "expertise"}).tracks["reseller"].step("exam")


def test_nobody_is_reminded_before_the_step_was_done() -> None:
    ((_, words),) = refused({**EXAM, "expires_months": 1}, remind_days=28)
    assert "remind later" in words
    assert with_track({**EXAM, "expires_months": 1}, remind_days=27)


def test_a_track_has_steps_and_a_name_of_its_own() -> None:
    assert [key for key, _ in refused()] == ["tracks.reseller.steps"]
    ((key, words),) = refused(EXAM, name=CHECKLIST)
    assert key == "tracks.checklist"
    assert "choose another name" in words


def test_a_tier_names_a_track_that_there_is() -> None:
    tier = {**builders.POLICY["tiers"][0], "track": "reseler"}
    with pytest.raises(ValidationError, match=r"no such track.*use one of reseller"):
        builders.a_policy(tracks={"reseller": {"label": "R", "steps": [EXAM]}}, tiers=[tier])
    with pytest.raises(ValidationError, match=r"define \[tracks.reseler\]"):
        builders.a_policy(tiers=[tier])


def test_the_checklist_of_referrals_is_a_track_of_steps_that_are_done_as_soon_as_it_is_said() -> (
    None
):
    policy = builders.a_policy(referral={"checklist": ["contract", "first_offer"]})
    track = policy.track(CHECKLIST)
    assert track is not None
    assert [step.label for step in track.steps] == ["Contract", "First offer"]
    assert {step.confirmed_by for step in track.steps} == {Confirmer.PARTNER}
    assert builders.a_policy(referral={"checklist": []}).track(CHECKLIST) is None
    assert builders.a_policy().track(CHECKLIST) is None


def test_steps_are_said_in_further_languages_and_missed_where_they_are_not() -> None:
    german = {"de": {"label": "Prüfung", "text": "Online"}}
    policy = with_track({**EXAM, "texts": german}, {"key": "call", "label": "Call"})
    step = policy.tracks["reseller"].step("exam")
    assert step is not None
    assert step.said_in("de").label == "Prüfung"
    assert policy.text_languages == {"de"}
    assert "label of the step call" in policy.unsaid_in("de")
    assert "label of the step exam" not in policy.unsaid_in("de")


def test_a_step_that_changes_is_named_with_its_setting() -> None:
    old = with_track({"key": "call", "label": "Call", "due_days": 3}, EXAM)
    new = with_track(EXAM, {"key": "call", "label": "Call", "due_days": 5})
    changes = [(c.key, c.old, c.new) for c in settings_changes(old, new)]
    assert changes == [
        ("tracks.reseller.steps.call.due_days", "3", "5"),
        ("tracks.reseller.steps, in order", "call, exam", "exam, call"),
    ]
