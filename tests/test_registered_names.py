"""The names by which Temporal knows the program: a rename breaks what is running, or scheduled."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio import activity, workflow

from partners.bootstrap import workers as building
from partners.bootstrap.services import build_services
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from workflows.kit import options

ROOT = Path(__file__).parent.parent

PINNED = """
activity accrue_range on partners
activity answer_guard on partners
activity appeal_case on partners
activity apply_outcome on partners
activity ask_guard on partners
activity assess_case on partners
activity assess_referrals on partners
activity begin_tracks on partners
activity block_case on partners
activity claim_accrual on partners
activity claim_review on partners
activity close_case on partners
activity decide_case on partners
activity deliver_next on partners
activity deliver_next on partners-outside
activity end_pause on partners
activity extend_case on partners
activity finish_accrual on partners
activity finish_review on partners
activity give_up on partners
activity judge_range on partners
activity look_at_exclusive on partners
activity look_at_lead on partners
activity look_at_review on partners
activity migrate_case on partners
activity next_untold on partners
activity open_case on partners
activity open_cases on partners
activity overturn_case on partners
activity pause_case on partners
activity promote on partners
activity propose_promotions on partners
activity reconcile_suppressions on partners-mail
activity reinstate_case on partners
activity remove_case on partners
activity resolve_unknown on partners-mail
activity resume_case on partners
activity send_check_in on partners-mail
activity send_exclusive_notices on partners-mail
activity send_inbox_digest on partners-mail
activity send_lead_notice on partners-mail
activity send_notice on partners-mail
activity send_partner_notice on partners-mail
activity send_referral_notice on partners-mail
activity send_staff_notice on partners-mail
activity settle_range on partners
activity start_check_in on partners
activity start_check_ins on partners
activity sweep_events on partners
activity take_exclusive_step on partners
activity take_step on partners
activity tell_cases on partners
activity tell_intervention on partners-mail
activity tell_page on partners-mail
activity tell_price_page on partners-mail
activity tell_referrer on partners
activity tell_resolved on partners-mail
activity tell_tracks on partners-mail
activity unblock_case on partners
activity uphold_case on partners
activity void_case on partners
activity waive_case on partners
activity wake_exclusives on partners
activity wake_referrals on partners
patch audit-summary
patch cancelled-in-a-command
patch guard-answer-stands
patch unknown-mail-waits
patch wait-for-the-other-promotion
patch wake-exclusives
patch wake-referrals
patch warn-first
query case of GracePeriod
query lead of LeadHandover
query next of ExclusiveTerm
query next of GracePeriod
query progress of IncentiveAccrual
query progress of ProgramReview
query progress of ReferralQualification
query term of ExclusiveTerm
search attribute GraceDeadline: datetime
search attribute PartnerStanding: keyword
search attribute PartnerTier: keyword
search attribute ReferralStage: keyword
search attribute ReviewPeriod: keyword
signal guard_decided of ProgramReview
signal look_again of CheckIn
signal look_again of Delivery
signal look_again of ExclusiveTerm
signal look_again of Intervention
signal look_again of LeadHandover
signal look_again of Promotion
signal look_again of ReferralQualification
signal metrics_changed of GracePeriod
signal notice_changed of GracePeriod
signal notice_changed of PolicyChange
signal notice_changed of PriceChange
signal referral_changed of ReferralQualification
update appeal of GracePeriod
update approve of ProgramReview
update block of GracePeriod
update extend of GracePeriod
update migrate of GracePeriod
update overturn of GracePeriod
update pause of GracePeriod
update reinstate of GracePeriod
update reject of ProgramReview
update remove of GracePeriod
update resume of GracePeriod
update unblock of GracePeriod
update uphold of GracePeriod
update void of GracePeriod
update waive of GracePeriod
workflow CheckIn
workflow Delivery
workflow EventSweep
workflow ExclusiveTerm
workflow GracePeriod
workflow InboxDigest
workflow IncentiveAccrual
workflow Intervention
workflow LeadHandover
workflow MailReconciliation
workflow MailResolution
workflow PolicyChange
workflow PriceChange
workflow ProgramReview
workflow Promotion
workflow ReferralQualification
workflow TrackWatch
"""

BREAKS = {
    "activity": "a case that has scheduled it waits for ever, and histories with it do not replay",
    "workflow": "runs of that type are replayed by nobody, and schedules and `temporal workflow "
    "start --type` name what no worker has",
    "signal": "what was sent is not heard by runs that get it under this name",
    "query": "pages, commands and saved calls that ask by this name get an error",
    "update": "what people send by this name is refused, and histories with it do not replay",
    "patch": "runs that recorded it do not replay",
    "search attribute": "views that filter by it find nothing, and a run that sets one which the "
    "server does not know gets stuck",
}
"""What is lost with a name, by what it names."""


@pytest.fixture
def workers(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Any]]:
    """What `partners/bootstrap/workers.py` gives to each worker, without a server."""
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(_env_file=None, mode=Mode.TEST, database_url=f"sqlite:///{path}")
    database = Database(settings.database_url)
    monkeypatch.setattr(building, "Worker", lambda client, **given: SimpleNamespace(**given))
    services = build_services(settings, database)
    client: Any = None
    yield building.build_workers(client, settings, services)
    database.close()


def definitions(workers: list[Any]) -> Iterator[Any]:
    for worker in workers:
        for found in getattr(worker, "workflows", ()):
            yield workflow._Definition.must_from_class(found)


def activities(workers: list[Any]) -> Iterator[tuple[str, Any]]:
    """Each activity, and the queue on which it is waited for."""
    return ((worker.task_queue, step) for worker in workers for step in worker.activities)


def name_of(step: Any) -> str | None:
    return activity._Definition.must_from_callable(step).name


def patches() -> Iterator[str]:
    """The ids in `workflow.patched(…)` and `workflow.deprecate_patch(…)`."""
    for file in sorted((ROOT / "workflows").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    ast.Attribute(_, "patched" | "deprecate_patch")
                    | ast.Name("patched" | "deprecate_patch"),
                    [patch_id],
                ):
                    known = vars(importlib.import_module(module))
                    yield eval(ast.unparse(patch_id), dict(known))


def registered(workers: list[Any]) -> Iterator[str]:
    """Every name, with what it names."""
    for queue, step in activities(workers):
        yield f"activity {name_of(step)} on {queue}"
    for found in definitions(workers):
        yield f"workflow {found.name}"
        yield from (f"signal {name} of {found.name}" for name in found.signals)
        yield from (f"query {name} of {found.name}" for name in found.queries)
        yield from (f"update {name} of {found.name}" for name in found.updates)
    yield from (f"patch {patch_id}" for patch_id in patches())
    for key in options.SEARCH_ATTRIBUTES:
        yield f"search attribute {key.name}: {key.indexed_value_type.name.lower()}"


def what_breaks(name: str) -> str:
    return next(why for what, why in BREAKS.items() if name.startswith(what))


def test_the_names_that_temporal_knows_stay(workers: list[Any]) -> None:
    pinned, found = set(PINNED.strip().splitlines()), set(registered(workers))
    lost = [f"{name}: {what_breaks(name)}" for name in sorted(pinned - found)]
    assert not lost, (
        "Gone, or renamed. Give the method or class its name back (files and modules may move "
        f"freely); what no open run can need any more is taken out of PINNED:\n{chr(10).join(lost)}"
    )
    new = sorted(found - pinned)
    assert not new, (
        f"New, and from its release on never renamed; add to PINNED:\n{chr(10).join(new)}"
    )


def test_the_pinned_list_is_sorted() -> None:
    lines = PINNED.strip().splitlines()
    assert lines == sorted(set(lines))


def test_an_activity_has_the_name_of_its_method(workers: list[Any]) -> None:
    """Neither its class nor its module is part of it: both may move while cases run."""
    named = {name_of(step): step.__name__ for _, step in activities(workers)}
    assert {name: method for name, method in named.items() if name != method} == {}


def test_a_workflow_has_the_name_of_its_class(workers: list[Any]) -> None:
    assert [found.name for found in definitions(workers) if found.name != found.cls.__name__] == []
