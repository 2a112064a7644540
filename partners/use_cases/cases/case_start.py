"""Starting or joining the workflow of a partner's case, and watching what comes of it."""

from __future__ import annotations

import asyncio

from temporalio.client import WorkflowFailureError

from partners.domain.cases.view import GracePeriodResult
from partners.errors import UserError
from partners.store.people.known_partner import known_partner
from partners.temporal import running
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_refusals import NoWorkerTookIt
from workflows.grace_period import GracePeriod

LOOK_SECONDS = 10.0
"""How long `start_case` watches for the first result."""


async def start_case(by: Manager, partner_id: str) -> GracePeriodResult | None:
    """Check a partner, and open a case if they are below; None if a case is open and goes on."""
    with by.database.read() as session:
        known_partner(session, partner_id)
    handle = await running.start_case(await by.program.connect(), partner_id)
    result = asyncio.ensure_future(handle.result())
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            while not result.done():
                if await handle.query(GracePeriod.show_case) is not None:
                    return None
                await asyncio.wait([result], timeout=0.2)
            return await result
    except TimeoutError:
        raise NoWorkerTookIt(handle.id, LOOK_SECONDS) from None
    except WorkflowFailureError as error:
        raise UserError(str(error.cause)) from error
    finally:
        result.cancel()
