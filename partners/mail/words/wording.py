"""Findings in words: what was measured, what is required, and the gap between the two.

All three show the same rounded figure, so that the arithmetic adds up before the reader's eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from babel import Locale

from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.metrics import COMPLAINTS, Unit
from partners.domain.policy.policy import Criterion, Policy
from partners.mail.words import locales, phrases
from partners.mail.words.catalogues import Pair, count, say

ENGLISH = locales.locale_for("en")
"""The language of timelines, tables and summaries, which staff read."""

SUMMARY_BYTES = 200
"""Temporal's limit for the summary of an activity or a timer."""

_COUNTED = ("orders_per_month", COMPLAINTS)
"""Metrics whose value names what is counted: `6 orders a month`, so that a summary need not."""
_BY_THE_MONTH = ("orders_per_month", "revenue")
"""Metrics whose label says that they are a month's mean: over one month goes without saying."""
_LABELLED = (*_COUNTED, "revenue")
"""Metrics whose label says what the value counts: below it, a figure is enough."""
_DECIMALS = {Unit.RATE: (1, 4), Unit.RATING: (1, 4), Unit.NUMBER: (1, 6)}
"""Least and most decimals shown, of percentage points for a share; otherwise 1 and 4."""


class Words:
    """The words for figures of one metric under one policy, in one language."""

    def __init__(self, metric: str, policy: Policy, locale: Locale) -> None:
        known = policy.metric(metric)
        self._locale = locale
        self._unit = known.unit
        self._currency = policy.program.currency
        self._is_share = known.unit is Unit.RATE or metric == "growth"
        self._phrases = phrases.BY_METRIC.get(metric) or phrases.BY_UNIT[known.unit]
        self.label = label(metric, policy, locale)

    def shown(self, finding: Finding) -> Decimal:
        """The actual value as it is shown, in percentage points for a share."""
        assert finding.actual is not None
        least, most = _DECIMALS.get(self._unit, (1, 4))
        if self._unit is Unit.MONEY:
            least = most = locales.currency_decimals(self._currency)
        return locales.rounded(
            self.points(finding.actual), self.points(finding.required), least, most
        )

    def value(self, figure: Decimal) -> str:
        return self._put(self._phrases.value, figure, self._figure(figure))

    def required(self, required: Decimal, at_least: bool) -> str:
        words = phrases.AT_LEAST if at_least else phrases.AT_MOST
        return say(words, self._locale) % {"value": self.value(self.points(required))}

    def bare(self, criterion: Criterion) -> str:
        """What is required, as a figure alone."""
        words = phrases.AT_LEAST if criterion.at_least is not None else phrases.AT_MOST
        return say(words, self._locale) % {"value": self._figure(self.points(criterion.required))}

    def gap(self, finding: Finding) -> str:
        missing = self.points(finding.required) - self.shown(finding)
        phrase = self._phrases.more if missing > 0 else self._phrases.less
        figure = abs(missing)
        written = locales.number(figure, self._locale) if self._is_share else self._figure(figure)
        return self._put(phrase, figure, written)

    def reached(self, finding: Finding) -> str:
        has = self.shown(finding)
        written = locales.number(has, self._locale) if self._is_share else self._figure(has)
        needed = self._figure(self.points(finding.required))
        return say(phrases.REACHED, self._locale) % {"reached": written, "needed": needed}

    def points(self, value: Decimal) -> Decimal:
        return value * 100 if self._is_share else value

    def _figure(self, figure: Decimal) -> str:
        if self._is_share:
            return locales.percent(figure / 100, self._locale)
        if self._unit is Unit.MONEY:
            return locales.money(figure, self._currency, self._locale)
        return locales.number(figure, self._locale)

    def _put(self, phrase: Pair, figure: Decimal, written: str) -> str:
        return count(phrase, abs(figure), written, self._locale)


def label(metric: str, policy: Policy, locale: Locale = ENGLISH) -> str:
    """A metric's label, for staff in English; one that the policy gives is in its words."""
    own = policy.metrics.get(metric)
    if own is not None:
        return own.said_in(locales.tag(locale)).label
    return say(policy.metric(metric).label, locale)


def label_within(metric: str, policy: Policy, locale: Locale) -> str:
    """A label as it stands in a sentence: `tasa de aceptación`; the policy's own as it is.

    German writes nouns with a capital everywhere; English names a standard as its table does.
    """
    written = label(metric, policy, locale)
    is_kept = metric in policy.metrics or locale.language in ("de", "en")
    return written if is_kept else _in_sentence(written)


def window(metric: str, months: int, locale: Locale) -> str:
    """`over one month`, `over 3 months`; blank where it goes without saying."""
    if metric == "tenure_months" or (months == 1 and metric in _BY_THE_MONTH):
        return ""
    return count(phrases.OVER_MONTHS, months, str(months), locale)


