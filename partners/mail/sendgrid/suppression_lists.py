"""SendGrid's suppression lists, read page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from partners.domain.mail.delivery import Event
from partners.domain.mail.mail_lists import UNKNOWN_TIME, Listed
from partners.domain.mail.topics import EVERYTHING, Topic
from partners.mail.transport import without_addresses
from partners.mail.words.plain import one_line
from partners.mail_addresses import normal

PAGE = 500
"""SendGrid's limit."""
ALL = "all"
_LISTS = {
    "bounces": (ALL, Event.BOUNCE),
    "spam_reports": (ALL, Event.SPAM_REPORT),
    "unsubscribes": (EVERYTHING, Event.UNSUBSCRIBE),
}


class Unavailable(Exception):
    """A list could not be read; nothing may be concluded from what is not on it."""


class SuppressionLists:
    """Reads the lists. Raises Unavailable where one does not answer as documented."""

    def __init__(self, api: SendGridAPIClient, groups: Mapping[Topic, int]) -> None:
        self._api = api
        self._groups = groups

    @property
    def scopes(self) -> set[str]:
        """What the lists tell about: what is not on them is not suppressed there."""
        return {ALL, EVERYTHING, *(topic.value for topic in self._groups)}

    def read(self) -> Iterator[Listed]:
        """Every entry of every list."""
        for name, (scope, cause) in _LISTS.items():
            for entry in self._pages(name):
                yield _listed(entry, scope, cause)
        for topic, number in self._groups.items():
            for email in self._group(number):
                yield Listed(normal(email), topic, Event.GROUP_UNSUBSCRIBE, UNKNOWN_TIME)

    def _pages(self, name: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            asked = {"limit": PAGE, "offset": offset}
            page = self._ask(getattr(self._api.client.suppression, name), asked)
            if not all(isinstance(entry, dict) and entry.get("email") for entry in page):
                raise Unavailable(f"SendGrid's {name} are not as documented")
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def _group(self, number: int) -> list[str]:
        entries = self._ask(self._api.client.asm.groups._(str(number)).suppressions, None)
        if not all(isinstance(email, str) for email in entries):
            raise Unavailable(f"SendGrid's unsubscribe group {number} is not as documented")
        return entries

    @staticmethod
    def _ask(endpoint: Any, asked: dict[str, int] | None) -> list[Any]:
        try:
            response = endpoint.get(query_params=asked)
            content = json.loads(response.body)
        except HTTPError as error:
            raise Unavailable(f"SendGrid's lists answered {error.status_code}") from error
        except Exception as error:
            raise Unavailable(f"SendGrid's lists: no answer ({type(error).__name__})") from error
        if response.status_code != 200 or not isinstance(content, list):
            raise Unavailable(f"SendGrid's lists answered {response.status_code}, no list")
        return content


def _listed(entry: dict[str, Any], scope: str, cause: Event) -> Listed:
    created = entry.get("created")
    timed = isinstance(created, int) and 0 < created < 4_000_000_000
    return Listed(
        email=normal(one_line(str(entry["email"]), 320)),
        scope=scope,
        cause=cause,
        since=datetime.fromtimestamp(created, UTC) if timed else UNKNOWN_TIME,  # type: ignore[arg-type]
        reason=without_addresses(one_line(str(entry.get("reason") or ""), 500)),
    )
