"""PriceChange: tell the partners for whom an offer gets dearer, before it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from temporalio import workflow

from activities.offers.price_activities import PriceChangeActivities
from partners.domain.mail.notices import NoticeKind, price_run
from partners.domain.mail.staff_notice import PageTold, StaffNotice, TellPrice
from workflows.kit import options
from workflows.kit.rounds import Rounds, refuse_other_ids

STATIC_DETAILS = "Everybody for whom the price rises, once; then staff, of whom could not be told."


def static_summary(price_id: int, day: date) -> str:
    """The headline of its page."""
    return f"Tell partners of price {price_id} from {day} on"


@dataclass(frozen=True)
class PriceChangeInput:
    """Which price begins, or is over, on which day: `{"price_id": 12, "day": "2027-01-01"}`.

    The rest is where an earlier run of it came to.
    """

    price_id: int
    day: date
    after: str = ""
    told: int = 0
    untold: int = 0
    unknown: int = 0
    put_off_until: datetime | None = None


@dataclass(frozen=True)
class PriceChangeResult:
    """How many partners were told, and how many could not be or wait for a person to send it."""

    price_id: int
    told: int
    untold: int


@workflow.defn
class PriceChange:
    """Tells everybody for whom a price rises, once each; then staff who could not be told.

    Where the price has been taken back before its day, those who had been told hear that.
    Signal: `notice_changed` (mail goes again).
    """

    def __init__(self) -> None:
        self._rounds = Rounds()

    @workflow.run
    async def run(self, request: PriceChangeInput) -> PriceChangeResult:
        """Page by page until everybody is told; a kill switch only makes it wait."""
        price_id, day, rounds = request.price_id, request.day, self._rounds
        refuse_other_ids(options.price_workflow_id(price_id, day))
        rounds.take_up(f"**Price {price_id} from {day} on**", request)
        if not request.after:
            settles = "waiting for what else is changed with it"
            await workflow.sleep(options.PRICE_SETTLES, summary=settles)
        await rounds.tell_everybody(
            request.after,
            lambda after: self._tell_page(TellPrice(price_id, day, after)),
            lambda after: self._go_on(request, after),
        )
        if rounds.untold:
            notice = StaffNotice(
                price_run(price_id, day), NoticeKind.PRICES_TOLD, price_id=price_id, day=day
            )
            await rounds.tell_staff(notice, "e-mail to staff: who could not be told of the price")
        return PriceChangeResult(price_id, rounds.told, rounds.untold)

    def _go_on(self, request: PriceChangeInput, after: str) -> NoReturn:
        so_far = self._rounds.so_far()
        workflow.continue_as_new(PriceChangeInput(request.price_id, request.day, after, *so_far))

    async def _tell_page(self, request: TellPrice) -> PageTold:
        """Tell the next partners; `last_id` is the last of them, None after the last of all."""
        return await workflow.execute_activity_method(
            PriceChangeActivities.tell_price_page,
            request,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=f"e-mail: a price changes on {request.day}",
        )

    @workflow.signal(description="Mail goes again.")
    def notice_changed(self) -> None:
        self._rounds.mail_goes = True
