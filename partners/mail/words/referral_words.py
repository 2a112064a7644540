"""What notices about referrals say, in words: the promise, each referral, how far, the money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_skeleton

from partners.domain.policy.policy import Policy
from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.compensation import EntryKind
from partners.domain.referrals.referral import Uncounted
from partners.mail.notice import Notice
from partners.mail.referral_notice import EntryLine, ReferralFacts, ReferralLine
from partners.mail.words import catalogues, locales
from partners.mail.words.catalogues import N_
from partners.mail.words.date_words import within
from partners.mail.words.plain import one_line

BOUNTY = N_("%(amount)s for each purchase")
SHARE = N_("%(share)s of each purchase")
CAPPED = N_("%(share)s of each purchase, at most %(cap)s")
UNPAID = N_("nothing, as this program pays no compensation")
EVENTS = {
    "submitted": N_("received"),
    "accepted": N_("accepted"),
    "working": N_("being worked on"),
    "converted": N_("led to a purchase"),
    "corrected": N_("purchase corrected"),
    "refunded": N_("purchase refunded"),
    "withdrawn": N_("purchase withdrawn"),
    "lost": N_("led to no purchase"),
    "rejected": N_("cannot count"),
    "duplicate": N_("referred before"),
}
ENTRIES = {
    EntryKind.EARNED: N_("earned"),
    EntryKind.PAYABLE: N_("now payable"),
    EntryKind.PAID: N_("paid"),
    EntryKind.CLAWED_BACK: N_("taken back"),
}
INCENTIVE = N_("Incentive for %(period)s")
STEPS = {
    "Training": N_("Training"),
    "Certification": N_("Certification"),
    "Contract": N_("Contract"),
    "First offer": N_("First offer"),
}
WHY_OWN = N_("You have referred the same lead before, and that referral counts.")
WHY_FIRST = N_("Another partner has referred the same lead, and that referral was accepted first.")
WHY_CUSTOMER = N_("The lead was a customer already when you referred it.")


def referral_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words of a notice about referrals; `ref` is None for a notice about none."""
    facts = notice.referral
    if facts is None:
        return {"ref": None}
    currency = notice.policy.program.currency
    terms, progress = facts.terms, facts.progress
    lines = [_line(line, currency, locale) for line in facts.lines]
    return {
        "ref": facts,
        "event": facts.event,
        "promise": promise(terms, currency, locale),
        "is_paid": terms.compensation is not None,
        "minimum": terms.minimum_amount,
        "needed": progress.needed if progress else terms.successes,
        "count_now": progress.count if progress else 0,
        "missing": progress.missing if progress else terms.successes,
        "act_by": progress.act_by and locales.day(progress.act_by, locale) if progress else None,
        "line": facts.line and _line(facts.line, currency, locale),
        "purchase_rows": [[x["lead"], x["bought_on"], x["amount"], x["pays"]] for x in lines],
        "news_rows": [[x["lead"], x["event"], x["pays"] if x["is_paid"] else "–"] for x in lines],
        "lines_more": facts.more,
        "silent_since_within": facts.silent_since and within(facts.silent_since, locale),
        "window_ended_on_within": facts.window_ended_on and within(facts.window_ended_on, locale),
        "checklist": [_step(label, locale) for label in facts.checklist],
        **_statement(facts, notice.policy, locale),
    }


def promise(terms: ReferralSection, currency: str, locale: Locale) -> str:
    """What a purchase pays: `10 % of each purchase, at most €500.00`."""
    pays = terms.compensation
    if pays is None:
        return catalogues.say(UNPAID, locale)
    if pays.bounty is not None:
        amount = locales.money(pays.bounty, currency, locale)
        return catalogues.say(BOUNTY, locale) % {"amount": amount}
    share = locales.percent(pays.share or Decimal(0), locale)
    if pays.cap is None:
        return catalogues.say(SHARE, locale) % {"share": share}
    cap = locales.money(pays.cap, currency, locale)
    return catalogues.say(CAPPED, locale) % {"share": share, "cap": cap}


def _line(line: ReferralLine, currency: str, locale: Locale) -> dict[str, Any]:
    def day(value: Any) -> str:
        return locales.short_day(value, locale) if value else "–"

    def money(value: Decimal | None) -> str:
        return locales.money(value, line.currency or currency, locale) if value is not None else "–"

    return {
        "lead": one_line(line.lead_ref, 60),
        "referral": one_line(line.referral_id, 60),
        "event": capital(catalogues.say(EVENTS[line.event], locale)),
        "submitted_on": day(line.submitted_on),
        "bought_on": day(line.bought_on),
        "amount": money(line.amount),
        "pays": money(line.pays),
        "is_paid": line.pays > 0,
        "payable_on": line.payable_on and locales.day(line.payable_on, locale),
        "why": _why(line, locale),
    }


def _why(line: ReferralLine, locale: Locale) -> str:
    """Why a referral does not count; a person's own words stay as they are."""
    if line.event == "duplicate":
        return catalogues.say(WHY_OWN if line.because is Uncounted.OWN_TWICE else WHY_FIRST, locale)
    if line.because is Uncounted.CUSTOMER:
        return catalogues.say(WHY_CUSTOMER, locale)
    return one_line(line.reason)


def _step(label: str, locale: Locale) -> str:
    """A step of the checklist; one that the policy names by itself stays as it is."""
    return catalogues.say(STEPS[label], locale) if label in STEPS else one_line(label)


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sums(amounts: Mapping[str, Decimal], currency: str, locale: Locale) -> str:
    """Amounts side by side, those of other currencies if there are any: `€30.00 + US$120.00`."""
    given = {c or currency: amount for c, amount in amounts.items() if amount}
    given = given or {currency: Decimal(0)}
    return " + ".join(locales.money(amount, name, locale) for name, amount in given.items())


def _statement(facts: ReferralFacts, policy: Policy, locale: Locale) -> dict[str, Any]:
    """The month, its entries as rows of words, and the balances; the month is None without one."""
    currency = policy.program.currency

    def row(entry: EntryLine) -> list[str]:
        return [
            capital(catalogues.say(ENTRIES[entry.kind], locale)),
            locales.short_day(entry.day, locale),
            _about(entry, locale),
            locales.money(entry.amount, entry.currency or currency, locale),
        ]

    month = facts.month and format_skeleton("yMMMM", facts.month.first_day, locale=locale)
    balances = {
        f"{name}_{part}": _sums({c: getattr(b, part) for c, b in found.items()}, currency, locale)
        for name, found in (("before", facts.before), ("after", facts.after))
        for part in ("held", "payable", "paid")
    }
    return {
        "month": month,
        "entries": [row(entry) for entry in facts.entries],
        "incentives": any(entry.period for entry in facts.entries),
        **balances,
    }


def _about(entry: EntryLine, locale: Locale) -> str:
    """What an entry is for: a referral, or the period of an incentive."""
    if not entry.period:
        return one_line(entry.referral_id, 60) or "–"
    quarter = "Q" in entry.period
    year, _, part = entry.period.replace("Q", "").partition("-")
    first = date(int(year), int(part) * 3 - 2 if quarter else int(part), 1)
    period = format_skeleton("yQQQ" if quarter else "yMMMM", first, locale=locale)
    return catalogues.say(INCENTIVE, locale) % {"period": period}
