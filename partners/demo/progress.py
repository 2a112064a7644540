"""How far each story has come, read from the demo's database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from partners.calendars import calendar_of
from partners.demo.exclusive_progress import holder_scenes
from partners.demo.referral_progress import referral_scenes
from partners.demo.scene import Scene
from partners.demo.stage import Stage
from partners.demo.stories import START, STORIES, Ending, Story
from partners.domain.cases.case import CaseStatus, HoldReason, Outcome
from partners.domain.policy.policy import Policy
from partners.mail.words import wording
from partners.use_cases.local.demo_progress import CaseSoFar, Mail, NoCase, cases_so_far


def scenes(stage: Stage) -> list[Scene]:
    """Every partner's scene, in the order of the stories."""
    by = stage.acting(datetime.now(UTC))
    so_far = cases_so_far(by, [story.partner_id for story in STORIES], START)
    cases = [_scene(stage.policy, *one) for one in zip(STORIES, so_far, strict=True)]
    return cases + holder_scenes(by) + referral_scenes(by, stage.policy.program.currency)


def _scene(policy: Policy, story: Story, case: CaseSoFar | NoCase) -> Scene:
    if isinstance(case, NoCase):
        if case.why is None:
            return Scene(story, "not looked at yet", "", None, "", 0)
        return Scene(story, "in good standing", "", None, "", 0, Ending.NO_CASE, case.why)
    ending = _ending(policy, case)
    return Scene(
        story=story,
        status=_status(policy, case),
        numbers=wording.summary(case.findings, policy),
        deadline=case.deadline,
        notice=_notice(case.mails[-1]) if case.mails else "",
        notices=len(case.mails),
        ending=ending,
        why=_why(policy, case) if ending else "",
    )


def _status(policy: Policy, case: CaseSoFar) -> str:
    if case.outcome is not None:
        return Outcome(case.outcome).replace("_", " ")
    if case.status == CaseStatus.ON_HOLD:
        return f"on hold: {case.hold_reason}"
    if case.status == CaseStatus.IN_GRACE and case.recovery_since is not None:
        until = case.recovery_since + timedelta(days=policy.grace.recovery_hold_days)
        if case.deadline is not None and until.date() <= case.deadline:
            return f"recovering, until {until:%-d %b}"
        return "cured; the deadline decides"
    return {
        CaseStatus.OPENED: "below standards",
        CaseStatus.IN_GRACE: "in grace",
        CaseStatus.DECIDING: "being decided",
    }.get(CaseStatus(case.status), case.status)


def _notice(message: Mail) -> str:
    kind = message.kind.replace("_", " ")
    to = " to staff" if message.kind in ("on_hold", "relapse") else ""
    failed = "" if message.state == "accepted" else f" ({message.state})"
    return f"{kind}{to}{failed}, {message.rendered_at:%-d %b}"


def _ending(policy: Policy, case: CaseSoFar) -> Ending | None:
    """How the case ended; None while it goes on, or while staff are still to be told of it."""
    if case.status == CaseStatus.ON_HOLD and case.hold_notices:
        return {
            HoldReason.INSUFFICIENT: Ending.TOO_LITTLE,
            HoldReason.UNDELIVERABLE: Ending.UNDELIVERABLE,
        }.get(HoldReason(case.hold_reason or ""))
    if case.status != CaseStatus.CLOSED or case.decided_at is None or case.deadline is None:
        return None
    if case.outcome == Outcome.REINSTATED:
        decided_on = calendar_of(policy).day_of(case.decided_at)
        return Ending.EARLY if decided_on <= case.deadline else Ending.AT_DEADLINE
    return Ending.REMOVED if case.outcome in (Outcome.REMOVED, Outcome.DEMOTED) else None


def _why(policy: Policy, case: CaseSoFar) -> str:
    """The reason for the ending, from what the case itself recorded."""
    if case.status == CaseStatus.ON_HOLD:
        return case.hold_detail or ""
    numbers = wording.summary(case.findings, policy)
    decided_on = case.decided_at.date() if case.decided_at else None
    early = decided_on and case.deadline and decided_on <= case.deadline
    if case.recovery_since is not None and early:
        return f"{numbers}; cured since {case.recovery_since:%-d %b}"
    return f"{numbers}, as of {case.deadline:%-d %b}"
