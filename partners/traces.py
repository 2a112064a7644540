"""Where an error happened, without its words: they may hold what people wrote (rule 18)."""

from __future__ import annotations

import traceback


def trace_of(error: BaseException) -> str:
    """The frames of the error and of what caused it, each with its kind; innermost frame last."""
    found: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = "".join(traceback.format_tb(link.__traceback__)).rstrip()
        found.append(f"{frames}\n{type(link).__name__}")
        link = link.__cause__ or link.__context__
    return "\ncaused by:\n".join(found)