def measured(finding: Finding, policy: Policy, locale: Locale) -> str:
    """`6 orders a month`, `89.96 %`, `not measured`."""
    words = Words(finding.metric, policy, locale)
    if finding.actual is None:
        return say(phrases.NOT_MEASURED, locale)
    return words.value(words.shown(finding))


def required(finding: Finding | Criterion, policy: Policy, locale: Locale) -> str:
    """`at least 10 orders a month`, `at most 4 hours`."""
    at_least = finding.at_least is not None and finding.at_least is not False
    return Words(finding.metric, policy, locale).required(finding.required, at_least)


def standard(criterion: Criterion, policy: Policy, locale: Locale) -> str:
    """What a criterion asks, beside its label, which it does not repeat.

    `Orders per month`: `at least 10`; `Acceptance rate`: `at least 90 %, over 3 months`.
    """
    months, metric = criterion.window_months, criterion.metric
    if metric in _LABELLED:
        asked = Words(metric, policy, locale).bare(criterion)
    else:
        asked = required(criterion, policy, locale)
    over = window(metric, months, locale)
    return f"{asked}, {over}" if over else asked


def gap(finding: Finding, policy: Policy, locale: Locale) -> str:
    """What is missing: `4 more orders a month`; empty where the figure meets the requirement.

    Where the sample is too small to judge: `not judged yet: 3 of the 10 records needed`.
    """
    if finding.verdict is Verdict.INSUFFICIENT:
        if finding.actual is None:
            return say(phrases.NO_DATA, locale)
        return few_records(finding, locale)
    if finding.verdict is Verdict.PASSING:
        return ""
    return Words(finding.metric, policy, locale).gap(finding)


def reached(finding: Finding, policy: Policy, locale: Locale) -> str:
    """How far a figure that has to rise has come: `6 of 10`, `84.5 of 90 %`; else blank."""
    if finding.verdict is not Verdict.BELOW or not finding.at_least or finding.actual is None:
        return ""
    return Words(finding.metric, policy, locale).reached(finding)


def share_reached(finding: Finding) -> int:
    """How much of what is required a figure that has to rise has reached, in whole percent: less
    than 100 for one that is below."""
    if finding.actual is None or finding.required <= 0:
        return 0
    return max(0, min(99, int(100 * finding.actual / finding.required)))


def few_records(finding: Finding, locale: Locale) -> str:
    """`not judged yet: 3 of the 10 records needed`."""
    has, needed = (locales.number(n, locale) for n in (finding.sample, finding.min_sample))
    return count(phrases.FEW_RECORDS, finding.min_sample, has, locale, needed=needed)


def summary(findings: Sequence[Finding], policy: Policy) -> str:
    """Short manager's words for the failing findings, or for all where none fails.

    `6 orders a month, 10 required`; of several, `acceptance 85 % (90 % required), …`. At most
    200 bytes of UTF-8, the limit of a Temporal summary.
    """
    chosen = [f for f in findings if f.verdict is Verdict.BELOW] or list(findings)
    locale = ENGLISH
    if len(chosen) == 1:
        return _cut(_brief(chosen[0], policy, locale, "{actual}, {required}"))
    parts = [_brief(f, policy, locale, "{actual} ({required})") for f in chosen]
    for shown in range(len(parts), 0, -1):
        rest = len(parts) - shown
        text = ", ".join(parts[:shown]) + (f" and {rest} more" if rest else "")
        if len(text.encode()) <= SUMMARY_BYTES:
            return text
    return _cut(", ".join(parts))


def _brief(finding: Finding, policy: Policy, locale: Locale, form: str) -> str:
    words = Words(finding.metric, policy, locale)
    name = _in_sentence(words.label).removesuffix(" rate")
    figure = words.value(words.points(finding.required))
    if finding.actual is None:
        actual = f"{name} {phrases.NOT_MEASURED}"
    else:
        value = words.value(words.shown(finding))
        actual = value if finding.metric in _COUNTED else f"{name} {value}"
        if finding.verdict is Verdict.INSUFFICIENT:
            actual += f" from {finding.sample} of {finding.min_sample} records"
    if finding.metric in _COUNTED:
        figure = locales.number(finding.required, locale)
    required_ = f"{figure} required" if finding.at_least else f"at most {figure} allowed"
    return form.format(actual=actual, required=required_).replace(locales.NBSP, " ")


def _in_sentence(label_: str) -> str:
    """`Rating` as `rating`, but `NPS` as it is."""
    return label_ if label_[1:2].isupper() else label_[:1].lower() + label_[1:]


def _cut(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= SUMMARY_BYTES:
        return text
    return encoded[: SUMMARY_BYTES - 3].decode(errors="ignore") + "…"
