"""Every kind of notice, in text and HTML: strict, complete, readable, harmless."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from partners.domain.case import HoldReason, Outcome
from partners.domain.notices import NoticeKind, Rendered
from partners.domain.policy import Policy
from partners.mail.notice import Notice, StepUp
from partners.mail.render import Renderer
from partners.mail.samples import sample

sys.path.insert(0, str(Path(__file__).parent))  # tests are no packages
from mail_reading import Page, contrast

TO_PARTNERS = [kind for kind in NoticeKind if not kind.to_staff]
GRACE = [NoticeKind.WARNING, NoticeKind.REMINDER, NoticeKind.FINAL_NOTICE]
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7*7 }} {% raw %} {# x #}",
    "Acme\r\nBcc: everybody@example.com",
    "Acme\x00\x1b[31m\u2028\u2029",
    "Acme \u202egnp.exe \u2066x",
    "W" * 300,
    "Zoë & Söhne 🎉👩‍👩‍👧 “GmbH” 'x'",
    "   ",
]


def variants(policy: Policy) -> Iterator[Notice]:
    """Every kind, and every way that its templates branch."""
    for kind in NoticeKind:
        notice = sample(kind, policy)
        yield notice
        yield replace(notice, repeat=True)
        yield replace(notice, language="de")
        yield replace(notice, language="no such")
        yield replace(notice, findings=notice.findings[:1])
        yield replace(notice, findings=sample(NoticeKind.WARNING, policy).findings)
        yield replace(notice, findings=sample(NoticeKind.RECOVERED, policy).findings)
        if kind not in GRACE:
            yield replace(notice, findings=(), deadline=None, decision_day=None, reentry_on=None)
        lowest = replace(notice, tier=policy.tiers[0], new_tier=None, outcome=Outcome.REMOVED)
        yield lowest
    hold = sample(NoticeKind.ON_HOLD, policy)
    for reason in HoldReason:
        yield replace(hold, hold_reason=reason, guard_list=("acme", "b.2"), hold_detail="why so")
    yield replace(hold, hold_reason=None, waiting_since=None, hold_detail="")
    yield replace(sample(NoticeKind.REMINDER, policy), today=None)
    yield from changes(policy)
    yield from steps_up(policy)


def steps_up(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about a step up the ladder branch."""
    silver, gold = policy.tiers
    for kind in (NoticeKind.WELCOME, NoticeKind.PROMOTED):
        notice = sample(kind, policy)
        yield replace(notice, step=StepUp(returns=True))
        yield replace(notice, step=StepUp(by_hand=True, old_tier=silver), findings=())
        for tier in (
            gold.model_copy(update={"requires": ("expertise", "segments")}),
            gold.model_copy(update={"benefits": silver.benefits}),
            gold.model_copy(update={"benefits": ()}),
            gold.model_copy(update={"enter": {}, "requires": ("coverage",)}),
        ):
            yield replace(notice, tier=tier)
            yield replace(notice, tier=tier, findings=())


def changes(policy: Policy) -> Iterator[Notice]:
    """Every way that notices about a review or a new policy branch."""
    many = tuple(f"partner-{number}" for number in range(250))
    guard = sample(NoticeKind.GUARD, policy)
    yield replace(guard, guard_list=many)
    yield replace(guard, guard_list=(), hold_detail="", waiting_since=None)
    for kind in (NoticeKind.STANDARDS_CHANGED, NoticeKind.POLICY_PUBLISHED):
        notice = sample(kind, policy)
        assert notice.change is not None
        for more in (
            {"criteria": (), "replaces": date(2026, 12, 1)},
            {"replaces": date(2026, 12, 1), "has_case": True},
            {"in_case": True},
            {"untold": ()},
            {"untold": many},
        ):
            yield replace(notice, change=replace(notice.change, **more))  # type: ignore[arg-type]
    moved = replace(sample(NoticeKind.STANDARDS_CHANGED, policy), deadline=date(2026, 12, 30))
    assert moved.change is not None
    yield replace(moved, change=replace(moved.change, in_case=True), decision_day=date(2027, 1, 3))


@pytest.fixture(params=list(NoticeKind))
def rendered(request: pytest.FixtureRequest, policy: Policy, renderer: Renderer) -> Rendered:
    return renderer.render(sample(request.param, policy))


def figures(text: str) -> set[str]:
    """The numbers of a text, without those of a list and those in addresses."""
    plain = re.sub(r"(?m)^\s*\d+\. |https?://\S+|\S+@\S+", " ", text)
    return set(re.findall(r"\d+(?:[.,]\d+)*", plain))


