"""Telling many partners of one thing, a page at a time, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.mail.mail_handover import Handed
from partners.domain.mail.staff_notice import PageTold
from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock


def tell_all(
    page: PageTold, ids: Iterable[str], tell: Callable[[str], Handed], clock: ProgramClock
) -> PageTold:
    """Tell these partners, each once: the message's key decides.

    Heartbeats the last one told; `so_far` goes on from there after a crash. A kill switch ends the
    page where it is.
    """
    for partner_id in ids:
        handed = tell(partner_id)
        if handed.result is Sending.STOPPED:
            return replace(page, stopped=True)
        page = _counted(page, partner_id, handed, clock)
        until = page.until and page.until.isoformat()
        # After the message: said before, a crash in between would pass the partner over.
        activity.heartbeat(page.last_id, page.told, page.untold, page.unknown, page.put_off, until)
    return page


def so_far(details: Sequence[Any], after: str) -> PageTold:
    """How far an earlier attempt came; an older worker's heartbeat says less."""
    if len(details) < 3:
        return PageTold(after)
    last_id, told, untold, unknown, put_off, until = [*details, 0, 0, None][:6]
    return PageTold(
        last_id,
        told,
        untold,
        unknown=unknown,
        put_off=put_off,
        until=datetime.fromisoformat(until) if until else None,
    )


def _counted(page: PageTold, partner_id: str, handed: Handed, clock: ProgramClock) -> PageTold:
    """The page with one more partner."""
    until = handed.until and clock.real_time(handed.until)
    return PageTold(
        partner_id,
        page.told + (handed.result is Sending.SENT),
        page.untold + (handed.result not in (Sending.SENT, Sending.SKIPPED)),
        unknown=page.unknown + (handed.result is Sending.UNKNOWN),
        put_off=page.put_off + (handed.result is Sending.PUT_OFF),
        until=min((at for at in (page.until, until) if at), default=None),
    )
