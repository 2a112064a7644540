"""A receiver of webhooks as somebody else would write it: it checks signatures by its own code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Got(NamedTuple):
    """A request whose signature and time were right."""

    webhook_id: str
    body: dict[str, Any]

    @property
    def partner_id(self) -> str:
        return str(self.body["data"]["partner_id"])

    @property
    def what(self) -> tuple[str, Any, Any]:
        data = self.body["data"]
        return self.body["type"], data["tier"], data["standing"]


def is_signed(key: bytes, headers: dict[str, str], body: bytes) -> bool:
    """By the specification, not by the program's library: any of the v1 signatures fits."""
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(one, f"v1,{expected}") for one in given)


class LocalReceiver:
    """Answers as `answer` says; `got` are the well-signed requests it took, in order."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.tried = 0
        self.answer: Callable[[Got], int] = lambda got: 204
        self.headers: dict[str, str] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver._take(headers, body)
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/events"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        self.tried += 1
        if not is_signed(KEY, headers, body):
            return 401
        got = Got(headers["webhook-id"], json.loads(body))
        status = self.answer(got)
        if 200 <= status < 300:
            self.got.append(got)
        return status

    @property
    def seen(self) -> list[Got]:
        """What it took, each id once: as a receiver deduplicates."""
        return list({got.webhook_id: got for got in self.got}.values())

    def serve_tls(self, certificate: Path) -> None:
        """From now on with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @contextmanager
    def running(self) -> Iterator[LocalReceiver]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(60)
