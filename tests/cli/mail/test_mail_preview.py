"""`partners mail preview` and `partners mail test`: looking at notices before partners do."""

from __future__ import annotations

import re
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partners.bootstrap import services
from partners.cli import common
from partners.domain.mail.notices import MailState, NoticeKind
from partners.mail.transport import Message, Receipt
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.tables.mail_tables import OutboxRow

ROOT = Path(__file__).parents[3]
POLICY = ("--policy", ROOT / "program.toml")
ALLOWED = "ann@example.com, @staging.example"


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been opened in a browser."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: bool(addresses.append(url)))
    return addresses


@pytest.mark.parametrize("file", ["program.toml", "programs/three-tiers.toml"])
@pytest.mark.parametrize("kind", [NoticeKind.WARNING, NoticeKind.ON_HOLD, NoticeKind.STATEMENT])
def test_preview_shows_a_kind_by_a_policy_file(
    run: Any, opened: list[str], kind: NoticeKind, file: str
) -> None:
    policy = ("--policy", ROOT / file)
    text = run("mail", "preview", kind, "--text", *policy)
    assert text.out.startswith("Subject: ")
    page = Path(run("mail", "preview", kind, *policy).out.strip())
    assert opened == [page.as_uri()]
    assert (page.parent / f"{kind}.en.html").read_text().startswith("<!DOCTYPE html>")


def test_preview_shows_all_kinds_in_all_languages_at_both_widths_and_schemes(
    run: Any, opened: list[str], tmp_path: Path
) -> None:
    page = Path(run("mail", "preview", "--out", tmp_path / "new", *POLICY).out.strip())
    assert opened == []
    frames = re.findall(r'<iframe sandbox [^>]*width="(\d+)"[^>]*src="([^"]+)"', page.read_text())
    names = {(kind, "en") for kind in NoticeKind}
    names |= {(k, lang) for k in NoticeKind if not k.to_staff for lang in ("de", "es")}
    assert set(frames) == {
        (width, f"{kind}.{language}.{scheme}.html")
        for kind, language in names
        for width in ("360", "760")
        for scheme in ("light", "dark")
    } | {("360", f"{kind}.{language}.english.html") for kind, language in names if language != "en"}
    assert all((page.parent / source).is_file() for _, source in frames)


def test_preview_speaks_the_language_that_is_asked_for(run: Any, tmp_path: Path) -> None:
    asked = run("mail", "preview", "warning", "--text", "--language", "de-AT", *POLICY)
    assert "bis zum" in asked.out.splitlines()[0]


def test_the_english_version_stands_beside_another_language(run: Any, tmp_path: Path) -> None:
    asked = ("mail", "preview", "warning", *POLICY, "--language", "de")
    beside = run(*asked, "--text", "--beside").out.splitlines()
    assert beside[0].startswith("Subject: Bitte handeln Sie")
    assert "Subject: Please act by" in beside[0]
    assert any("Hello Blue Harbour" in line and "Guten Tag Blue" in line for line in beside)
    assert "Please act by" not in run(*asked, "--text").out
    page = Path(run(*asked, "--out", tmp_path).out.strip()).read_text()
    assert "In English: Please act by" in page
    assert "Please act by" in (tmp_path / "warning.de.english.html").read_text()


def test_english_has_nothing_beside_it(run: Any) -> None:
    asked = ("mail", "preview", "warning", *POLICY, "--text")
    assert run(*asked, "--beside").out == run(*asked).out


def test_a_preview_holds_one_scheme_whatever_the_browser_s(run: Any, tmp_path: Path) -> None:
    run("mail", "preview", "warning", "--out", tmp_path, *POLICY)
    light, dark = ((tmp_path / f"warning.en.{s}.html").read_text() for s in ("light", "dark"))
    for page in (light, dark):
        assert "prefers-color-scheme" not in page
    assert "@media not all" in light
    assert "@media all" in dark