def test_every_variant_renders_strictly(policy: Policy, renderer: Renderer) -> None:
    for notice in variants(policy):
        message = renderer.render(notice)
        assert message.subject == " ".join(message.subject.split(" "))
        assert len(message.html.encode()) < 102_000
        for part in (message.subject, message.text, Page(message.html).text):
            assert not re.search(r"\bNone\b|\{\{|\{%|Undefined|<bdi|&amp;|&lt;", part), part


def test_text_and_html_agree_on_every_number_and_date(policy: Policy, renderer: Renderer) -> None:
    for notice in variants(policy):
        message = renderer.render(notice)
        html = Page(message.html).text
        if notice.kind is NoticeKind.ON_HOLD:  # its steps are numbered paragraphs
            html = re.sub(r"\b[123]\. (?=Look|Correct|Resume|Import|Check)", " ", html)
        assert figures(f"{message.subject}\n{message.text}") == figures(html)


def test_text_is_at_most_76_columns_wide(policy: Policy, renderer: Renderer) -> None:
    for notice in variants(policy):
        for name in HOSTILE:
            text = renderer.render(replace(notice, partner_name=name)).text
            assert [line for line in text.splitlines() if len(line) > 76] == []


@pytest.mark.parametrize("kind", GRACE)
def test_a_grace_notice_says_by_when_and_when_the_decision_is_made(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    notice = replace(
        sample(kind, policy), deadline=date(2026, 12, 30), decision_day=date(2027, 1, 3)
    )
    message = renderer.render(notice)
    for part in (" ".join(message.text.split()), Page(message.html).text):
        assert "end of Wednesday, 30 December 2026 (Europe/Berlin)" in part
        assert "Sunday, 3 January 2027" in part
        assert "20 more orders a month" in part
        assert "If any is still below, you move to Silver" in part or "Any still below:" in part
    assert "30 December 2026" in message.subject


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "Wednesday, 30 December 2026"), ("en-US", "Wednesday, December 30, 2026")],
)
def test_dates_are_as_the_reader_writes_them(
    policy: Policy, renderer: Renderer, language: str, written: str
) -> None:
    warning = sample(NoticeKind.WARNING, policy)
    notice = replace(warning, deadline=date(2026, 12, 30), language=language)
    assert f"{written} (Europe/Berlin)" in renderer.render(notice).text


def test_dates_follow_the_sentences_where_a_language_has_no_texts(
    policy: Policy, renderer: Renderer
) -> None:
    notice = replace(sample(NoticeKind.WARNING, policy), deadline=date(2026, 12, 30), language="de")
    assert "Wednesday, 30 December 2026 (Europe/Berlin)" in renderer.render(notice).text


