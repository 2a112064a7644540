"""The stand-in's unsubscribe groups: `GET /v3/asm/groups/{id}/suppressions`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Groups:
    """Who unsubscribed from which group, by its number. Unlike other lists it has no pages."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.members: dict[int, list[str]] = {}

    def routes(self) -> list[Route]:
        return [Route("/v3/asm/groups/{number:int}/suppressions", self.show)]

    async def show(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._key}":
            errors = {"errors": [{"message": "authorization required", "field": None}]}
            return JSONResponse(errors, 401)
        return JSONResponse(self.members.get(request.path_params["number"], []))
