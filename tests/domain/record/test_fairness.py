"""Partners alike are compared: who was treated otherwise, and whether something explains it."""

from __future__ import annotations

from partners.domain.record.fairness import Alike, Treatment, differences

BELOW = Alike("below in 2026-10", "gold", 1, (("orders_per_month", "below"),))
OTHER = Alike("below in 2026-10", "silver", 1, (("orders_per_month", "below"),))


def test_alike_treated_alike_is_no_difference() -> None:
    treated = [Treatment("a", BELOW, "a case"), Treatment("b", BELOW, "a case")]
    assert differences([*treated, Treatment("c", OTHER, "no case")]) == []


def test_an_override_explains_why_one_was_treated_otherwise() -> None:
    (found,) = differences(
        [
            Treatment("a", BELOW, "a case"),
            Treatment("b", BELOW, "no case", "waiver by Ann: dispute"),
        ]
    )
    assert found.usual == "a case"
    assert [(o.partner_id, o.why) for o in found.others] == [("b", "waiver by Ann: dispute")]
    assert not found.unexplained


def test_without_one_it_is_unexplained_and_comes_first() -> None:
    found = differences(
        [
            Treatment("a", OTHER, "a case"),
            Treatment("b", OTHER, "no case", "blocked"),
            Treatment("c", BELOW, "a case"),
            Treatment("d", BELOW, "a case"),
            Treatment("e", BELOW, "no case"),
        ]
    )
    assert [d.alike for d in found] == [BELOW, OTHER]
    assert [o.partner_id for o in found[0].unexplained] == ["e"]


def test_the_rules_set_the_usual_treatment_however_many_exceptions_there_are() -> None:
    exceptions = [Treatment(f"x{n}", BELOW, "no case", "waiver by Ann") for n in range(5)]
    (found,) = differences([Treatment("a", BELOW, "a case"), *exceptions])
    assert found.usual == "a case"
    assert len(found.others) == 5


def test_where_everybody_is_an_exception_the_most_frequent_treatment_is_the_usual_one() -> None:
    exceptions = [Treatment(f"x{n}", BELOW, "no case", "waiver by Ann") for n in range(2)]
    (found,) = differences([Treatment("a", BELOW, "a case", "removed by Bo"), *exceptions])
    assert found.usual == "no case"
    assert [one.partner_id for one in found.others] == ["a"]
