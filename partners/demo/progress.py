"""How far each story has come, read from the demo's database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.demo.referral_progress import referral_scenes
from partners.demo.scene import Scene
from partners.demo.stage import Stage
from partners.demo.stories import START, STORIES, Ending, Story
from partners.domain.cases.case import CaseStatus, HoldReason, Outcome
from partners.domain.policy.policy import Policy
from partners.domain.record.decisions import Step
from partners.mail.words import wording
from partners.store.tables.case_tables import CaseRow, DecisionRow
from partners.store.tables.findings import from_json
from partners.store.tables.mail_tables import OutboxRow


def scenes(stage: Stage) -> list[Scene]:
    """Every partner's scene, in the order of the stories."""
    with stage.database.read() as session:
        cases = [_scene(session, stage.policy, story) for story in STORIES]
        return cases + referral_scenes(session, stage.policy)


def _scene(session: Session, policy: Policy, story: Story) -> Scene:
    query = select(CaseRow).where(
        CaseRow.partner_id == story.partner_id, CaseRow.opened_at >= START
    )
    case = session.scalars(query).first()
    if case is None:
        return _without_case(session, story)
    messages = session.scalars(
        select(OutboxRow).where(OutboxRow.case_id == case.case_id).order_by(OutboxRow.outbox_id)
    ).all()
    ending = _ending(policy, case)
    return Scene(
        story=story,
        status=_status(policy, case),
        numbers=wording.summary(from_json(case.latest or case.findings), policy),
        deadline=case.deadline,
        notice=_notice(messages[-1]) if messages else "",
        notices=len(messages),
        ending=ending,
        why=_why(policy, case) if ending else "",
    )


def _without_case(session: Session, story: Story) -> Scene:
    query = select(DecisionRow).where(
        DecisionRow.partner_id == story.partner_id, DecisionRow.step == Step.NOT_OPENED
    )
    decision = session.scalars(query).first()
    if decision is None:
        return Scene(story, "not looked at yet", "", None, "", 0)
    return Scene(story, "in good standing", "", None, "", 0, Ending.NO_CASE, decision.result)


def _status(policy: Policy, case: CaseRow) -> str:
    if case.outcome is not None:
        return case.outcome.replace("_", " ")
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
    }.get(case.status, case.status)


def _notice(message: OutboxRow) -> str:
    kind = message.kind.replace("_", " ")
    to = " to staff" if message.kind in ("on_hold", "relapse") else ""
    failed = "" if message.state == "accepted" else f" ({message.state})"
    return f"{kind}{to}{failed}, {message.rendered_at:%-d %b}"


def _ending(policy: Policy, case: CaseRow) -> Ending | None:
    """How the case ended; None while it goes on, or while staff are still to be told of it."""
    if case.status == CaseStatus.ON_HOLD and case.hold_reason and case.hold_notices:
        return {
            HoldReason.INSUFFICIENT: Ending.TOO_LITTLE,
            HoldReason.UNDELIVERABLE: Ending.UNDELIVERABLE,
        }.get(case.hold_reason)
    if case.status != CaseStatus.CLOSED or case.decided_at is None or case.deadline is None:
        return None
    if case.outcome == Outcome.REINSTATED:
        decided_on = calendar_of(policy).day_of(case.decided_at)
        return Ending.EARLY if decided_on <= case.deadline else Ending.AT_DEADLINE
    return Ending.REMOVED if case.outcome in (Outcome.REMOVED, Outcome.DEMOTED) else None


def _why(policy: Policy, case: CaseRow) -> str:
    """The reason for the ending, from what the case itself recorded."""
    if case.status == CaseStatus.ON_HOLD:
        return case.hold_detail or ""
    numbers = wording.summary(from_json(case.latest or case.findings), policy)
    decided_on = case.decided_at.date() if case.decided_at else None
    early = decided_on and case.deadline and decided_on <= case.deadline
    if case.recovery_since is not None and early:
        return f"{numbers}; cured since {case.recovery_since:%-d %b}"
    return f"{numbers}, as of {case.deadline:%-d %b}"
