"""Moving an open case to the policy in force: rare, explicit and recorded (rule 6)."""

from __future__ import annotations

from temporalio import activity

from activities.cases import case_revision, withdrawing
from activities.cases import case_steps as steps
from activities.cases.view import view
from activities.judging.gathering import CaseFile
from activities.refusing import policy_in_force, refusing
from activities.services import Activities, Services, program_now
from partners.domain.cases.case import CaseStatus, Next, Outcome
from partners.domain.cases.view import CaseView, PlainCommand
from partners.domain.judging.assessment import Assessment, Verdict
from partners.domain.mail.notices import NoticeKind, migration_key
from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import CriterionChange, standards_changes
from partners.domain.record.decisions import Because, Step
from partners.store.cases import cases
from partners.store.overrides.overrides import refuse_if
from partners.store.policy import policies
from partners.store.tables.findings import from_json, to_json

_RUNNING = (CaseStatus.OPENED, CaseStatus.IN_GRACE, CaseStatus.ON_HOLD)


class MigrationActivities(Activities):
    """Changes the policy that a case pins."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def migrate_case(self, command: PlainCommand) -> CaseView:
        """A person has an open case judged by the policy in force, as far as its warning goes.

        Criteria that are no longer asked are dropped; new ones wait for a later case (rule 5). A
        case whose partner was not below by the new standards is voided. The deadline stays, or
        moves later with a longer grace (rule 12).
        """
        now = program_now(self._services.clock)
        with refusing(command), self._services.database.write() as session:
            file = CaseFile.of(session, command.case_id, now)
            # Before any refusal: a repeat whose first answer was lost has moved the case already.
            if case_revision.is_repeat(file, Step.MIGRATED, command, self._services.clock):
                return view(file, self._services)
            file = migrate(file, command, *policy_in_force(session, now))
            withdrawing.withdraw_of_case(file)
            return view(file, self._services)


def migrate(file: CaseFile, command: PlainCommand, version: int, policy: Policy) -> CaseFile:
    """A person moves the case to this policy. Raises UserError where that is refused."""
    _refuse(file, version, policy)
    case_revision.refuse_if_changed(file, command)
    old = Assessment(from_json(file.case.findings))
    words = f"from policy version {file.case.policy_version} to {version}"
    words += ", quietly" if command.quiet else ""
    # Before the move: the decision keeps the version and findings that the case came from, and
    # `migration` reads them there.
    steps.record(file, Step.MIGRATED, words, old, who=command.who, reason=command.reason)
    changed = bool(_changes(file.policy, policy, file.case.tier, old))
    file.case.policy_version = version
    told = changed and not command.quiet
    # Read anew, here and below: a file keeps the policy that the case pinned until then.
    _judge_anew(CaseFile.of(file.session, command.case_id, file.now), old, told, command.quiet)
    return CaseFile.of(file.session, command.case_id, file.now)


def _refuse(file: CaseFile, version: int, policy: Policy) -> None:
    case = file.case
    if case.status not in _RUNNING:
        refuse_if(f"the case is {case.status}")
    elif case.policy_version == version:
        refuse_if(f"the case is judged by policy version {version} already, which is in force")
    elif policy.tier(case.tier) is None:
        refuse_if(f"policy version {version} has no tier {case.tier}")
    elif not policy.enrolment.includes(case.partner_id):
        raise policies.NotActedUpon(version, case.partner_id)


def _changes(
    old: Policy, new: Policy, tier: str, warned: Assessment
) -> tuple[CriterionChange, ...]:
    """What changes of the criteria that a warning names."""
    named = {finding.metric for finding in warned.below}
    return tuple(c for c in standards_changes(old, new, tier) if c.metric in named)


def migration(file: CaseFile) -> tuple[int, Policy, tuple[CriterionChange, ...]] | None:
    """The version that the case was moved from, and what that changed; None if it never was."""
    moved = cases.newest_decision(file.session, file.case.case_id, Step.MIGRATED)
    if moved is None:
        return None
    old = policies.load(file.session, moved.policy_version)
    warned = Assessment(from_json(moved.findings))
    return moved.policy_version, old, _changes(old, file.policy, file.case.tier, warned)


def _judge_anew(file: CaseFile, old: Assessment, told: bool, quiet: bool) -> None:
    """Hold the warned criteria against the new standards, as of the opening and as of now."""
    case = file.case
    asked = file.tier.keep_standards
    still_asked = [finding for finding in old.below if finding.metric in asked]
    case.findings = to_json(still_asked)  # `assess_opening` looks at these
    opening = file.assess_opening() if still_asked else Assessment(())
    case.findings = to_json(opening.findings)
    case.latest = []
    _move_deadline(file)
    if case.warned_at is None or not told:  # nothing to tell beside the warning itself
        key = migration_key(case.case_id, case.policy_version)
        case.notices_done = [*case.notices_done, key]
    if opening.verdict is not Verdict.BELOW:
        case.silent = quiet
        _void(file, f"not below by policy version {case.policy_version}")
    elif _is_assessed(file) and (as_of := file.cure_day()) is not None:
        assessment = file.assess_cure(as_of)
        steps.take_in(file, assessment)
        steps.note_recovery(file, assessment.verdict)
        steps.assessed(file, assessment)


def _is_assessed(file: CaseFile) -> bool:
    """In a pause, too, a recovery that had begun is held against the new standards."""
    return file.case.status == CaseStatus.IN_GRACE or file.case.recovery_since is not None


def _void(file: CaseFile, why: str) -> None:
    if file.case.status == CaseStatus.OPENED:
        steps.conclude(file, Outcome.VOIDED, why)
    else:
        steps.intend(file, Next.VOID, Because.OTHER_POLICY, why=why)


def _move_deadline(file: CaseFile) -> None:
    """A longer grace lengthens the running period; a shorter one changes nothing (rule 12)."""
    case, grace = file.case, file.policy.grace
    warns = case.notice_kind == NoticeKind.WARNING
    case.period_days = max(case.period_days, grace.days if warns else grace.final_notice_days)
    if case.deadline and case.stated_deadline and case.clock_from:
        later = file.calendar.deadline(case.stated_deadline, case.clock_from, case.period_days)
        case.deadline = max(case.deadline, later)
