"""A partner's preferences, behind a signed link; and the unsubscription of RFC 8058.

The link is the key: no login, no cookie. A GET, which mail scanners make too, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from partners.domain.mail.topics import EVERYTHING, Consent, Topic
from partners.mail.unsubscribe import Grant, Tokens
from partners.mail.words import catalogues
from partners.use_cases.acting import Outsider
from partners.use_cases.mail import preferences
from partners.web.pages import FORM_BYTES, Pages, small
from partners.web.public.topic_words import ALL_TOPICS, TOPICS


@dataclass(frozen=True)
class _Seen:
    """What a page shows."""

    locale: Locale
    about: preferences.Preferences

    @property
    def provider(self) -> str:
        return self.about.provider

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def choices(self) -> list[tuple[Topic, bool, str, str]]:
        """Each topic: whether it is wanted, its label, and what it is about."""
        return [
            (topic, wanted, self.say(TOPICS[topic][0]), self.say(TOPICS[topic][1]))
            for topic, wanted in self.about.wanted.items()
        ]

    def say(self, words: str) -> str:
        return catalogues.say(words, self.locale)


class Preferences:
    """The pages. Queries run on threads."""

    def __init__(self, by: Outsider, pages: Pages, tokens: Tokens, consent: Consent) -> None:
        self._by = by
        self._pages = pages
        self._tokens = tokens
        self._consent = consent

    async def preferences(self, request: Request) -> Response:
        """GET shows what is wanted; POST stores it."""
        grant = self._grant(request)
        if grant is None:
            return self._unknown(request)
        saved = request.method == "POST"
        if saved:
            form = await small(request, FORM_BYTES).form(max_files=0, max_fields=50)
            none = "none" in form
            wishes = {topic.value: topic.value in form and not none for topic in Topic}
            await run_in_threadpool(self._choose, grant, wishes, "page")
        seen = await run_in_threadpool(self._look, grant)
        if seen is None:
            return self._unknown(request)
        return self._pages.show(
            "preferences.html", request, language=seen.locale.language, seen=seen, saved=saved
        )

    async def unsubscribe(self, request: Request) -> Response:
        """GET asks; POST with `List-Unsubscribe=One-Click` acts, without a question."""
        grant = self._grant(request)
        if grant is None:
            return self._unknown(request)
        done = request.method == "POST"
        if done:
            form = await small(request, FORM_BYTES).form(max_files=0, max_fields=50)
            if form.get("List-Unsubscribe") != "One-Click":
                raise HTTPException(400)
            via = "page" if "asked" in form else "one-click"
            await run_in_threadpool(self._choose, grant, {grant.topic: False}, via)
        seen = await run_in_threadpool(self._look, grant)
        if seen is None:
            return self._unknown(request)
        label = TOPICS[Topic(grant.topic)][0] if grant.topic in set(Topic) else ALL_TOPICS
        link = self._tokens.sign(Grant(grant.partner_id, EVERYTHING))
        return self._pages.show(
            "unsubscribe.html",
            request,
            language=seen.locale.language,
            seen=seen,
            topic=seen.say(label),
            done=done,
            preferences=link,
        )

    def _grant(self, request: Request) -> Grant | None:
        return self._tokens.read(request.path_params["token"])

    def _unknown(self, request: Request) -> Response:
        language = catalogues.spoken(*_accepted(request)).language
        return self._pages.show("bad_link.html", request, status=404, language=language)

    def _look(self, grant: Grant) -> _Seen | None:
        about = preferences.preferences(self._by, grant.partner_id, self._consent)
        if about is None:
            return None
        return _Seen(catalogues.spoken(*about.languages), about)

    def _choose(self, grant: Grant, wishes: dict[str, bool], via: str) -> None:
        preferences.choose(self._by, grant.partner_id, wishes, via, self._consent)


def _accepted(request: Request) -> list[str]:
    """What the browser would like to read."""
    return [part.strip()[:2] for part in request.headers.get("accept-language", "").split(",")]
