"""What each kind of notice says, and how templates that are wrong fail."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from partners.domain.cases.case import HoldReason, Outcome
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.look import DARK, LIGHT, LookSection
from partners.domain.policy.policy import Policy
from partners.mail.notice import StepUp
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.policy_file import read_policy

sys.path.insert(0, str(Path(__file__).parent))  # tests are no packages
from mail_reading import read
from mail_variants import GRACE

ROOT = Path(__file__).parents[2]


def figures(text: str) -> set[str]:
    """The numbers of a text."""
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


@pytest.mark.parametrize(
    "file",
    [
        *("program.toml", "programs/two-tiers.toml", "programs/three-tiers.toml"),
        "programs/referral-first.toml",
    ],
)
def test_every_kind_can_be_shown_by_every_sample_policy(renderer: Renderer, file: str) -> None:
    policy, _ = read_policy(ROOT / file)
    for kind in NoticeKind:
        assert policy.program.name in read(renderer.render(sample(kind, policy)).html).text


@pytest.mark.parametrize("kind", GRACE)
def test_rule_08_a_grace_notice_says_by_when_and_when_the_decision_is_made(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    notice = replace(
        sample(kind, policy), deadline=date(2026, 12, 30), decision_day=date(2027, 1, 3)
    )
    message = renderer.render(notice)
    for part in (" ".join(message.text.split()), read(message.html).text):
        assert "Wednesday, 30 December 2026" in part
        assert "until the end of the day, Central European Time" in part
        assert "Sunday, 3 January 2027" in part
        assert "20 more orders a month" in part
        assert "If any is not met, you move to Silver" in part
    assert "30 December 2026" in message.subject


@pytest.mark.parametrize(
    ("language", "subject", "deadline", "gap"),
    [
        (
            "en",
            "Please act by 30 December 2026 to keep your Gold status",
            "Deadline: Wednesday, 30 December 2026, until the end of the day, Central European",
            "Gap: 20 more orders a month",
        ),
        (
            "en-US",
            "Please act by December 30, 2026 to keep your Gold status",
            "Deadline: Wednesday, December 30, 2026, until the end of the day, Central European",
            "Gap: 20 more orders a month",
        ),
        (
            "de-AT",
            "Bitte handeln Sie bis zum 30. Dezember 2026, um den Status Gold zu behalten",
            "Fristende: Mittwoch, 30. Dezember 2026, mit Ablauf des Tages, Mitteleuropäische Zeit",
            "Nötig: 20 Bestellungen mehr im Monat",
        ),
        (
            "es",
            "Tiene hasta el 30 de diciembre de 2026 para conservar el nivel Gold",
            "Fin del plazo: miércoles, 30 de diciembre de 2026, al final del día, hora de Europa",
            "Para cumplir: 20 pedidos más al mes",
        ),
    ],
)
def test_a_partner_reads_their_own_language_with_its_dates_and_numbers(
    policy: Policy, renderer: Renderer, language: str, subject: str, deadline: str, gap: str
) -> None:
    warning = sample(NoticeKind.WARNING, policy)
    message = renderer.render(replace(warning, deadline=date(2026, 12, 30), language=language))
    text = " ".join(message.text.split(" "))
    assert message.subject == subject
    assert deadline in " ".join(text.split())
    assert gap in text


@pytest.mark.parametrize("language", ["fr", "no such", "", "xx-YY"])
def test_where_a_language_has_no_texts_the_program_s_takes_its_place_dates_and_all(
    policy: Policy, renderer: Renderer, language: str
) -> None:
    warning = replace(sample(NoticeKind.WARNING, policy), deadline=date(2026, 12, 30))
    assert (
        "Wednesday, 30 December 2026" in renderer.render(replace(warning, language=language)).text
    )
    german = policy.model_copy(
        update={"program": policy.program.model_copy(update={"language": "de"})}
    )
    notice = replace(warning, policy=german, language=language)
    assert "Mittwoch, 30. Dezember 2026" in renderer.render(notice).text


def test_staff_read_english_whatever_the_program_s_language(
    policy: Policy, renderer: Renderer
) -> None:
    hold = replace(sample(NoticeKind.ON_HOLD, policy), language="de")
    assert renderer.render(hold).text == renderer.render(replace(hold, language="en")).text


@pytest.mark.parametrize(
    ("zone", "at_home"),
    [
        ("America/New_York", "In your time zone: 30 December 2026, 18:00, Eastern Time"),
        ("Asia/Tokyo", "In your time zone: 31 December 2026, 08:00, Japan Time"),
        ("Europe/Vienna", None),  # the same hour as in the program's zone
        (None, None),
        ("Mars/Olympus", None),
        ("../../etc/passwd", None),
        ("Europe", None),
    ],
)
def test_rule_12_a_partner_elsewhere_reads_when_the_deadline_ends_by_their_own_clock(
    policy: Policy, renderer: Renderer, zone: str | None, at_home: str | None
) -> None:
    warning = replace(sample(NoticeKind.WARNING, policy), deadline=date(2026, 12, 30))
    message = renderer.render(replace(warning, time_zone=zone))
    if at_home:
        assert at_home in message.text
        assert at_home.split(", ")[1] in read(message.html).text
    else:
        assert "In your time zone" not in message.text


def test_a_warning_tells_the_days_of_its_reminders(policy: Policy, renderer: Renderer) -> None:
    warning = replace(sample(NoticeKind.WARNING, policy), deadline=date(2026, 12, 30))
    for part in (warning, replace(warning, grace_days=10)):  # a reminder before it began is none
        text = renderer.render(part).text
        assert "27 December 2026" in text
        assert ("16 December 2026" in text) == (part is warning)


def test_what_needs_attention_stands_first_in_the_table(policy: Policy, renderer: Renderer) -> None:
    warning = sample(NoticeKind.WARNING, policy)
    turned = replace(warning, findings=warning.findings[::-1])
    text = renderer.render(turned).text
    assert text.index("Gap:") < text.index("  Met")
    assert text.rindex("Gap:") < text.index("  Met")


def test_a_policy_s_own_words_stay_as_they_are_given(policy: Policy, renderer: Renderer) -> None:
    removal = sample(NoticeKind.REMOVAL, policy)
    own = policy.model_copy(
        update={"qualities": {"segments": policy.quality("segments")}}  # the same English words
    )
    tier = removal.tier.model_copy(update={"requires": ("segments", "coverage")})
    notice = replace(removal, policy=own, tier=tier, language="de")
    text = renderer.render(notice).text
    assert "Customer segments: Beurteilung durch unser Team" in text
    assert "Marktabdeckung: Beurteilung durch unser Team" in text
    assert "10 % better prices" in text


@pytest.mark.parametrize("kind", [NoticeKind.WARNING, NoticeKind.REMINDER])
def test_a_bar_shows_how_far_a_figure_has_come_and_says_so(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    notice = sample(kind, policy)
    assert notice.deadline is not None
    assert notice.today is not None
    left = f"{(notice.deadline - notice.today).days} days left"
    message = renderer.render(notice)
    assert f"  30 of 50, {left}\n" in message.text
    assert re.search(r'class="full" width="60%".*class="rest" width="40%"', message.html)
    assert f"30 of 50 {left}" in read(message.html).text


def test_a_bar_is_drawn_only_where_a_figure_has_to_rise(policy: Policy, renderer: Renderer) -> None:
    warning = sample(NoticeKind.WARNING, policy)
    failing, passing = warning.findings[0], warning.findings[-1]
    falling = replace(failing, at_least=False, required=Decimal(5), actual=Decimal(8))
    for finding in (falling, passing, replace(failing, verdict=Verdict.INSUFFICIENT)):
        assert 'class="bar"' not in renderer.render(replace(warning, findings=(finding,))).html
    nothing = replace(failing, actual=Decimal(0))
    html = renderer.render(replace(warning, findings=(nothing,))).html
    assert 'class="full"' not in html
    assert 'class="rest" width="100%"' in html


@pytest.mark.parametrize("outcome", [Outcome.DEMOTED, Outcome.REMOVED])
def test_rule_15_a_removal_says_how_to_regain_status(
    policy: Policy, renderer: Renderer, outcome: Outcome
) -> None:
    demoted = outcome is Outcome.DEMOTED
    notice = replace(
        sample(NoticeKind.REMOVAL, policy),
        outcome=outcome,
        new_tier=policy.tiers[0] if demoted else None,
        reentry_on=date(2027, 2, 14),
    )
    message = renderer.render(notice)
    for part in (" ".join(message.text.split()), read(message.html).text):
        assert "Sunday, 14 February 2027" in part
        assert "at least 50 orders a month" in part
        assert "Tenure: at least 12 months" in part
        assert "These benefits of Gold end now" in part
        assert "Account manager" in part
        assert ("in good standing at Silver" in part) == demoted
        assert ("5 % better prices" in part) == demoted


@pytest.mark.parametrize("kind", [NoticeKind.WARNING, NoticeKind.REMINDER, NoticeKind.FINAL_NOTICE])
def test_rule_07_a_relapse_is_told_in_firmer_words_with_the_same_grace(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    first = renderer.render(sample(kind, policy))
    again = renderer.render(replace(sample(kind, policy), repeat=True))
    assert again.text != first.text
    assert figures(again.text) == figures(first.text)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (HoldReason.UNDELIVERABLE, "The warning reached nobody"),
        (HoldReason.INSUFFICIENT, "too little data"),
        (HoldReason.FEED, "do not reach the deadline"),
        (HoldReason.TIER, "no longer has the tier"),
        (HoldReason.GUARD, "at most 50 partners and 10\xa0% of the program"),
    ],
)
def test_staff_read_what_waits_why_since_when_and_what_to_type(
    policy: Policy, renderer: Renderer, reason: HoldReason, words: str
) -> None:
    hold = replace(sample(NoticeKind.ON_HOLD, policy), hold_reason=reason)
    message = renderer.render(replace(hold, guard_list=("acme", "beta")))
    for part in (message.text, read(message.html).text):
        flat = re.sub(r"[ \n]+", " ", part)
        assert words in flat
        assert "Saturday, 14 November 2026" in flat
        assert 'partners resume blue-harbour --reason "…"' in flat
        assert "partners show blue-harbour" in flat
        assert "acme" in flat
    assert "blue-harbour" in message.subject


def test_a_change_of_standards_says_old_new_and_from_when(
    policy: Policy, renderer: Renderer
) -> None:
    message = renderer.render(sample(NoticeKind.STANDARDS_CHANGED, policy))
    assert message.subject == "The standards of Gold change on 16 December 2026"
    for part in (" ".join(message.text.split()), read(message.html).text):
        assert "at least 40" in part
        assert "at least 50" in part
        assert "orders a month" not in part
        assert "Wednesday, 16 December 2026" in part


def test_a_step_up_says_what_changes_why_and_what_keeps_it(
    policy: Policy, renderer: Renderer
) -> None:
    notice = sample(NoticeKind.PROMOTED, policy)
    tier = notice.tier.model_copy(update={"requires": ("expertise",)})
    message = renderer.render(replace(notice, tier=tier))
    assert message.subject == "You have moved up to Gold"
    for part in (" ".join(message.text.split()), read(message.html).text):
        assert "from Silver to Gold, as of Monday, 16 November 2026" in part
        assert "New for you at Gold: - 10 % better prices" in part.replace(
            "New for you at Gold: 10", "New for you at Gold: - 10"
        )
        assert "You keep: - Exclusive offers" in part.replace("keep: Excl", "keep: - Excl")
        assert "your figures meet them" in part
        assert "Our team has appraised: - Expertise" in part.replace("ed: Exp", "ed: - Exp")
        assert "Orders per month: at least 50" in part
        assert "Acceptance rate: at least 95 %, over 3 months" in part.replace("\xa0", " ")
        assert "you would have 45 days to put it right" in part


@pytest.mark.parametrize(
    ("step", "subject", "words"),
    [
        (StepUp(), "Welcome: you now have Gold status", "Welcome to the Partner Program"),
        (StepUp(returns=True), "Welcome back: you have Gold status again", "glad that you return"),
        (StepUp(by_hand=True), "Welcome: you now have Gold status", "partner team has decided"),
    ],
)
def test_a_welcome_says_what_a_partner_has_and_why(
    policy: Policy, renderer: Renderer, step: StepUp, subject: str, words: str
) -> None:
    findings = () if step.by_hand else sample(NoticeKind.WELCOME, policy).findings
    notice = replace(sample(NoticeKind.WELCOME, policy), step=step, findings=findings)
    message = renderer.render(notice)
    assert message.subject == subject
    for part in (" ".join(message.text.split()), read(message.html).text):
        assert words in part
        assert "Account manager" in part
        assert ("your figures meet them" in part) == (not step.by_hand)


def test_what_it_takes_to_enter_names_the_qualities_too(policy: Policy, renderer: Renderer) -> None:
    removal = sample(NoticeKind.REMOVAL, policy)
    tier = removal.tier.model_copy(update={"requires": ("segments",)})
    message = renderer.render(replace(removal, tier=tier))
    for part in (message.text, read(message.html).text):
        assert "Customer segments: appraised by our team" in part


def test_staff_read_whom_a_review_would_warn_and_what_to_type(
    policy: Policy, renderer: Renderer
) -> None:
    message = renderer.render(sample(NoticeKind.GUARD, policy))
    assert "monthly/2026-10 would warn 3 partners" in message.subject
    for part in (message.text, read(message.html).text):
        flat = re.sub(r"[ \n]+", " ", part)
        assert "wheels-and-more" in flat
        assert 'partners guard approve monthly/2026-10 --reason "…"' in flat
        assert 'partners guard reject monthly/2026-10 --reason "…"' in flat


def test_a_subject_that_would_break_its_header_is_refused(policy: Policy, tmp_path: Path) -> None:
    folder = tmp_path / "email" / "warning"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("one\ntwo", encoding="utf-8")
    with pytest.raises(ValueError, match="one line"):
        Renderer(tmp_path).render(sample(NoticeKind.WARNING, policy))


def test_a_template_that_names_the_unknown_fails(policy: Policy, tmp_path: Path) -> None:
    folder = tmp_path / "email" / "warning"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{{ no_such_word }}", encoding="utf-8")
    with pytest.raises(UndefinedError):
        Renderer(tmp_path).render(sample(NoticeKind.WARNING, policy))


def test_rules_stand_on_the_tags_and_only_those_for_screens_in_the_head(policy: Policy) -> None:
    html = Renderer(ROOT / "templates").render(sample(NoticeKind.WARNING, policy)).html
    head = html[: html.index("</head>")]
    assert "@media (prefers-color-scheme: dark)" in head
    assert "@media (max-width: 480px)" in head
    assert not re.search(r"^\.card \{", head, re.MULTILINE), "said twice, and stored with each"
    assert re.search(r'class="card [^"]*" style="[^"]*border-radius:\s*10px', html)


def test_a_statement_s_amounts_stand_right_with_a_real_minus_and_ids_stay_whole(
    policy: Policy, renderer: Renderer
) -> None:
    message = renderer.render(sample(NoticeKind.STATEMENT, policy))
    taken_back = re.search(r'<td class="([^"]*)"[^>]*>[^\n]*?\N{MINUS SIGN}€150.00', message.html)
    assert taken_back is not None
    assert "amount" in taken_back[1].split()
    assert "Amount: \N{MINUS SIGN}€150.00" in message.text
    assert re.search(r'<span class="whole"[^>]*>r-2032</span>', message.html)


def looking(policy: Policy, **look: object) -> Policy:
    return policy.model_copy(update={"look": LookSection.model_validate(look)})


def test_mails_wear_the_policy_s_colour_and_logo(policy: Policy, renderer: Renderer) -> None:
    alt = 'Northwind "Travel" <b>'
    url = "https://example.com/logo.png?a=1&b=2"
    ours = looking(policy, accent="#7a1fa2", logo_url=url, logo_alt=alt, logo_width=120)
    for kind in NoticeKind:
        page = read(renderer.render(sample(kind, ours)).html)
        (logo,) = [attributes for tag, attributes in page.tags if tag == "img"]
        assert (logo["src"], logo["alt"], logo["width"]) == (url, alt, "120")
        links = [a["style"] or "" for tag, a in page.tags if tag == "a"]
        assert all("#7a1fa2" in style for style in links)
        assert "#17467f" not in "".join(links)


def test_a_logo_without_words_of_its_own_says_who_writes(
    policy: Policy, renderer: Renderer
) -> None:
    ours = looking(policy, logo_url="https://example.com/logo.png")
    page = read(renderer.render(sample(NoticeKind.WARNING, ours)).html)
    assert [a["alt"] for tag, a in page.tags if tag == "img"] == [policy.program.provider]


def test_the_colours_that_an_accent_is_held_against_are_those_of_the_mails() -> None:
    layout = (ROOT / "templates" / "email" / "layout.html").read_text(encoding="utf-8")
    for ground in (*LIGHT, *DARK):
        assert ground in layout


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (NoticeKind.WARNING, "Gold%20status%2C%20partner%20blue-harbour"),
        (NoticeKind.STATEMENT, "Referrals%2C%20partner%20blue-harbour"),
        (NoticeKind.QUALIFIED, "Silver%20status%2C%20partner%20blue-harbour"),
    ],
)
def test_the_button_begins_an_e_mail_to_the_contact_that_says_what_it_is_about(
    policy: Policy, renderer: Renderer, kind: NoticeKind, about: str
) -> None:
    program = policy.program.model_copy(update={"contact_email": "partner@bücher.example"})
    notice = sample(kind, policy.model_copy(update={"program": program}))
    (button,) = [
        attributes
        for tag, attributes in read(renderer.render(notice).html).tags
        if tag == "a" and attributes.get("class") == "button-link"
    ]
    assert button["href"] == f"mailto:partner@xn--bcher-kva.example?subject={about}"
