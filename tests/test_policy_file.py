"""Policy files: every error names the file, the key path, the value and the remedy."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from partners.domain.policy.referral_policy import ReferralSection
from partners.policy_file import PolicyError, Problem, default_policy_path, read_policy

ROOT = Path(__file__).parent.parent

HEAD = """
[program]
name = "Program"
provider = "Provider"
time_zone = "{zone}"
contact_email = "partners@example.com"
{program}
[staff]
emails = ["staff@example.com"]
"""
TIER = """
[[tiers]]
key = "preferred"
kind = "preferred"
[tiers.enter]
acceptance_rate = { at_least = 0.9, window_months = 3 }
"""


def problems_of(tmp_path: Path, text: str) -> list[Problem]:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        read_policy(file)
    for line in str(caught.value).splitlines():
        assert line.startswith(f"{file}: "), "each line names the file"
    return caught.value.problems


def head(zone: str = "UTC", program: str = "") -> str:
    return HEAD.format(zone=zone, program=program)


STEPS = '["check_in", "warning", "removal"]'
KEPT = "tiers[0].keep.acceptance_rate"


def responding(response: str) -> str:
    """A policy that keeps partners on acceptance, with that response."""
    keep = f"[tiers.keep.acceptance_rate]\nat_least = 0.9\nwindow_months = 3\nresponse = {response}"
    return head() + TIER + keep + "\n"


CASES = {
    "a share over 1": (
        head() + "[referral.compensation]\nshare = 1.5\n" + TIER,
        ("referral.compensation.share", "1.5", "at most 1", "write one in that range"),
    ),
    "a bounty and a share": (
        head() + "[referral.compensation]\nshare = 0.1\nbounty = 5\n" + TIER,
        ("referral.compensation", "{ share = 0.1, bounty = 5 }", "one way", "not both"),
    ),
    "a cap on a bounty": (
        head() + "[referral.compensation]\nbounty = 5\ncap = 9\n" + TIER,
        ("referral.compensation.cap", "9", "only a share has a cap", "delete"),
    ),
    "an entry tier that does not exist": (
        head() + '[referral]\nentry_tier = "gold"\n' + TIER,
        ("referral.entry_tier", "gold", "no such tier", "preferred"),
    ),
    "a maximum below the minimum": (
        head() + "[referral]\nminimum_amount = 9\nmaximum_amount = 5\n" + TIER,
        ("referral.maximum_amount", "5", "leaves no amount", "more than minimum_amount"),
    ),
    "a step of the checklist twice": (
        head() + '[referral]\nchecklist = ["a", "a"]\n' + TIER,
        ("referral.checklist[1]", "a", "already", "once"),
    ),
    "an approval that is none": (
        head() + '[referral]\napproval = "me"\n' + TIER,
        ("referral.approval", "me", "not one of the choices", "auto"),
    ),
    "grace under 30 days": (
        head() + "[grace]\ndays = 29\n" + TIER,
        ("grace.days", "29", "30 to 60 days", "choose"),
    ),
    "grace over 60 days": (
        head() + "[grace]\ndays = 61\n" + TIER,
        ("grace.days", "61", "30 to 60 days", "choose"),
    ),
    "a reminder at the grace": (
        head() + "[grace]\ndays = 45\nreminders = [14, 45]\n" + TIER,
        ("grace.reminders[1]", "45", "within the grace period", "1 to 44"),
    ),
    "a reminder beyond the grace": (
        head() + "[grace]\nreminders = [50]\n" + TIER,
        ("grace.reminders[0]", "50", "within the grace period", "1 to 44"),
    ),
    "a rate over 1": (
        head() + TIER.replace("0.9,", "90,"),
        ("tiers[0].enter.acceptance_rate.at_least", "90", "from 0 to 1", "write"),
    ),
    "a rate under 0": (
        head() + TIER.replace("0.9,", "-0.1,"),
        ("tiers[0].enter.acceptance_rate.at_least", "-0.1", "from 0 to 1", "write"),
    ),
    "a rate over 1 in keep": (
        head() + TIER + "[tiers.keep]\nacceptance_rate = { at_least = 1.1 }\n",
        ("tiers[0].keep.acceptance_rate.at_least", "1.1", "from 0 to 1", "write"),
    ),
    "an unknown metric": (
        head() + TIER.replace("acceptance_rate", "aceptance_rate"),
        (
            "tiers[0].enter.aceptance_rate",
            '"aceptance_rate"',
            "unknown metric",
            "mean acceptance_rate",
        ),
    ),
    "duplicate tier keys": (
        head() + TIER + TIER,
        ("tiers[1].key", '"preferred"', "tiers[0] has this key", "of its own"),
    ),
    "keep stricter than enter": (
        head() + TIER + "[tiers.keep]\nacceptance_rate = { at_least = 0.95, window_months = 3 }\n",
        ("tiers[0].keep.acceptance_rate.at_least", "0.95", "at_least 0.9", "tighten enter"),
    ),
    "keep asks for more than enter": (
        head() + TIER + "[tiers.keep]\nrating = { at_least = 4 }\n",
        ("tiers[0].keep.rating", "4", "stricter than enter", "add it to enter"),
    ),
    "tenure in keep": (
        head() + TIER + "[tiers.keep]\ntenure_months = { at_least = 3 }\n",
        ("tiers[0].keep.tenure_months", "3", "enter standard only", "delete tenure_months"),
    ),
    "an unknown time zone": (
        head(zone="Europe/Atlantis") + TIER,
        ("program.time_zone", '"Europe/Atlantis"', "not an IANA time zone", "Europe/Berlin"),
    ),
    "an empty ladder": (
        "tiers = []\n" + head(),
        ("tiers", "[]", "the ladder is empty", "add at least one [[tiers]] table"),
    ),
    "no ladder at all": (
        head(),
        ("tiers", "[]", "the ladder is empty", "add at least one [[tiers]] table"),
    ),
    "an unknown key": (
        head() + "[grace]\ndayz = 45\n" + TIER,
        ("grace.dayz", "45", "not a setting", "did you mean days?"),
    ),
    "an unknown table": (
        head() + "[gaurd]\nmax_partners = 1\n" + TIER,
        ("gaurd", "{ max_partners = 1 }", "not a setting", "did you mean guard?"),
    ),
    "an unknown key of a criterion": (
        head() + TIER.replace("window_months", "window_month"),
        (
            "tiers[0].enter.acceptance_rate.window_month",
            "3",
            "not a setting",
            "did you mean window_months?",
        ),
    ),
    "two bounds": (
        head() + TIER.replace("window_months = 3", "at_most = 1"),
        ("tiers[0].enter.acceptance_rate", "at_most = 1", "one bound", "not both"),
    ),
    "a missing setting": (
        head().replace('provider = "Provider"\n', "") + TIER,
        ("program.provider", "", "is missing", "add it"),
    ),
    "an unknown kind": (
        head() + TIER.replace('kind = "preferred"', 'kind = "vip"'),
        ("tiers[0].kind", '"vip"', "not one of the choices", "'public'"),
    ),
    "a wrong type": (
        head() + '[grace]\ndays = "many"\n' + TIER,
        ("grace.days", '"many"', "integer", "correct"),
    ),
    "an unknown holiday calendar": (
        head(program='holiday_calendar = "XX"') + TIER,
        ("program.holiday_calendar", '"XX"', "no such holiday calendar", "DE"),
    ),
    "a response that names no step": (
        responding("[]"),
        (f"{KEPT}.response", "[]", "names no step", '["check_in", "warning", "removal"]'),
    ),
    "a response with an unknown step": (
        responding('["check_in", "shout", "removal"]'),
        (f"{KEPT}.response[1]", '"shout"', "not one of the choices", "'check_in', 'warning'"),
    ),
    "a response out of order": (
        responding('["warning", "check_in", "removal"]'),
        (f"{KEPT}.response", '"check_in"', "out of order", "or delete response"),
    ),
    "rule 1: a response that removes without a warning": (
        responding('["check_in", "removal"]'),
        (f"{KEPT}.response", '"removal"', "without a warning", "write"),
    ),
    "a response whose warning leads nowhere": (
        responding('["check_in", "warning"]'),
        (f"{KEPT}.response", '"warning"', "ends in removal", "write"),
    ),
    "a response that is one word": (
        responding('"check_in"'),
        (f"{KEPT}.response", '"check_in"', "list of steps", "write"),
    ),
    "a response to what is asked on entry": (
        head() + TIER.replace("window_months = 3", f"window_months = 3, response = {STEPS}"),
        ("tiers[0].enter.acceptance_rate.response", "check_in", "must keep", "keep table"),
    ),
    "steps that are forgotten before they could be repeated": (
        "response.repeat_within_days = 123\n" + responding(STEPS),
        (f"{KEPT}.window_months", "3", "later than", "124 days"),
    ),
    "steps that are forgotten at once": (
        head() + "[response]\nrepeat_within_days = 61\n" + TIER,
        ("response.repeat_within_days", "61", "a month apart", "62 to 1096"),
    ),
    "steps that are never forgotten": (
        head() + "[response]\nrepeat_within_days = 1097\n" + TIER,
        ("response.repeat_within_days", "1097", "hardly be forgotten", "62 to 1096"),
    ),
    "an answer to serious complaints that is none": (
        head() + '[complaints]\nserious = "shrug"\n' + TIER,
        ("complaints.serious", '"shrug"', "not one of the choices", "'staff'"),
    ),
    "complaints that are wanted": (
        head() + TIER.replace("acceptance_rate", "complaints"),
        ("tiers[0].enter.complaints.at_least", "0.9", "to be few", "at_most"),
    ),
    "a metric with a built-in name": (
        head() + '[metrics.rating]\nlabel = "Stars"\n' + TIER,
        ("metrics.rating", '"rating"', "built-in", "another name"),
    ),
    "nothing below the lowest tier": (
        head() + TIER.replace("[tiers.enter]", 'removal = "down"\n[tiers.enter]'),
        ("tiers[0].removal", '"down"', "nothing is below", '"out"'),
    ),
    "keep standards of a public tier": (
        head()
        + TIER.replace('kind = "preferred"', 'kind = "public"')
        + "[tiers.keep]\nacceptance_rate = { at_least = 0.5 }\n",
        ("tiers[0].keep", "at_least = 0.5", "public tier", "delete"),
    ),
    "an unknown way of approval": (
        head() + '[promotion]\napproval = "boss"\n' + TIER,
        ("promotion.approval", '"boss"', "not one of the choices", "'auto' or 'staff'"),
    ),
    "a launch group that names one twice": (
        head() + '[enrolment]\nlaunch_group = ["acme", "zenith", "acme"]\n' + TIER,
        ("enrolment.launch_group[2]", '"acme"', "already", "once"),
    ),
    "a launch group of names": (
        head() + '[enrolment]\nlaunch_group = ["Acme Ltd"]\n' + TIER,
        ("enrolment.launch_group[0]", '"Acme Ltd"', "wrong form", "partner ids"),
    ),
    "an unknown quality": (
        head() + TIER.replace("[tiers.enter]", 'requires = ["expertize"]\n[tiers.enter]'),
        ("tiers[0].requires[0]", '"expertize"', "unknown quality", "mean expertise?"),
    ),
    "a quality required twice": (
        head()
        + TIER.replace("[tiers.enter]", 'requires = ["segments", "segments"]\n[tiers.enter]'),
        ("tiers[0].requires[1]", '"segments"', "required already", "once"),
    ),
    "a quality that never expires": (
        head() + '[qualities.vision]\nlabel = "Vision"\nexpires_months = 0\n' + TIER,
        ("qualities.vision.expires_months", "0", "greater than or equal to 1", "correct"),
    ),
    "a rung that nobody can earn, below another": (
        head()
        + '[[tiers]]\nkey = "invited"\nname = "Invited"\nkind = "preferred"\n'
        + TIER.replace('key = "preferred"', 'key = "gold"'),
        ("tiers[0]", '"invited"', "nobody can rise past it to gold", "give it an enter table"),
    ),
    "a public tier above one that is earned": (
        head() + TIER + '[[tiers]]\nkey = "open"\nkind = "public"\n',
        ("tiers[1].kind", '"public"', "open to all", "bottom of the ladder"),
    ),
    "growth over an odd window": (
        head() + TIER.replace("acceptance_rate", "growth"),
        ("tiers[0].enter.growth.window_months", "3", "two halves", "even"),
    ),
    "a sample of months that the window cannot give": (
        head()
        + TIER.replace("acceptance_rate", "orders_per_month").replace(
            "window_months = 3", "min_sample = 10"
        ),
        ("tiers[0].enter.orders_per_month.min_sample", "10", "is months", "or less"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_an_error_names_key_path_value_and_remedy(
    tmp_path: Path, text: str, expected: tuple[str, str, str, str]
) -> None:
    (problem,) = problems_of(tmp_path, text)
    key, value, wrong, remedy = expected
    assert problem.key == key
    assert value in problem.value
    assert wrong in problem.wrong
    assert remedy in problem.remedy
    assert str(problem).startswith(key)


def test_rule_11_tenure_in_keep_is_refused(tmp_path: Path) -> None:
    text, (key, _, wrong, remedy) = CASES["tenure in keep"]
    (problem,) = problems_of(tmp_path, text)
    assert problem.key == key
    assert wrong in problem.wrong
    assert remedy in problem.remedy


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    text = (
        head(zone="Mars/Olympus")
        + "[grace]\ndays = 20\n"
        + TIER.replace("0.9,", "9,").replace('kind = "preferred"', 'kind = "vip"')
        + TIER.replace("acceptance_rate", "luck")
        + "[tiers.keep]\ntenure_months = { at_least = 3 }\n"
    )
    assert {problem.key for problem in problems_of(tmp_path, text)} == {
        "program.time_zone",
        "grace.days",
        "tiers[0].kind",
        "tiers[0].enter.acceptance_rate.at_least",
        "tiers[1].key",
        "tiers[1].enter.luck",
        "tiers[1].keep.tenure_months",
    }


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    keep = "[tiers.keep]\nacceptance_rate = { at_least = 0.8 }\n"
    found = problems_of(tmp_path, head() + TIER.replace("0.9,", "9,") + keep)
    assert [problem.key for problem in found] == ["tiers[0].enter.acceptance_rate.at_least"]


def test_toml_mistakes_name_line_and_column(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "[program]\nname = Program\n")
    assert "line 2, column 8" in problem.wrong


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nowhere\.toml: there is no such file"):
        read_policy(tmp_path / "nowhere.toml")


def test_a_directory_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes('[program]\nname = "Müller"\n'.encode("latin-1"))
    with pytest.raises(PolicyError, match="byte 20 is not UTF-8"):
        read_policy(file)


def test_numbers_are_exact(tmp_path: Path) -> None:
    file = tmp_path / "exact.toml"
    file.write_text(head() + TIER)
    policy, source = read_policy(file)
    assert policy.tiers[0].enter["acceptance_rate"].required == Decimal("0.9")
    assert source == file.read_text()


def test_the_sample_program_is_the_single_preferred_tier() -> None:
    policy, _ = read_policy(default_policy_path())
    (tier,) = policy.tiers
    asked = {n: (c.required, c.window_months, policy.min_sample(c)) for n, c in tier.enter.items()}
    assert tier.key == "preferred"
    assert asked == {
        "orders_per_month": (Decimal(10), 1, 1),
        "acceptance_rate": (Decimal("0.9"), 3, 10),
        "completion_rate": (Decimal("0.95"), 3, 10),
        "rating": (Decimal("4.5"), 6, 5),
        "tenure_months": (Decimal(3), 1, 0),
    }
    assert list(tier.keep_standards) == list(tier.enter)[:-1]
    assert (policy.grace.days, policy.grace.reminders) == (45, (14, 3))


def test_the_sample_program_writes_every_default(tmp_path: Path) -> None:
    """What program.toml states of feed, grace, ladder and guard is what a file without it means."""
    bare = tmp_path / "bare.toml"
    bare.write_text(head() + TIER)
    stated, _ = read_policy(default_policy_path())
    default, source = read_policy(bare)
    assert stated.referral is not None
    bare_referral = ReferralSection().model_dump(exclude={"compensation"})
    assert stated.referral.model_dump(exclude={"compensation"}) == bare_referral
    assert default.referral is None
    for section in (
        "feed",
        "grace",
        "ladder",
        "guard",
        "review",
        "promotion",
        "enrolment",
        "response",
        "complaints",
    ):
        assert getattr(stated, section) == getattr(default, section)
        written = default_policy_path().read_text()
        for name in type(getattr(default, section)).model_fields:
            assert f"{name} = " in written
    assert source


def test_the_ladder_of_three_tiers() -> None:
    policy, _ = read_policy(ROOT / "programs" / "three-tiers.toml")
    assert [(t.key, t.kind.value) for t in policy.tiers] == [
        ("bronze", "public"),
        ("silver", "preferred"),
        ("gold", "strategic"),
    ]
    below = [policy.tier_below(tier.key) for tier in policy.tiers]
    assert [tier and tier.key for tier in below] == [None, "bronze", "silver"]
    assert all(tier.benefits for tier in policy.tiers)
    assert "revenue" in policy.tiers[2].enter
    assert policy.tiers[2].requires == ("expertise",)


def test_the_program_of_two_tiers_has_a_regular_price_and_a_better_one() -> None:
    policy, _ = read_policy(ROOT / "programs" / "two-tiers.toml")
    standard, preferred = policy.tiers
    assert (standard.kind, preferred.kind) == ("public", "preferred")
    assert (standard.offers.discount, standard.offers.early_access_days) == (None, 0)
    assert (preferred.offers.discount, preferred.offers.early_access_days) == (Decimal("0.1"), 14)
    assert policy.tier_below("preferred") == standard


def test_benefits_in_words_are_those_of_the_terms() -> None:
    """Where a sample program writes its benefits itself, they promise what `offers` gives."""
    for file in (default_policy_path(), *sorted((ROOT / "programs").glob("*.toml"))):
        for tier in read_policy(file)[0].tiers:
            for share in re.findall(r"(\d+) % (?:better|more)", " ".join(tier.benefits)):
                assert tier.offers.discount == Decimal(share) / 100, (file, tier.key)


def test_the_referral_program_is_valid_and_enters_at_reseller() -> None:
    policy, _ = read_policy(ROOT / "programs" / "referral-first.toml")
    assert policy.referral is not None
    assert policy.entry_tier is not None
    assert (policy.entry_tier.key, policy.referral.successes) == ("reseller", 3)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "is not TOML: "),
        ("a" + ".a" * 5000 + " = 1", "is nested too deeply"),
        ("a = " + "9" * 5000, "is not TOML: "),
        ("a = 1e1000000", "a: is out of all proportion"),
        ("a = nan", "a: is out of all proportion"),
        ("a = [0001-01-01]", "a[0]: is no day to count from"),
        ("a = 9999-12-31T23:59:59-12:00", "a: is no day to count from"),
        ("[metrics.a]\nunit = '1e1000000'", "metrics.a.unit"),
    ],
)
def test_what_no_calendar_or_number_could_hold_is_named_in_a_line(
    tmp_path: Path, lines: str, words: str
) -> None:
    path = tmp_path / "program.toml"
    path.write_text(f"{lines}\n")
    with pytest.raises(PolicyError) as refused:
        read_policy(path)
    assert words in str(refused.value)


def test_a_standard_written_as_text_is_no_number_of_a_million_digits(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "program.toml").read_text(encoding="utf-8")
    path = tmp_path / "program.toml"
    path.write_text(re.sub("at_least = [0-9.]+", "at_least = '1e1000000'", text, count=1))
    with pytest.raises(PolicyError, match="no more than 30 digits"):
        read_policy(path)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("partners@example.com", "jörg@example.com", "program.contact_email"),
        ("staff@example.com", "stäff@example.com", "staff.emails[0]"),
        ("staff@example.com", "staff@bücher..example", "staff.emails[0]"),
    ],
)
def test_an_address_that_no_mail_can_go_to_is_refused(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    (problem,) = problems_of(tmp_path, (head() + TIER).replace(old, new))
    assert problem.key == key
    assert problem.wrong.startswith("no mail can go there: an address has ")


def test_an_address_may_have_a_domain_in_other_letters(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text((head() + TIER).replace("staff@example.com", "a@bücher.de"), encoding="utf-8")
    assert read_policy(file)[0].staff.emails == ("a@bücher.de",)


TEXTS = """
[[tiers]]
key = "preferred"
kind = "preferred"
benefits = ["better prices", "support"]
[tiers.texts.{language}]
{words}
[tiers.enter]
acceptance_rate = {{ at_least = 0.9, window_months = 3 }}
"""


@pytest.mark.parametrize(
    ("language", "words", "key", "wrong", "remedy"),
    [
        ("german", 'name = "x"', "german", "is not a language", "such as de or pt-BR"),
        ("de", "name = ''", "de.name", "at least 1 character", "correct"),
        ("de", 'nmae = "x"', "de.nmae", "is not a setting", "did you mean name?"),
        ("de", 'benefits = ["x"]', "de.benefits", "has 1 of 2 benefits", "in their order"),
    ],
)
def test_texts_that_cannot_be_said_are_refused(
    tmp_path: Path, language: str, words: str, key: str, wrong: str, remedy: str
) -> None:
    problems = problems_of(tmp_path, head() + TEXTS.format(language=language, words=words))
    assert [problem.key for problem in problems] == [f"tiers[0].texts.{key}"]
    assert wrong in problems[0].wrong
    assert remedy in problems[0].remedy


def test_a_contact_s_texts_are_checked_like_the_contact(tmp_path: Path) -> None:
    texts = '[program.texts.de]\ncontact_email = "nobody"\ncontact_url = "http://example.com"'
    problems = problems_of(tmp_path, head(program=texts) + TIER)
    assert [problem.key for problem in problems] == [
        "program.texts.de.contact_email",
        "program.texts.de.contact_url",
    ]
    assert problems[0].remedy == "write an address such as partners@example.com"


@pytest.mark.parametrize(
    ("written", "wrong", "remedy"),
    [
        ('accent = "blue"', "is no colour", "write one such as #17467f"),
        (
            'accent = "#ff9900"',
            "its contrast on the light ground of e-mails is 1.88 : 1, and text needs 4.5 : 1",
            "choose a darker colour",
        ),
        ('accent = "#767676"', "is 4.0 : 1", "choose a darker colour"),
        ('accent_dark = "#17467f"', "its contrast on dark screens is 1.", "a lighter colour"),
        ('logo_url = "http://example.com/logo.png"', "is no https address", "write one such as"),
        ('logo_url = "https://a.example/x.png\\" onload=\\"x"', "is no https address", "write"),
        ('logo_url = "https://example.com/logo.SVG?v=2"', "is an SVG", "give a PNG or a JPEG"),
        ("logo_width = 5000", "should be less than or equal to 260", "correct the value"),
        ("bold = true", "is not a setting", "delete it; the settings here are accent"),
    ],
)
def test_a_look_that_nobody_could_read_or_see_is_refused(
    tmp_path: Path, written: str, wrong: str, remedy: str
) -> None:
    (problem,) = problems_of(tmp_path, f"{head()}\n[look]\n{written}\n{TIER}")
    assert problem.key == f"look.{written.partition(' ')[0]}"
    assert wrong in problem.wrong
    assert remedy in problem.remedy