@pytest.mark.parametrize("outcome", [Outcome.DEMOTED, Outcome.REMOVED])
def test_a_removal_says_how_to_regain_status(
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
    for part in (" ".join(message.text.split()), Page(message.html).text):
        assert "Sunday, 14 February 2027" in part
        assert "at least 50 orders a month" in part
        assert "Tenure: at least 12 months" in part
        assert "These benefits of Gold end now" in part
        assert "Account manager" in part
        assert ("in good standing at Silver" in part) == demoted
        assert ("5 % better prices" in part) == demoted


@pytest.mark.parametrize("kind", [NoticeKind.WARNING, NoticeKind.REMINDER, NoticeKind.FINAL_NOTICE])
def test_a_relapse_is_told_in_firmer_words_with_the_same_grace(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    first = renderer.render(sample(kind, policy))
    again = renderer.render(replace(sample(kind, policy), repeat=True))
    assert again.text != first.text
    assert figures(again.text) == figures(first.text) or kind is NoticeKind.WARNING


@pytest.mark.parametrize("kind", TO_PARTNERS)
def test_a_partner_reads_why_it_was_sent_and_whom_to_ask(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    message = renderer.render(sample(kind, policy))
    for part in (message.text, Page(message.html).text):
        assert "You receive this message because Blue Harbour Trading" in " ".join(part.split())
        assert "partners@northwind.example" in part


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (HoldReason.UNDELIVERABLE, "The warning reached nobody"),
        (HoldReason.INSUFFICIENT, "too little data"),
        (HoldReason.FEED, "do not reach the deadline"),
        (HoldReason.GUARD, "at most 50 partners and 10\xa0% of the program"),
    ],
)
def test_staff_read_what_waits_why_since_when_and_what_to_type(
    policy: Policy, renderer: Renderer, reason: HoldReason, words: str
) -> None:
    hold = replace(sample(NoticeKind.ON_HOLD, policy), hold_reason=reason)
    message = renderer.render(replace(hold, guard_list=("acme", "beta")))
    for part in (message.text, Page(message.html).text):
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
    for part in (" ".join(message.text.split()), Page(message.html).text):
        assert "at least 40 orders a month, over one month" in part
        assert "at least 50 orders a month, over one month" in part
        assert "Wednesday, 16 December 2026" in part


def test_a_step_up_says_what_changes_why_and_what_keeps_it(
    policy: Policy, renderer: Renderer
) -> None:
    notice = sample(NoticeKind.PROMOTED, policy)
    tier = notice.tier.model_copy(update={"requires": ("expertise",)})
    message = renderer.render(replace(notice, tier=tier))
    assert message.subject == "You have moved up to Gold"
    for part in (" ".join(message.text.split()), Page(message.html).text):
        assert "from Silver to Gold, as of Monday, 16 November 2026" in part
        assert "New for you at Gold: - 10 % better prices" in part.replace(
            "New for you at Gold: 10", "New for you at Gold: - 10"
        )
        assert "You keep: - Exclusive offers" in part.replace("keep: Excl", "keep: - Excl")
        assert "your figures meet them" in part
        assert "Our team has appraised: - Expertise" in part.replace("ed: Exp", "ed: - Exp")
        assert "Orders per month: at least 50 orders a month, over one month" in part
        assert "you would have 45 days to put it right" in part


@pytest.mark.parametrize(
    ("step", "subject", "words"),
    [
        (StepUp(), "Welcome: you now have Gold status", "welcome to the Partner Program"),
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
    for part in (" ".join(message.text.split()), Page(message.html).text):
        assert words in part
        assert "Account manager" in part
        assert ("your figures meet them" in part) == (not step.by_hand)


def test_what_it_takes_to_enter_names_the_qualities_too(policy: Policy, renderer: Renderer) -> None:
    removal = sample(NoticeKind.REMOVAL, policy)
    tier = removal.tier.model_copy(update={"requires": ("segments",)})
    message = renderer.render(replace(removal, tier=tier))
    for part in (message.text, Page(message.html).text):
        assert "Customer segments: appraised by our team" in part


def test_staff_read_whom_a_review_would_warn_and_what_to_type(
    policy: Policy, renderer: Renderer
) -> None:
    message = renderer.render(sample(NoticeKind.GUARD, policy))
    assert "monthly/2026-10 would warn 3 partners" in message.subject
    for part in (message.text, Page(message.html).text):
        flat = re.sub(r"[ \n]+", " ", part)
        assert "wheels-and-more" in flat
        assert 'partners guard approve monthly/2026-10 --reason "…"' in flat
        assert 'partners guard reject monthly/2026-10 --reason "…"' in flat


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_hostile_name_stays_harmless(
    policy: Policy, renderer: Renderer, kind: NoticeKind, name: str
) -> None:
    usual = renderer.render(sample(kind, policy))
    message = renderer.render(
        replace(sample(kind, policy), partner_name=name, hold_detail=f"550 {name}")
    )
    tags = [tag for tag, _ in Page(message.html).tags]
    assert tags == [tag for tag, _ in Page(usual.html).tags]
    assert len(message.subject) < 180
    for part in (message.subject, message.text, message.html):
        controls = {c for c in part if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")}
        assert controls <= {"\n", "\N{ZERO WIDTH JOINER}"}
        assert "49" not in figures(part) or "49" in figures(name)
    assert "\n" not in message.subject
    assert not re.search(r"(?m)^Bcc:", message.text)


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


def test_links_are_absolute_https_or_mailto(rendered: Rendered) -> None:
    for link in Page(rendered.html).links:
        assert link.startswith(("https://", "mailto:"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_enough_contrast(rendered: Rendered, dark: bool) -> None:
    for words, colour, background in Page(rendered.html, dark).pieces:
        assert contrast(colour, background) >= 4.5, (words, colour, background)


def test_html_is_accessible_and_needs_no_images(rendered: Rendered) -> None:
    tags = Page(rendered.html).tags
    root = dict(tags)["html"]
    assert (root["lang"], root["dir"]) == ("en", "ltr")
    assert "img" not in {tag for tag, _ in tags}
    for tag, attributes in tags:
        if tag == "th":
            assert attributes["scope"] in ("col", "row")
        if tag == "table":
            is_data = "findings" in (attributes.get("class") or "")
            assert (attributes.get("role") == "presentation") != is_data
    assert 'name="color-scheme"' in rendered.html
    assert "prefers-color-scheme: dark" in rendered.html  # kept by the inliner
    assert 'class="preheader"' in rendered.html
