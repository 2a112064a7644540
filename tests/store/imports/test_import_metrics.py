from decimal import Decimal

import pytest
from sqlalchemy import select

from partners.store.tables.feed_tables import FedMetricRow


def a_value(**changes):
    return {"partner_id": "acme", "month": "2026-10", "metric": "nps", "value": "-12.5", **changes}


def values_of(importer):
    with importer.database.read() as session:
        rows = session.scalars(select(FedMetricRow))
        return {(r.partner_id, r.metric, r.month): (r.value, r.sample) for r in rows}


def test_values_are_stored_exactly_with_their_sample(importer):
    result = importer.metrics(
        a_value(sample=""), a_value(metric="on_time", value="0.975", sample="40")
    )
    assert (result.new, result.touched_months, result.touched_partners) == (2, 1, 1)
    assert values_of(importer) == {
        ("acme", "nps", 202610): (Decimal("-12.5"), 1),
        ("acme", "on_time", 202610): (Decimal("0.975"), 40),
    }


def test_the_same_values_twice_change_nothing_and_others_replace(importer):
    importer.metrics(a_value())
    again = importer.metrics(a_value(value="-12.50"))
    assert (again.unchanged, again.touched_partners) == (1, 0)
    assert importer.metrics(a_value(value="3")).corrected == 1
    assert values_of(importer)["acme", "nps", 202610] == (Decimal(3), 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"partner_id": "nobody"}, "partner_id names no known partner"),
        ({"month": "2026-13"}, "month is not YYYY-MM"),
        ({"month": "1969-12"}, "month is before 1970: '1969-12'"),
        ({"month": "10/2026"}, "month is not YYYY-MM"),
        ({"month": "2026-12"}, "month lies ahead"),
        ({"metric": "rating"}, "metric is none of the policy's own nps, on_time: 'rating'"),
        ({"value": ""}, "value is not a number"),
        ({"value": "nan"}, "value is not a number"),
        ({"metric": "on_time", "value": "97"}, "value of a rate is not from 0 to 1"),
        ({"sample": "-1"}, "sample is not a whole number"),
    ],
)
def test_a_bad_value_is_rejected_and_good_ones_kept(importer, change, reason):
    result = importer.metrics(a_value(sample=""), a_value(**change))
    assert (result.new, result.rejected) == (1, 1)
    assert importer.rejected("metrics")[0][1].startswith(reason)
