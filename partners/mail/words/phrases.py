"""How figures read, by unit and by metric: value and gap, in singular and plural.

Each phrase is marked for the catalogues; `%(n)s` is the figure as the reader's language writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from partners.domain.policy.metrics import Unit
from partners.mail.words.catalogues import N_, Pair, pair

NOT_MEASURED = N_("not measured")
AT_LEAST, AT_MOST = N_("at least %(value)s"), N_("at most %(value)s")
FEW_RECORDS = pair(
    "not judged yet: %(n)s of the %(needed)s record needed",
    "not judged yet: %(n)s of the %(needed)s records needed",
)
REACHED = N_("%(reached)s of %(needed)s")
NO_DATA = N_("no data to judge yet")
OVER_MONTHS = pair("over one month", "over %(n)s months")


_MORE, _LESS = pair("%(n)s more", "%(n)s more"), pair("%(n)s less", "%(n)s less")


@dataclass(frozen=True)
class Phrases:
    """How a kind of figure reads."""

    value: Pair = ("%(n)s", "%(n)s")
    more: Pair = _MORE
    less: Pair = _LESS


_SHARE = Phrases(
    more=pair("%(n)s more percentage point", "%(n)s more percentage points"),
    less=pair("%(n)s fewer percentage point", "%(n)s fewer percentage points"),
)
BY_UNIT: Mapping[Unit, Phrases] = {
    Unit.COUNT: Phrases(less=pair("%(n)s fewer", "%(n)s fewer")),
    Unit.RATE: _SHARE,
    Unit.RATING: Phrases(
        pair("%(n)s star", "%(n)s stars"),
        pair("%(n)s star higher", "%(n)s stars higher"),
        pair("%(n)s star lower", "%(n)s stars lower"),
    ),
    Unit.HOURS: Phrases(
        pair("%(n)s hour", "%(n)s hours"),
        pair("%(n)s more hour", "%(n)s more hours"),
        pair("%(n)s fewer hour", "%(n)s fewer hours"),
    ),
    Unit.MONEY: Phrases(),
    Unit.MONTHS: Phrases(
        pair("%(n)s month", "%(n)s months"),
        pair("%(n)s more month", "%(n)s more months"),
        pair("%(n)s fewer month", "%(n)s fewer months"),
    ),
    Unit.NUMBER: Phrases(),
}
BY_METRIC: Mapping[str, Phrases] = {
    "orders_per_month": Phrases(
        pair("%(n)s order a month", "%(n)s orders a month"),
        pair("%(n)s more order a month", "%(n)s more orders a month"),
        pair("%(n)s fewer order a month", "%(n)s fewer orders a month"),
    ),
    "response_hours": Phrases(
        pair("%(n)s hour", "%(n)s hours"),
        pair("%(n)s hour slower", "%(n)s hours slower"),
        pair("%(n)s hour faster", "%(n)s hours faster"),
    ),
    "revenue": Phrases(
        pair("%(n)s a month", "%(n)s a month"),
        pair("%(n)s more a month", "%(n)s more a month"),
        pair("%(n)s less a month", "%(n)s less a month"),
    ),
    "complaints": Phrases(
        pair("%(n)s complaint", "%(n)s complaints"),
        less=pair("%(n)s fewer complaint", "%(n)s fewer complaints"),
    ),
    "growth": _SHARE,
}

LABELS = (
    N_("Orders per month"),
    N_("Acceptance rate"),
    N_("Completion rate"),
    N_("Cancellation rate"),
    N_("Rating"),
    N_("Address accuracy"),
    N_("Response time"),
    N_("Average order value"),
    N_("Revenue per month"),
    N_("Growth in orders"),
    N_("Repeat customers"),
    N_("Tenure"),
    N_("Complaints"),
    N_("Expertise"),
    N_("Market coverage"),
    N_("Customer segments"),
    N_("Brand alignment"),
    N_("Communication"),
)
"""The labels of built-in metrics and ready qualities, which the domain gives in English.

Those that a policy gives stay as they are. A test holds this list complete.
"""
