from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from partners.errors import UserError
from partners.store.imports import import_partners
from partners.store.tables.feed_tables import ImportRow
from partners.store.tables.program_tables import PartnerRow


def partner_row(importer, partner_id="acme"):
    with importer.database.read() as session:
        return session.get(PartnerRow, partner_id)


def test_a_new_partner_is_enrolled_since_they_joined(importer, partner):
    result = importer.partners(
        partner("new", time_zone="America/Lima", language="de-AT", fallback_email="b@example.org"),
        partner("lead", tier="", kind="referral", email=""),
    )
    assert (result.new, result.rejected) == (2, 0)
    new, lead = partner_row(importer, "new"), partner_row(importer, "lead")
    assert (new.tier, new.tier_since, new.joined_on) == ("preferred", *[date(2025, 1, 31)] * 2)
    assert (new.time_zone, new.language, new.fallback_email) == (
        "America/Lima",
        "de-AT",
        "b@example.org",
    )
    assert (lead.tier, lead.tier_since, lead.email, lead.time_zone) == (None, None, "", None)


def test_the_same_partners_twice_change_nothing(importer, partner):
    result = importer.partners(partner("acme"), partner("zenith"))
    assert (result.new, result.corrected, result.unchanged) == (0, 0, 2)


def test_known_partners_are_updated_but_keep_their_tier(importer, partner):
    result = importer.partners(
        partner(name="Acme Ltd", email="not an address", joined_on="2025-02-01", tier="gold")
    )
    assert result.corrected == 1
    assert result.rejected == 0
    assert "acme" in result.notes[0]
    acme = partner_row(importer)
    assert (acme.name, acme.email, acme.joined_on) == (
        "Acme Ltd",
        "not an address",
        date(2025, 2, 1),
    )
    assert (acme.tier, acme.tier_since) == ("preferred", date(2025, 1, 31))


def test_a_nightly_file_cannot_undo_a_removal(importer, partner):
    with importer.database.write() as session:
        session.get(PartnerRow, "acme").tier = None
    result = importer.partners(partner())
    assert (result.unchanged, len(result.notes)) == (1, 1)
    assert partner_row(importer).tier is None


def test_the_last_of_two_rows_for_a_partner_counts(importer, partner):
    result = importer.partners(partner("new", name="First"), partner("new", name="Second"))
    assert (result.new, result.corrected) == (1, 1)
    assert partner_row(importer, "new").name == "Second"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"partner_id": "a b"}, "partner_id is not 1 to 64"),
        ({"partner_id": ""}, "partner_id is not 1 to 64"),
        ({"partner_id": "x" * 65}, "partner_id is not 1 to 64"),
        ({"name": ""}, "name is blank"),
        ({"tier": "platinum"}, "tier is none of preferred: 'platinum'"),
        ({"kind": "friend"}, "kind is neither reseller nor referral: 'friend'"),
        ({"joined_on": "31.01.2025"}, "joined_on is not a day (YYYY-MM-DD): '31.01.2025'"),
        ({"joined_on": ""}, "joined_on is not a day"),
        ({"time_zone": "Mars/Base"}, "time_zone is no IANA time zone"),
        ({"language": "English"}, "language is not like"),
    ],
)
def test_a_bad_partner_is_rejected_and_good_ones_kept(importer, partner, change, reason):
    result = importer.partners(partner("good"), partner(**{"partner_id": "bad", **change}))
    assert (result.new, result.rejected) == (1, 1)
    [(line, why)] = importer.rejected("partners")
    assert line == 3
    assert why.startswith(reason)


def test_all_or_nothing_keeps_no_partner(importer, partner):
    result = importer.partners(partner("new"), partner("bad id"), all_or_nothing=True)
    assert (result.kept, result.new) == (False, 0)
    assert partner_row(importer, "new") is None
    with importer.database.read() as session:
        assert len(session.scalars(select(ImportRow)).all()) == 1  # the fixture's own


def test_a_missing_column_is_named(importer):
    with pytest.raises(UserError, match="column 'joined_on' is missing"):
        importer.partners({"partner_id": "x", "name": "x", "email": "", "tier": "", "kind": ""})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"joined_on": "9999-12-31"}, "joined_on is more than a year ahead: '9999-12-31'"),
        ({"joined_on": "1969-12-31"}, "joined_on is before 1970: '1969-12-31'"),
        ({"name": "n" * 201}, "name has 201 characters; at most 200 are kept"),
        ({"email": "e" * 321}, "email has 321 characters; at most 320 are kept"),
        ({"fallback_email": "e" * 321}, "fallback_email has 321 characters; at most 320 are kept"),
    ],
)
def test_days_and_texts_of_partners_have_bounds(importer, partner, change, reason):
    result = importer.partners(partner("new", **change))
    assert (result.new, importer.rejected("partners")) == (0, [(2, reason)])


def test_what_looks_wrong_about_a_partner_is_said_and_kept(importer, partner):
    path = importer.file(
        "partners.csv",
        [
            partner("a", joined_on="2027-01-01"),
            partner("b", fallback_email="nobody"),
            partner("c", language="de-AT"),
            partner("d", language="fr"),
            partner("e", email=""),
            partner("f", email="jörg@example.com"),
            partner("g", email="info@bücher.example"),
            partner("h", email="info@bücher..example"),
        ],
    )
    result = import_partners(importer.database, path, importer.options, ("en", "de"))
    assert (result.new, result.rejected) == (8, 0)
    assert result.notes == [
        "joined_on lies ahead; nobody is judged before they joined: a",
        "an address has no @; mail cannot reach: b",
        "there are no texts in fr; mails will be in en: d",
        "an address has letters before its @ that mail providers refuse (others than a to z); "
        "mail cannot reach: f",
        "an address has a domain that cannot be; mail cannot reach: h",
    ]


def test_two_imports_of_the_same_new_partners_at_once_both_end_well(importer, partner):
    rows = [partner(f"p{n}") for n in range(200)]
    paths = [importer.file(f"{n}.csv", rows) for n in range(2)]

    with ThreadPoolExecutor(2) as pool:
        results = pool.map(
            lambda path: import_partners(importer.database, path, importer.options), paths
        )

    assert sorted((r.new, r.unchanged) for r in results) == [(0, 200), (200, 0)]
