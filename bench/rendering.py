"""Rendering notices: against bare Jinja2 and css-inline on the same templates, and for long.

`python -m bench.rendering [--messages 1000] [--runs 5] [--long 50000]`. The floor renders the
same templates with words that were made before the clock started, and puts the CSS on the tags;
ours makes the words too, in three languages, and wraps the text. Each run renders the same
messages in a process of its own; the ratio is that of neighbouring runs, in processor time, for
nothing here waits.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median

import css_inline

from bench import common
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.mail import render
from partners.mail.context import context, locale_of
from partners.mail.notice import Notice
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.mail.words import catalogues
from partners.policy_file import read_policy

ROOT = Path(__file__).parents[1]
WARM = 0.1
"""The share of the long run after which caches are full and growth counts."""


def the_policy() -> Policy:
    return read_policy(ROOT / "programs" / "three-tiers.toml")[0]


def notices() -> Iterator[Notice]:
    """Every kind in every language, each about another partner, with other figures and days."""
    policy = the_policy()
    samples = [
        replace(sample(kind, policy), language=language)
        for kind in NoticeKind
        for language in catalogues.languages()
    ]
    number = 0
    while True:
        for notice in samples:
            number += 1
            yield _about(notice, number)


def _about(notice: Notice, number: int) -> Notice:
    """The notice about another partner: nothing of it can be remembered from the last one."""
    step = Decimal(number) / 1_000_000
    later = timedelta(days=number % 365)
    return replace(
        notice,
        partner_name=f"Partner {number}",
        partner_id=f"p-{number}",
        findings=tuple(replace(f, actual=f.actual and f.actual - step) for f in notice.findings),
        today=notice.today and notice.today + later,
        deadline=notice.deadline and notice.deadline + later,
        decision_day=notice.decision_day and notice.decision_day + later,
    )


def ours(count: int) -> dict[str, object]:
    """Render so many notices; the clock stands while they are made and templates compiled."""
    renderer = Renderer(ROOT / "templates")
    ready = list(islice(notices(), count))
    for notice in ready[: len(NoticeKind) * 3]:
        renderer.render(notice)
    started = time.process_time()
    for notice in ready:
        renderer.render(notice)
    return {"seconds": time.process_time() - started}


def bare(count: int) -> dict[str, object]:
    """The same templates, with the same values, by Jinja2 and css-inline alone."""
    folder = ROOT / "templates" / "email"
    environments = {
        (language, escaped): render._environment(folder, language, escaped)
        for language in catalogues.languages()
        for escaped in (False, True)
    }
    inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
    ready = [
        (n.kind.value, locale_of(n).language, context(n) | render._functions(n))
        for n in islice(notices(), count)
    ]

    def one(kind: str, language: str, values: dict[str, object]) -> None:
        plain, html = environments[language, False], environments[language, True]
        subject = plain.get_template(f"{kind}/subject.txt").render(values)
        plain.get_template(f"{kind}/body.txt").render(values)
        page = html.get_template(f"{kind}/body.html").render(values, subject=subject)
        inliner.inline(page)

    for known in ready[: len(NoticeKind) * 3]:
        one(*known)
    started = time.process_time()
    for known in ready:
        one(*known)
    return {"seconds": time.process_time() - started}


def long(count: int) -> dict[str, object]:
    """Render for long; resident MB after the first WARM of it and at the end."""
    renderer = Renderer(ROOT / "templates")
    early, warm = 0.0, int(count * WARM)
    for number, notice in enumerate(islice(notices(), count), start=1):
        renderer.render(notice)
        if number == warm:
            early = _resident_mb()
    return {"early": early, "late": _resident_mb()}


def _resident_mb() -> float:
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _told(step: str, count: int) -> dict[str, float]:
    told = common.run_step("bench.rendering", step, str(count)).told
    return {name: float(str(value)) for name, value in told.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--long", type=int, default=50_000, help="messages in one process, 10 or more"
    )
    parser.add_argument("--step", nargs=2, metavar=("STEP", "COUNT"), help="internal")
    given = parser.parse_args()
    if given.step:
        step, count = given.step
        common.tell(lambda: {"ours": ours, "bare": bare, "long": long}[step](int(count)))
        return 0
    return common.finish([against_bare(given.messages, given.runs), growth(given.long)])


def against_bare(messages: int, runs: int) -> common.Row:
    pairs = []
    for number in range(runs):
        with common.said(f"run {number + 1} of {runs}: {messages:,} messages each"):
            mine, floor = (_told(step, messages)["seconds"] for step in ("ours", "bare"))
            pairs.append((mine, floor))
    each = median(mine for mine, _ in pairs) / messages * 1000
    against = median(mine / floor for mine, floor in pairs)
    remark = f"{each:.2f} ms a message"
    return common.Row("rendering ÷ bare Jinja2 + css-inline", against, 3, remark=remark)


def growth(messages: int) -> common.Row:
    with common.said(f"{messages:,} messages in one process"):
        memory = _told("long", messages)
    return common.Row(
        f"memory grown from message {int(messages * WARM):,} to {messages:,}",
        memory["late"] - memory["early"],
        5,
        "MB",
        f"{memory['late']:.0f} MB at the end",
    )


if __name__ == "__main__":
    sys.exit(main())
