"""`partners web` as a process: it takes signed events in, and nothing that is not signed."""

from __future__ import annotations

import http.client
import json
import re
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

from partners.mail.standin.events import Signer
from partners.store.engine.database import Database
from partners.store.mail.recipients import every_suppression
from tests import processes
from tests.processes import Running


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def before_the_body(url: str, headers: dict[str, str]) -> int:
    """What is answered to the headers alone."""
    host = url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.putrequest("POST", url.removeprefix(f"http://{host}"))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_pages_are_served_without_a_temporal_server(tmp_path: Path) -> None:
    signer = Signer()
    (tmp_path / ".env").write_text(
        f"PARTNERS_SENDGRID_WEBHOOK_KEY={signer.public_key}\n"
        "PARTNERS_PUBLIC_URL=https://partners.northwind.example\n"
    )
    made = processes.run(tmp_path, "setup", "--database-only")
    assert made.returncode == 0, made.stderr
    with Running(tmp_path, "web", "--port", "0") as web:
        web.says("Uvicorn running on")
        found = re.search(r"http://127\.0\.0\.1:\d+", web.output)
        assert found is not None
        with urllib.request.urlopen(f"{found[0]}/healthz", timeout=10) as answer:
            assert answer.read() == b"ok\n"
        hook = f"{found[0]}/webhooks/sendgrid"
        event = {
            "event": "bounce",
            "type": "bounce",
            "email": "a@example.com",
            "timestamp": int(time.time()),
            "sg_event_id": "e1",
        }
        body = json.dumps([event]).encode()
        assert post(hook, body, {}) == 401
        assert post(hook, body, Signer().headers(body)) == 401
        assert post(hook, body, signer.headers(body)) == 204
        assert before_the_body(hook, signer.headers(b"") | {"Content-Length": "10000000"}) == 413
        assert web.ended(signal.SIGTERM) == 0
        assert "a@example.com" not in web.output
        assert "Traceback" not in web.output
    database = Database(f"sqlite:///{tmp_path}/.partners/partners.db")
    with database.read() as session:
        assert [row.email for row in every_suppression(session)] == ["a@example.com"]
    database.close()
    assert not processes.left_in(tmp_path)
