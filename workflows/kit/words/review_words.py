"""What a manager reads of a review in the Temporal UI: where it is, whom it named, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from partners.domain.cases.case import Permission
from partners.domain.mail.view import Mailed
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.domain.reviews.view import GuardState, ReviewView
from workflows.kit import markdown, options, timeline

IN_UI = "/namespaces/{namespace}/workflows/"
"""Where the Temporal UI shows a workflow; it sets its namespace in by itself."""


def details(
    view: ReviewView,
    step: str,
    counts: Mapping[str, int],
    guard: GuardState,
    mails: Mapping[int, Mailed],
) -> str:
    """The current details of a review, Markdown."""
    return markdown.joined(
        [
            timeline.review_details(view, step, counts).rstrip(),
            markdown.bullets(_facts(view, guard)),
            _named(_started(guard), guard.partner_ids, guard.partners, options.grace_workflow_id),
            _named("Checked in with", view.checked_in, 0, options.check_in_workflow_id),
            _named("Promoted", view.promoted, 0, options.promotion_workflow_id),
            _named("Proposed for promotion", view.proposed, 0, None),
            markdown.mails(list(mails.values())),
        ]
    )


def _facts(view: ReviewView, guard: GuardState) -> list[str]:
    """Who let it go on, until when, and what comes next."""
    facts = ["**Deadline:** none of its own; each case that it starts has one"]
    if guard.state in (Permission.APPROVED, Permission.REJECTED):
        facts.append(f"**{guard.state.capitalize()}** by {markdown.text(guard.detail)}")
    if guard.state == Permission.WAITING:
        act = f"`guard approve {view.review_id}` or `guard reject {view.review_id}`"
        return [*facts, f"**Next:** nothing, until somebody decides: {act}"]
    if view.status is not ReviewStatus.DONE:
        return facts
    lives_on = "the audit changes nothing" if _only_looks(view) else "each case goes on by itself"
    return [*facts, f"**Next:** nothing; {lives_on}"]


def _only_looks(view: ReviewView) -> bool:
    return view.kind is ReviewKind.QUARTERLY


def _started(guard: GuardState) -> str:
    if guard.state == Permission.WAITING:
        return "Would be warned"
    return "Not warned" if guard.state == Permission.REJECTED else "A case each, to be warned"


def _named(
    title: str, ids: tuple[str, ...], total: int, workflow_id: Callable[[str], str] | None
) -> str:
    """`**Promoted:** acme, palm`, each with a link to its timeline."""
    if not ids:
        return ""
    shown = [_link(partner_id, workflow_id) for partner_id in ids]
    more = f" and {total - len(ids)} more" if total > len(ids) else ""
    return f"**{title}:** {', '.join(shown)}{more}"


def _link(partner_id: str, workflow_id: Callable[[str], str] | None) -> str:
    name = markdown.text(partner_id)
    if workflow_id is None:
        return name
    return f"[{name}]({IN_UI}{_quoted(workflow_id(partner_id))})"


def _quoted(workflow_id: str) -> str:
    """As an address has it. (`urllib` is kept from workflows.)"""
    return "".join(
        letter
        if letter.isascii() and (letter.isalnum() or letter in "-_.~")
        else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in workflow_id
    )
