"""Partners held against their standards, and appraised, without a face."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partners.use_cases.acting import Manager
from partners.use_cases.judging import appraising
from partners.use_cases.judging.appraising import UnknownQuality
from partners.use_cases.judging.assessing import UnknownPartners, assess
from partners.use_cases.refusals import DayAhead, Unsigned
from tests import builders


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")


def test_partners_are_judged_while_they_are_asked_for(ann: Manager) -> None:
    with assess(ann) as found:
        assert (found.basis.version, found.basis.day) == (1, ann.now().date())
        (held,) = found.partners
    assert (held.partner_id, held.assessment is not None) == ("acme", True)


def test_who_does_not_exist_is_named_and_a_day_to_come_is_refused(ann: Manager) -> None:
    with assess(ann, ["zoe", "acme", "bob"]) as found, pytest.raises(UnknownPartners) as unknown:
        list(found.partners)
    assert unknown.value.partner_ids == ("bob", "zoe")
    tomorrow = ann.now().date() + timedelta(days=1)
    with pytest.raises(DayAhead) as ahead, assess(ann, as_of=tomorrow):
        pass
    assert (ahead.value.what, ahead.value.day) == ("assessment", tomorrow)


def test_a_refused_appraisal_records_nothing(ann: Manager) -> None:
    with pytest.raises(Unsigned) as unsigned:
        appraising.appraise(ann, "acme", "expertise", True, " ")
    assert unsigned.value.needed == ("by", "notes")
    with pytest.raises(UnknownQuality) as unknown:
        appraising.appraise(ann, "acme", "expertize", True, "two certified people")
    assert unknown.value.criterion == "expertize"
    assert appraising.appraisals_of(ann, "acme") == []
    done = appraising.appraise(ann, "acme", "expertise", True, "two certified people")
    assert appraising.appraisals_of(ann, "acme") == [done.appraisal]
