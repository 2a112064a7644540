"""The floor of `bench.reviews`: every rule of a review in one SQL statement."""

from __future__ import annotations

from bench._review_data import CRITERIA, LAST, MONTHS, REVIEW


def floor_sql(sqlite: bool) -> str:
    """One statement: windows, verdicts and findings, all of them in SQL."""
    sums, found = [], []
    for at, (metric, bound, months, parts, least) in enumerate(CRITERIA):
        window = f"FILTER (WHERE month >= {LAST.plus(1 - months).number})"
        if parts is None:
            sums += [f"SUM(placed) {window} AS a{at}", f"{months} AS s{at}"]
            actual = f"a{at} / {months}.0"
        else:
            over, under, scale = parts
            sums += [f"SUM({over}) {window} AS a{at}", f"SUM({under}) {window} AS s{at}"]
            actual = f"a{at} / (NULLIF(s{at}, 0) * {scale}.0)"
        verdict = (
            f"CASE WHEN COALESCE(s{at}, 0) < {least} THEN 'insufficient' "
            f"WHEN {actual} >= {bound} THEN 'passing' ELSE 'below' END"
        )
        make = "json_object" if sqlite else "json_build_object"
        found.append(
            (
                f"{verdict} AS v{at}",
                f"{make}('metric', '{metric}', 'actual', CAST({actual} AS TEXT), 'required', "
                f"'{bound}', 'at_least', true, 'window_months', "
                f"{months}, 'sample', s{at}, 'min_sample', {least}, 'verdict', v{at})",
            )
        )
    verdicts = ", ".join(v for v, _ in found)
    array = "json_array" if sqlite else "json_build_array"
    every = f"{array}({', '.join(j for _, j in found)})"
    names = [f"v{at}" for at in range(len(CRITERIA))]
    whole = (
        f"CASE WHEN 'below' IN ({', '.join(names)}) THEN 'below' "
        f"WHEN 'insufficient' IN ({', '.join(names)}) THEN 'insufficient' ELSE 'passing' END"
    )
    return (
        "INSERT INTO review_assessments (review_id, partner_id, tier, verdict, action, findings) "
        f"SELECT '{REVIEW.review_id}', partner_id, tier, verdict, "
        "CASE WHEN verdict = 'below' THEN 'case' ELSE 'none' END, findings FROM ("
        f"SELECT partner_id, tier, {whole} AS verdict, {every} AS findings FROM ("
        f"SELECT w.*, {verdicts} FROM ("
        f"SELECT p.partner_id, p.tier, {', '.join(sums)} FROM partners p "
        "JOIN monthly_totals t ON t.partner_id = p.partner_id "
        f"AND t.month BETWEEN {MONTHS[0].number} AND {LAST.number} "
        "WHERE p.tier IS NOT NULL GROUP BY p.partner_id, p.tier) w) x) y"
    )
