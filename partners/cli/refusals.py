"""How the command line words what is refused: with the command to run or the option to give."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from partners.domain.number_words import number_of


def pasted(*words: object) -> str:
    """A command as a shell takes it, whatever people have called things; `…` is theirs to fill."""
    return " ".join(word if word == "…" else shlex.quote(word) for word in map(str, words))


def _unsigned(error: Any) -> str:
    asked = "who you are and why" if len(error.needed) > 1 else "who you are"
    options = " and ".join(f"--{name}" for name in error.needed)
    return f"say {asked}: {options} must not be blank"


def _currency_differs(error: Any) -> str:
    first, *_ = str(error).splitlines()
    pay = ": partners payouts export, then partners payouts mark-paid"
    problems = (why if isinstance(why, str) else f"{why}{pay}" for why in error.problems)
    return "\n".join([first, *problems])


def _report_out_of_order(error: Any) -> str:
    accept = pasted("partners", "referral", "accept", error.referral_id, "--reason", "…")
    return f"{error}: {accept}" if error.stands in AGAIN else str(error)


def _mail_is_stopped(error: Any) -> str:
    return f"{error}; to let it go: {pasted('partners', 'go', *error.switch.split('/'))}"


def _referral_is_duplicate(error: Any) -> str:
    return f"{error}: {pasted('partners', 'referral', 'list', '--lead', error.lead_ref)}"


TERMS = {"minimum_orders": "minimum"}
"""Terms whose option is called otherwise."""


def _unfit_term(error: Any) -> str:
    option = TERMS.get(error.term, error.term).replace("_", "-")
    return f"--{option} is {error.given}; it goes from {error.least} to {error.most}"


AGAIN = ("lost", "rejected")
"""Referrals that stand so are accepted before anything else is reported of them."""
DAYS = {
    "appraisal": "{0.day} is in the future; an appraisal is of a day until {0.today}",
    "payment": "--on lies ahead: {0.day}; mark payouts once they are paid",
}


def _day_ahead(error: Any) -> str:
    option = "--as-of" if error.what == "assessment" else "--on"
    usual = f"{option} {{0.day}} is in the future; name a day until {{0.today}}"
    return DAYS.get(error.what, usual).format(error)


def _notice_too_short(error: Any) -> str:
    tiers, days = ", ".join(error.tiers), number_of(error.notice_days, "day")
    return (
        f"standards get stricter for partners in {tiers}, who are told {days} before "
        f"(program.notice_days); write --effective {error.earliest} or a later day"
    )


_AGAIN = "It goes on once a worker runs (python worker.py); given again until then, it is done once"


def _or_near(usual: str) -> Callable[[Any], str]:
    """Whoever reads whom they may have meant needs nothing else."""
    return lambda error: str(error) if error.near else usual.format(error)


WORDS: dict[str, str | Callable[[Any], str]] = {
    "appeal_too_late": (
        "{0}; to bring the partner back all the same: partners reinstate PARTNER --reason …"
    ),
    "appeal_waits": "{0}: partners uphold {partner_id} --reason … # or overturn",
    "area_exists": (
        "{0}; see: partners area show {area_code}; to add to it: partners area import FILE.csv"
    ),
    "bad_batch_name": "--batch is not 1 to 64 characters without a slash: {name!r}",
    "blank": "--{name} must not be blank",
    "blank_note": "{0}: --text and --by must not be blank",
    "case_changed": "{0}; look again: partners show {partner_id}",
    "answer_waits": f"{{0}}; to see: partners guard list. {_AGAIN}",
    "case_decides_tier": (
        "{0}; wait for it, or end it first: partners cancel-case {partner_id} --reason …"
    ),
    "currency_differs": _currency_differs,
    "day_ahead": _day_ahead,
    "counted_in_another_zone": "{0} with: partners import recount",
    "command_waits": f"{{0}}; to see: partners show {{partner_id}}. {_AGAIN}",
    "days_swapped": "--from {first} is after --through {last}; swap them",
    "effect_in_the_past": "--effective {0}",
    "empty_area": "{0}; first: partners area import FILE.csv",
    "exclusive_changed": "{0}: partners exclusive show {exclusive_id}",
    "exclusives_overlap": "{0}; name another area or other days; see: partners exclusive list",
    "goes_beyond_policy": "{0}; if it must be: --beyond-policy",
    "minimum_uncovered": (
        "{0}; import those days, or agree on no --minimum and no --completion, or on a shorter "
        "--period"
    ),
    "held_already": (
        "{0}; renew it: partners exclusive renew {exclusive_id} --reason …; or end it first: "
        "partners exclusive end {exclusive_id} --reason …"
    ),
    "mail_is_stopped": _mail_is_stopped,
    "message_superseded": (
        "{0}; what waits instead, if anything does: partners mail list --state waiting"
    ),
    "month_not_settled": "--month: {0}",
    "never_signed": "{0}; to sign it: partners exclusive activate {exclusive_id} --reason …",
    "no_candidate": (
        "{0}; see: partners candidates. To promote without a review: partners add {partner_id} "
        "--tier … --notes …"
    ),
    "no_last_day": "{0}: --until YYYY-MM-DD",
    "no_payouts_named": "name payouts, or a --batch; see: partners payouts list",
    "no_offer_of_service": "--service: {0}",
    "no_proposal": "{0}; see: partners exclusive show {exclusive_id}",
    "no_reason": "say why, with --reason; it is recorded",
    "no_referral_terms": "{0}: partners policy publish program.toml",
    "no_postal_code": "--postal-code: {0}",
    "no_removal": "{0}; to add: partners add PARTNER --tier … --notes …",
    "no_such_order": "{0}; leave --about out, or correct it",
    "no_such_run": "{0}; see: partners mail list",
    "no_such_tier": "--tier: {0}",
    "not_in_force": "{0}; see: partners exclusive show {exclusive_id}",
    "no_worker_took_it": "{0} (python worker.py)",
    "no_workflow_runs": (
        "no workflow runs for {partner_id}; if `partners show {partner_id}` shows an open case, "
        "go on with it first: partners start {partner_id}"
    ),
    "not_acted_upon": "{0}; to end the case: partners cancel-case {partner_id} --reason …",
    "not_blocked": "{0}; see: partners mail blocked",
    "nothing_held": "{0}; see: partners guard list",
    "nothing_pays_incentives": "{0}; see: partners policy show",
    "nothing_on_record": _or_near("{0}; see: partners list"),
    "notice_too_short": _notice_too_short,
    "offer_is_over": "{0}; name another --offer, or none",
    "offer_of_another_service": "{0}; write --service {of_service}, or name another --offer",
    "partner_is_blocked": "{0}; first: partners unblock {partner_id} --reason …",
    "promotion_not_started": "{0}; try again: partners approve {partner_id} --reason …",
    "promotion_not_taken": "{0} (python worker.py)",
    "promotion_under_way": "{0}; go on with it first: partners approve {partner_id} --reason …",
    "referral_exists": lambda error: (
        f"{error}: {pasted('partners', 'referral', 'show', error.referral_id)}"
    ),
    "referral_is_duplicate": _referral_is_duplicate,
    "referral_is_rejected": lambda error: (
        f"{error}: {pasted('partners', 'referral', 'accept', error.referral_id)} --reason …"
    ),
    "rejected_without_reason": ("say why: --reason must not be blank, for the partner is told"),
    "report_out_of_order": _report_out_of_order,
    "review_does_not_run": (
        "no workflow runs under {workflow_id}; take the review up again first "
        "(partners review --help), then decide"
    ),
    "renewed_already": "{0}; first: partners exclusive withdraw {by} --reason …",
    "term_began": "--from: {0}",
    "term_over": "--until: {0}",
    "term_swapped": "--from {first_day} is after --until {last_day}; swap them",
    "term_too_long": "--until: {0}",
    "tier_is_pinned": "{0}; first: partners unpin {partner_id} --reason …",
    "too_far_ahead": "--recover-by: {0}",
    "two_places": "{0}: --area or --postal-code",
    "unfit_period": "--period: {0}",
    "unfit_term": _unfit_term,
    "unfit_reason": "--by and --reason: {0}",
    "unknown_area": "{0}; see: partners area list",
    "unknown_batch": "{0}; see: partners payouts list",
    "unknown_complaint": "{0}; see: partners complaint list",
    "unknown_event": "{0}; see: partners webhook list",
    "unknown_exclusive": "{0}; see: partners exclusive list",
    "unknown_message": "{0}; see: partners mail list",
    "unknown_partner": _or_near("{0}; see: partners import partners --help"),
    "unknown_partners": _or_near("{0}; run: partners import partners FILE"),
    "unknown_payout": "{0}; see: partners payouts list",
    "unknown_referral": "{0}; see: partners referral list",
    "unknown_review": "{0}; see: partners reviews",
    "unknown_version": "{0}; run: partners policy list",
    "unsigned": _unsigned,
    "written_on_another_day": "{0}: partners mail list --state waiting",
}
"""By a refusal's code: `{0}` is its own sentence, `{name}` a fact. Others keep their sentence."""


def words(error: Exception) -> str:
    """A refusal in the words of the command line; any other error as it is."""
    found = WORDS.get(getattr(error, "code", ""), "{0}")
    return found.format(error, **vars(error)) if isinstance(found, str) else found(error)
