"""The real Temporal dev server, for tests that need what the time-skipping one lacks."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from tests import clocks

DEV_SERVER = Path(sys.executable).parent / "temporal"


@asynccontextmanager
async def dev_server(**options: Any) -> AsyncIterator[WorkflowEnvironment]:
    """A dev server of this test's own, in memory, on a free port."""
    clocks.needs_the_real_one()
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(DEV_SERVER),
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        **options,
    )
    async with environment:
        yield environment


def address(environment: WorkflowEnvironment) -> str:
    return environment.client.service_client.config.target_host
