"""The stand-in's unsubscribe groups: `GET /v3/asm/groups/{id}/suppressions`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def routes(key: str, groups: dict[int, list[str]]) -> list[Route]:
    """`groups`: the addresses in each, by its number. Unlike other lists these have no pages."""

    async def show(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {key}":
            errors = {"errors": [{"message": "authorization required", "field": None}]}
            return JSONResponse(errors, 401)
        return JSONResponse(groups.get(request.path_params["number"], []))

    return [Route("/v3/asm/groups/{number:int}/suppressions", show)]
