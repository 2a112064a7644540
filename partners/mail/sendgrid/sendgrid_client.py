"""SendGrid's official client, made safe: time-outs, no redirects, no log of keys and addresses."""

from __future__ import annotations

import json
import logging
import ssl
import urllib.error
import urllib.request
from typing import Any

import python_http_client
from sendgrid import SendGridAPIClient

REFUSED_REDIRECT = "redirected; not followed"

# At DEBUG the library prints the key, and every address (tried with 6.12.5).
for _name in ("python_http_client", "python_http_client.client", "sendgrid"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would be followed as a GET, with the key, to wherever it points."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    """One for all requests, and threads: certificates are loaded once, not for each message."""
    return urllib.request.build_opener(
        _NoRedirect, urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )


class _Client(python_http_client.Client):  # type: ignore[misc]
    """The library's client with an opener that follows no redirect."""

    opener: urllib.request.OpenerDirector

    def _build_client(self, name: str | None = None) -> _Client:
        built = _Client(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )
        built.opener = self.opener
        return built

    def _make_request(self, _opener: Any, request: Any, timeout: float | None = None) -> Any:
        return super()._make_request(self.opener, request, timeout=timeout)


def client(key: str, host: str, timeout_seconds: float) -> SendGridAPIClient:
    """A client that threads may share, as long as no call passes headers of its own."""
    api = SendGridAPIClient(api_key=key, host=host.rstrip("/"))
    api.client = _Client(
        host=api.host,
        request_headers=api.client.request_headers,
        version=3,
        timeout=timeout_seconds,
    )
    api.client.opener = _opener()
    # Set here, for the library sets it on the shared headers at the first request with a body.
    api.client.request_headers.setdefault("Content-Type", "application/json")
    return api


def errors_of(body: Any) -> str:
    """What SendGrid says is wrong: `field: message` of each error; blank if it says nothing."""
    try:
        errors = json.loads(body)["errors"]
        words = [": ".join(str(e[k]) for k in ("field", "message") if e.get(k)) for e in errors]
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""
    return "; ".join(word for word in words if word)
