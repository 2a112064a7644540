"""The stand-in itself: SendGrid's paths, what they were given, and what they answer."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from partners.mail.standin import contract, logs, suppressions
from partners.mail.standin.events import Poster, Signer, event, fates
from partners.mail.standin.faults import Fault, Faults
from partners.mail.standin.taken import STATUS, Taken


@dataclass
class StandIn:
    """What it is told to do, and what it has seen."""

    key: str = "SG.stand-in"
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0  # seconds before each answer
    hang: float = 60.0  # seconds before it answers where it hangs
    reset: float = 1.0  # seconds until the Reset of a 429
    limit: int | None = None  # requests a window; None: as many as come
    window: float = 1.0  # seconds
    log_delay: float = 0.0  # seconds before a message shows up in the logs
    keep: bool = True  # whether messages are kept at all
    webhook: str = ""  # where events are posted; blank: nowhere
    signer: Signer = field(default_factory=Signer)
    taken: list[Taken] = field(default_factory=list)
    refused: list[contract.Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    suppressions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    groups: dict[int, list[str]] = field(default_factory=dict)  # who left which topic's group
    _window_ends: float = 0.0
    _left: int = 0
    _poster: Poster | None = None

    # ---- what tests ask ----

    def times_taken(self, outbox_id: str) -> int:
        """How often a message went out."""
        return sum(taken.custom_args.get("outbox_id") == outbox_id for taken in self.taken)

    # ---- sending ----

    async def send(self, request: Request) -> Response:
        """POST /v3/mail/send."""
        raw = await request.body()
        if self.latency:
            await asyncio.sleep(self.latency)
        self.counts["requests"] += 1
        over, limits = self._count_down()
        if over:
            self.counts["over the limit"] += 1
            return _answer(429, [("too many requests", None)], limits)
        if refusal := self._refusal(request, raw):
            return refusal
        body = json.loads(raw)
        if contract.is_sandbox(body):
            self.counts["sandbox"] += 1
            return Response(status_code=200, headers=limits)
        fault = self.faults.next()
        self.counts[fault] += 1
        message_id = self._take(body) if fault.taken else ""
        return await self._answer(request, fault, {"X-Message-Id": message_id, **limits})

    def _refusal(self, request: Request, raw: bytes) -> Response | None:
        """Why a request is not even looked at, or breaks the contract."""
        if request.headers.get("authorization") != f"Bearer {self.key}":
            words = "The provided authorization grant is invalid, expired, or revoked"
            return _answer(401, [(words, None)])
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return _answer(415, [("Content-Type should be application/json.", None)])
        if len(raw) > contract.MOST_BYTES:
            return _answer(413, [("Payload too large", None)])
        try:
            found = contract.problems(json.loads(raw))
        except ValueError:
            found = [("Bad Request", None)]
        self.refused += found
        return _answer(400, found) if found else None

    def _take(self, body: dict[str, Any]) -> str:
        message_id = secrets.token_urlsafe(16)
        self.counts["taken"] += 1
        if not self.keep:
            return message_id
        for number, person in enumerate(body["personalizations"]):
            args = {**(body.get("custom_args") or {}), **(person.get("custom_args") or {})}
            for place, entry in enumerate(person["to"]):
                sg_id = f"{message_id}.recvd-standin-{number}-{place}.0"
                self._keep(Taken(sg_id, entry["email"], body, args, datetime.now(UTC)))
        return message_id

    def _keep(self, taken: Taken) -> None:
        self.taken.append(taken)
        for name in fates(taken.to):
            self.happen(taken, name)

    def happen(self, taken: Taken, name: str, **more: Any) -> dict[str, Any]:
        """Something becomes of a message: its status changes, and the webhook hears of it."""
        categories = taken.body.get("categories", [])
        new = event(name, taken.to, taken.sg_message_id, taken.custom_args, categories, **more)
        taken.events.append(new)
        taken.status = STATUS.get(name, taken.status)
        if name in ("bounce", "spamreport"):
            listed = {"bounce": "bounces", "spamreport": "spam_reports"}[name]
            entry = {"created": new["timestamp"], "email": taken.to, "reason": new.get("reason")}
            self.suppressions.setdefault(listed, []).append(entry)
        if self._poster is not None:
            self._poster.add(new)
        return new

    async def _answer(self, request: Request, fault: Fault, headers: dict[str, str]) -> Response:
        match fault:
            case Fault.HANG | Fault.HANG_TAKEN:
                await asyncio.sleep(self.hang)
                return Response(status_code=504)
            case Fault.DROP | Fault.DROP_TAKEN:
                request.scope["state"]["abort"]()
                return Response(status_code=500)
            case Fault.CUT_TAKEN:
                return Response(b"{", 202, {**headers, "Content-Length": "5000"})
            case Fault.FAIL | Fault.FAIL_TAKEN:
                return _answer(500, [("Internal server error", None)])
            case Fault.OVERLOADED:
                return _answer(503, [("The service is not available", None)])
            case Fault.LIMITED:
                return _answer(429, [("too many requests", None)], self._limits(0, self.reset))
            case Fault.REFUSE:
                field = "personalizations.0.to.0.email"
                return _answer(400, [("Does not contain a valid address.", field)])
            case Fault.FORBID:
                return _answer(
                    403, [("The from address does not match a verified Sender.", "from")]
                )
            case Fault.REDIRECT:
                elsewhere = f"{request.base_url}elsewhere"
                return Response(status_code=302, headers={"Location": elsewhere})
        return Response(status_code=202, headers=headers)

    def _count_down(self) -> tuple[bool, dict[str, str]]:
        """Whether the rate limit is used up, and its headers."""
        if self.limit is None:
            return False, {}
        now = time.time()
        if now >= self._window_ends:
            self._window_ends, self._left = now + self.window, self.limit
        over = self._left <= 0
        self._left = max(0, self._left - 1)
        return over, self._limits(self._left, self._window_ends - now)

    def _limits(self, left: int, seconds: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit or 600),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{time.time() + seconds:.3f}",
        }

    # ---- logs and lists ----

    def _visible(self) -> list[Taken]:
        newest = time.time() - self.log_delay
        return [taken for taken in self.taken if taken.at.timestamp() <= newest]

    async def find_logs(self, request: Request) -> Response:
        """POST /v3/logs."""
        if refusal := self._unauthorized(request):
            return refusal
        try:
            asked = json.loads(await request.body())
            conditions = logs.parse(str(asked["query"]))
            limit = int(asked.get("limit", 10))
        except (ValueError, KeyError, TypeError) as error:
            return _answer(400, [(str(error), "query")])
        if not 1 <= limit <= 1000 or asked.keys() - {"query", "limit", "subusers"}:
            return _answer(400, [("limit must be from 1 to 1000", "limit")])
        self.counts["logs"] += 1
        entries = [
            {**taken.log(), "categories": taken.body.get("categories", [])}
            for taken in reversed(self._visible())
        ]
        found = [e for e in entries if all(condition(e) for condition in conditions)]
        return JSONResponse({"messages": found[:limit]})

    async def show_log(self, request: Request) -> Response:
        """GET /v3/logs/{id}."""
        if refusal := self._unauthorized(request):
            return refusal
        self.counts["log"] += 1
        for taken in self._visible():
            if taken.sg_message_id == request.path_params["id"]:
                more = {
                    "unique_args": taken.custom_args,
                    "categories": taken.body.get("categories", []),
                    "events": taken.events,
                }
                return JSONResponse({**taken.log(), **more})
        return _answer(404, [("message not found", None)])

    async def list_suppressions(self, request: Request) -> Response:
        """GET /v3/suppression/{list}."""
        if refusal := self._unauthorized(request):
            return refusal
        entries = self.suppressions.get(request.path_params["list"], [])
        offset = int(request.query_params.get("offset", "0"))
        return JSONResponse(
            entries[offset : offset + int(request.query_params.get("limit", "500"))]
        )

    def _unauthorized(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return _answer(401, [("authorization required", None)])

    async def elsewhere(self, request: Request) -> Response:
        """Where a redirect leads: nobody may follow it."""
        self.counts["followed a redirect"] += 1
        return Response(status_code=202)

    # ---- serving ----

    def app(self) -> ASGIApp:
        """The whole as an ASGI application; its lifespan posts the events."""
        app = Starlette(
            routes=[
                Route("/v3/mail/send", self.send, methods=["POST"]),
                Route("/v3/logs", self.find_logs, methods=["POST"]),
                Route("/v3/logs/{id}", self.show_log),
                Route("/v3/suppression/{list}", self.list_suppressions),
                *suppressions.routes(self.key, self.groups),
                Route("/elsewhere", self.elsewhere, methods=["GET", "POST"]),
            ]
        )
        return _Droppable(app)

    async def post_events(self) -> None:
        """Post events to the webhook until cancelled."""
        poster = Poster(self.signer, self.webhook)
        posting = asyncio.create_task(poster.run())
        await asyncio.sleep(0)  # it runs, and takes events from now on
        self._poster = poster
        await posting


class _Droppable:
    """Lets a handler close the connection without an answer."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = getattr(send, "__self__", None)  # uvicorn's, of this one request
        transport = getattr(connection, "transport", None)
        scope.setdefault("state", {})["abort"] = transport.abort if transport else lambda: None
        await self._app(scope, receive, send)


def _answer(
    status: int, found: list[contract.Problem], headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse(contract.errors(found), status, headers)
