"""The page on which a seller takes a lead or declines it, behind a signed link.

The link is the key, and only as long as the lead is theirs. A GET, which mail scanners make too,
changes nothing (rule 31).
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from partners.mail.unsubscribe import Tokens
from partners.mail.words import catalogues, locales
from partners.use_cases.acting import Outsider
from partners.use_cases.referrals import lead_answers
from partners.use_cases.referrals.lead_answers import OfferedLead
from partners.web.pages import FORM_BYTES, Pages, small

ANSWERS = {"take": True, "decline": False}


class LeadPage:
    """The page. Queries run on threads."""

    def __init__(self, by: Outsider, pages: Pages, tokens: Tokens) -> None:
        self._by = by
        self._pages = pages
        self._tokens = tokens

    async def lead(self, request: Request) -> Response:
        """GET shows the lead and asks; POST stores the answer."""
        turn_id = self._tokens.read_lead(request.path_params["token"])
        if turn_id is None:
            return self._unknown(request)
        if request.method == "POST":
            return await self._answered(request, turn_id)
        seen = await run_in_threadpool(lead_answers.offered_lead, self._by, turn_id)
        return self._unknown(request) if seen is None else self._show(request, seen)

    async def _answered(self, request: Request, turn_id: int) -> Response:
        form = await small(request, FORM_BYTES).form(max_files=0, max_fields=10)
        takes = ANSWERS.get(str(form.get("answer")))
        if takes is None:
            raise HTTPException(400)
        answered = await run_in_threadpool(lead_answers.answer_lead, self._by, turn_id, takes)
        if answered is None:
            return self._unknown(request)
        page = self._show(request, answered.lead, declined=not takes)
        page.background = BackgroundTask(lead_answers.tell_of_answer, self._by, answered)
        return page

    def _show(self, request: Request, seen: OfferedLead, declined: bool = False) -> Response:
        locale = catalogues.spoken(*seen.languages)
        return self._pages.show(
            "lead.html",
            request,
            language=locale.language,
            seen=seen,
            declined=declined,
            answer_by=seen.answer_by and locales.day(seen.answer_by, locale),
        )

    def _unknown(self, request: Request) -> Response:
        accepted = request.headers.get("accept-language", "").split(",")
        language = catalogues.spoken(*(part.strip()[:2] for part in accepted)).language
        return self._pages.show("bad_link.html", request, status=404, language=language)
