"""What the templates may use: a notice's facts as words in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from babel import Locale

from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.look import LOGO_WIDTH
from partners.mail.exclusives.exclusive_words import exclusive_words
from partners.mail.notice import Notice
from partners.mail.words import catalogues, locales, wording
from partners.mail.words.audit_words import audit_words
from partners.mail.words.change_words import LIST_MOST, change_words
from partners.mail.words.date_words import date_words
from partners.mail.words.inbox_words import inbox_words
from partners.mail.words.offers.offer_words import offer_words, price_words
from partners.mail.words.person_words import person_words
from partners.mail.words.plain import NAME_LENGTH, one_line
from partners.mail.words.policy_texts import benefits, given, said, tier_name
from partners.mail.words.referral_words import lead_words, referral_words
from partners.mail.words.response_words import response_words
from partners.mail.words.step_words import entry, step_words, track_words
from partners.mail_addresses import outgoing

MAIL_ABOUT = catalogues.N_("%(tier)s status, partner %(partner)s")
"""The subject of the e-mail that a click on the button begins."""
REFERRALS_ABOUT = catalogues.N_("Referrals, partner %(partner)s")
"""The same where it is about referrals and no status."""
LEADS_ABOUT = catalogues.N_("Leads, partner %(partner)s")
"""The same where it is about a lead that the partner is to work."""
EXCLUSIVES_ABOUT = catalogues.N_("Exclusive, partner %(partner)s")
"""The same where it is about an exclusive."""

OFFERS_ABOUT = catalogues.N_("Offers and prices, partner %(partner)s")
"""The same where it is about an offer."""

_ON_WHOLE_MONTHS = (
    NoticeKind.WARNING,
    NoticeKind.RELAPSE,
    NoticeKind.CHECK_IN,
    NoticeKind.WELCOME,
    NoticeKind.PROMOTED,
)
_ORDER = (Verdict.BELOW, Verdict.INSUFFICIENT, Verdict.PASSING)


@dataclass(frozen=True)
class Row:
    """One line of the table measured/required; `gap` is empty where the standard is met.

    `reached` and `share` make the bar of a figure that has to rise.
    """

    label: str
    within: str  # the label as it stands in a sentence
    window: str
    measured: str
    required: str
    gap: str
    verdict: Verdict
    reached: str = ""  # `6 of 10`; blank where there is no such share
    share: int = 0  # of what is required, in percent


def locale_of(notice: Notice) -> Locale:
    """The partner's language, else the program's, else English, of those that have texts.

    Dates and figures follow the sentences: "1.234" among English words would be misread. Staff
    read English, as in timelines and commands.
    """
    if notice.kind.to_staff:
        return wording.ENGLISH
    return catalogues.spoken(notice.language, notice.policy.program.language)


def context(notice: Notice) -> dict[str, Any]:
    """Everything a template names. Values are clean single lines; absent ones are None."""
    locale = locale_of(notice)
    return {
        "notice": notice,
        "kind": notice.kind.value,
        "language": locales.tag(locale),
        "direction": locale.text_direction,
        "partner_id": notice.partner_id,
        "name": one_line(notice.partner_name, NAME_LENGTH) or notice.partner_id,
        "repeat": notice.repeat,
        "grace": notice.policy.grace,
        "guard": notice.policy.guard,
        "hold_reason": notice.hold_reason and notice.hold_reason.value,
        "hold_detail": one_line(notice.hold_detail),
        "guard_list": [one_line(partner_id) for partner_id in notice.guard_list[:LIST_MOST]],
        "guard_more": max(0, len(notice.guard_list) - LIST_MOST),
        "guard_count": len(notice.guard_list),
        "review": one_line(notice.review_id),
        **_figures(notice, locale),
        **_program(notice, locale),
        **_footer(notice),
        **date_words(notice, locale),
        **_tiers(notice, locale),
        **change_words(notice, locale),
        **person_words(notice, locale),
        **step_words(notice, locale),
        **track_words(notice, locale),
        **audit_words(notice, locale),
        **referral_words(notice, locale),
        **lead_words(notice, locale),
        **response_words(notice, locale),
        **exclusive_words(notice, locale),
        **offer_words(notice, locale),
        **price_words(notice, locale),
        **inbox_words(notice),
    }


def _program(notice: Notice, locale: Locale) -> dict[str, Any]:
    program = said(notice.policy.program, notice, locale)
    facts = {"tier": tier_name(notice.tier, notice, locale), "partner": notice.partner_id}
    referrals = notice.referral is not None and notice.step is None
    words = LEADS_ABOUT if notice.lead else REFERRALS_ABOUT if referrals else MAIL_ABOUT
    words = EXCLUSIVES_ABOUT if notice.exclusive is not None else words
    words = OFFERS_ABOUT if notice.price is not None else words
    about = quote(catalogues.say(words, locale) % facts)
    return {
        "program": one_line(program.name),
        "provider": one_line(program.provider),
        "contact_name": one_line(program.contact_name),
        "contact_email": program.contact_email,
        "contact_url": program.contact_url,
        **_look(notice, one_line(program.provider)),
        "contact_mailto": f"mailto:{outgoing(program.contact_email)}?subject={about}",
    }


def _look(notice: Notice, provider: str) -> dict[str, Any]:
    look = notice.policy.look
    accent, accent_dark = look.colours
    return {
        "accent": accent,
        "accent_dark": accent_dark,
        "logo_url": look.logo_url,
        "logo_alt": one_line(look.logo_alt or provider),
        "logo_width": look.logo_width or LOGO_WIDTH,
    }


def _footer(notice: Notice) -> dict[str, Any]:
    footer = notice.footer
    return {
        "postal_address": one_line(footer.postal_address),
        "preferences_url": footer.preferences_url,
        "unsubscribe_url": footer.unsubscribe_url,
    }


def _tiers(notice: Notice, locale: Locale) -> dict[str, Any]:
    below = notice.policy.tier_below(notice.tier.key)
    tier, new = notice.tier, notice.new_tier
    kept = given(new) if new else ()
    return {
        "tier": tier_name(tier, notice, locale),
        "tier_below": below and tier_name(below, notice, locale),
        "new_tier": new and tier_name(new, notice, locale),
        "benefits": benefits(tier, notice, locale),
        "new_benefits": benefits(new, notice, locale) if new else [],
        "lost_benefits": benefits(tier, notice, locale, lambda one: one not in kept),
        "entry": entry(notice.policy, notice.tier, locale),
    }


def _figures(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The table of figures, what needs attention first; `gaps` is what is missing, in a line."""
    found = sorted(notice.findings, key=lambda finding: _ORDER.index(finding.verdict))
    rows = [_row(notice, finding, locale) for finding in found]
    below = [row for row in rows if row.verdict is Verdict.BELOW]
    return {
        "rows": rows,
        "below_count": len(below),
        "gaps": ", ".join(f"{row.within} ({row.gap})" for row in below),
        "reported_monthly": any(f.metric in notice.policy.metrics for f in notice.findings),
    }


def _row(notice: Notice, finding: Finding, locale: Locale) -> Row:
    """Where figures rest on whole months (rule 4), and only there, the row names them."""
    months = finding.window_months if notice.kind in _ON_WHOLE_MONTHS else None
    return Row(
        label=one_line(wording.label(finding.metric, notice.policy, locale)),
        within=one_line(wording.label_within(finding.metric, notice.policy, locale)),
        window=wording.window(finding.metric, months, locale) if months else "",
        measured=wording.measured(finding, notice.policy, locale),
        required=wording.required(finding, notice.policy, locale),
        gap=wording.gap(finding, notice.policy, locale),
        verdict=finding.verdict,
        reached=wording.reached(finding, notice.policy, locale),
        share=wording.share_reached(finding),
    )
