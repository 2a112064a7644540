"""SendGrid's Email Logs: was a message taken whose answer nobody saw?

`POST /v3/logs` finds messages by address and time, `GET /v3/logs/{id}` shows custom arguments.
They are kept for at most 30 days, and are there within minutes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from partners.domain.mail.notices import MailState
from partners.domain.mail.resolution import Evidence
from partners.mail.sendgrid.sendgrid import OUTBOX_ID
from partners.mail.transport import NoTrace, without_addresses
from partners.mail_addresses import normal, outgoing

log = logging.getLogger("partners.mail")

SKEW = timedelta(minutes=5)
"""SendGrid's clock and ours may differ by so much."""
MOST = 1000
"""Messages of one answer (SendGrid's limit)."""
NOT_FOR_US = (401, 403, 404)
"""The key, or the plan, has no logs: then events alone decide."""
FAILED = ("dropped", "bounced")


@dataclass
class SendGridLogs:
    """Looks messages up, one after the other."""

    api: SendGridAPIClient

    def find(self, public_id: str, to: str, since: datetime) -> Evidence | None:
        """What SendGrid did with a message to that address, handed over not before `since`.

        Raises NoTrace if the logs could not be read this time.
        """
        try:
            for entry in self._messages(to, since - SKEW):
                details = self._ask(self.api.client.logs._(str(entry["sg_message_id"])).get())
                if _custom_args(details).get(OUTBOX_ID) == public_id:
                    return _evidence(entry, details)
        except HTTPError as error:
            if int(error.status_code) not in NOT_FOR_US:
                raise NoTrace(f"SendGrid's logs answered {error.status_code}") from error
            log.warning(
                "SendGrid's logs are closed to this key (%s): only events tell what became of a "
                "message; give the key the right to read Email Logs",
                error.status_code,
            )
        except Exception as error:
            raise NoTrace(f"SendGrid's logs gave no answer ({type(error).__name__})") from error
        return None

    def _messages(self, to: str, since: datetime) -> Iterator[dict[str, Any]]:
        """Messages to an address, from a moment on."""
        known = _quoted(outgoing(to))
        query = f"sg_message_id_created_at >= {_instant(since)} AND to_email = {known}"
        answer = self._ask(self.api.client.logs.post(request_body={"query": query, "limit": MOST}))
        for entry in answer.get("messages") or []:
            if normal(str(entry.get("to_email", ""))) == normal(to):
                yield entry

    @staticmethod
    def _ask(response: Any) -> dict[str, Any]:
        if response.status_code != 200:
            raise NoTrace(f"SendGrid's logs answered {response.status_code}")
        content = json.loads(response.body)
        if not isinstance(content, dict):
            raise NoTrace("SendGrid's logs answered something else")
        return content


def _quoted(text: str) -> str:
    """A text in the query language, which knows no escapes. O'Brien's address has a quote."""
    mark = '"' if "'" in text else "'"
    if mark in text:
        raise NoTrace("an address that the logs cannot be asked for")
    return f"{mark}{text}{mark}"


def _instant(moment: datetime) -> str:
    return f'TIMESTAMP "{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"'


def _custom_args(details: dict[str, Any]) -> dict[str, Any]:
    """The logs call them by their old name, and may give them as text."""
    args = details.get("unique_args") or details.get("custom_args") or {}
    if isinstance(args, str):
        args = json.loads(args)
    return args if isinstance(args, dict) else {}


def _evidence(entry: dict[str, Any], details: dict[str, Any]) -> Evidence:
    status = str(details.get("status") or entry.get("status") or "")
    reason = str(entry.get("reason") or details.get("reason") or "")
    words = f"by SendGrid's logs: {status}" + (f": {reason}" if reason else "")
    return Evidence(
        MailState.REJECTED if status in FAILED else MailState.ACCEPTED,
        datetime.fromisoformat(str(entry["sg_message_id_created_at"])),
        without_addresses(words),
        str(entry["sg_message_id"]),
    )