def test_preview_without_a_policy_uses_the_sample_one_and_says_so(
    run: Any, database: Database
) -> None:
    preview = run("mail", "preview", "warning", "--text")
    assert preview.status == 0
    assert "program.toml" in preview.err


def test_a_folder_that_cannot_be_written_is_refused(run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = run("mail", "preview", "warning", "--out", tmp_path / "file", *POLICY)
    assert refused.status == 2
    assert "cannot write" in refused.err


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts addresses on the allow-list."""

    def allow(entries: str) -> None:
        real = common.settings_here
        monkeypatch.setattr(
            common,
            "settings_here",
            lambda: real().model_copy(update={"mail_allow": entries}),
        )

    return allow


def outbox_of(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.query(OutboxRow))


@pytest.mark.parametrize("kind", [NoticeKind.WARNING, NoticeKind.WELCOME, NoticeKind.GUARD])
def test_a_test_goes_out_marked_as_one_and_about_nobody(
    run: Any, database: Database, allow: Callable[[str], None], kind: NoticeKind
) -> None:
    allow(ALLOWED)
    sent = run("mail", "test", kind, "--to", "Ann@example.com", "--language", "de", *POLICY)
    assert sent.status == 0, sent.err
    (row,) = outbox_of(database)
    assert row.subject.startswith("[Test] ")
    assert (row.to, row.kind) == (["Ann@example.com"], kind)
    assert (row.partner_id, row.case_id, row.stated_deadline) == (None, None, None)
    assert row.state in (MailState.ACCEPTED, MailState.WAITING)
    assert f"Message {row.outbox_id} to Ann@example.com" in sent.out


@pytest.mark.parametrize(
    ("listed", "to", "reason"),
    [
        ("", "ann@example.com", "PARTNERS_MAIL_ALLOW"),
        (" , ", "ann@example.com", "PARTNERS_MAIL_ALLOW"),
        (ALLOWED, "bob@example.com", "not on the allow-list"),
        (ALLOWED, "ann@example.com.evil.example", "not on the allow-list"),
        (ALLOWED, "ann@sub.staging.example", "not on the allow-list"),
        (ALLOWED, "ann@example.com\r\nBcc: eve@example.com", "no address"),
        (ALLOWED, "staging.example", "no address"),
    ],
)
def test_a_test_goes_only_to_the_allow_list(
    run: Any, database: Database, allow: Callable[[str], None], listed: str, to: str, reason: str
) -> None:
    allow(listed)
    refused = run("mail", "test", "warning", "--to", to, *POLICY)
    assert refused.status == 2
    assert reason in refused.err
    assert outbox_of(database) == []


def test_a_domain_on_the_allow_list_stands_for_its_addresses(
    run: Any, database: Database, allow: Callable[[str], None]
) -> None:
    allow(ALLOWED)
    assert run("mail", "test", "warning", "--to", "Eve@Staging.example", *POLICY).status == 0


class Refusing:
    """A provider that takes nothing."""

    repeatable = False

    def send(self, message: Message) -> Receipt:
        return Receipt(MailState.REJECTED, detail="the sender is not verified")


def test_a_test_that_the_provider_refuses_says_why(
    run: Any, database: Database, allow: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(ALLOWED)

    def refusing(settings: Settings) -> Refusing:
        return Refusing()

    monkeypatch.setattr(services, "build_transport", refusing)
    refused = run("mail", "test", "warning", "--to", "ann@example.com", *POLICY)
    assert refused.status == 2
    assert "the sender is not verified" in refused.err
    assert outbox_of(database)[0].state == MailState.REJECTED


def test_a_switch_that_is_off_stops_a_test_too(
    run: Any, database: Database, allow: Callable[[str], None]
) -> None:
    allow(ALLOWED)
    assert run("stop", "mail", "--reason", "holidays").status == 0
    refused = run("mail", "test", "warning", "--to", "ann@example.com", *POLICY)
    assert refused.status == 2
    assert "stopped" in refused.err
    assert outbox_of(database) == []
