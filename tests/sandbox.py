"""The SDK's sandboxed runner, for tests: production runs workflows without it (ADR 009).

Whatever a workflow runs is loaded anew for each run, and watched: the definitions, their helpers,
and the domain.
"""

from __future__ import annotations

import dataclasses
import pkgutil

import pytest
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import (
    RestrictedWorkflowAccessError,
    SandboxedWorkflowRunner,
    SandboxRestrictions,
)

import partners
from partners.bootstrap.workers import RUNNER
from workflows.kit import options

WATCHED = "domain"
"""Of `partners`, what workflows run. The rest is passed through: SQLAlchemy cannot map the
sandbox's own `datetime`, and a run needs of it only what activities import. They are loaded anew
with the domain, though their bodies never run in there: a workflow gets its types from their
signatures, and an enum that was loaded twice is two."""

PASSED_THROUGH = (
    *(f"partners.{found.name}" for found in pkgutil.iter_modules(partners.__path__)),
    *("sqlalchemy", "babel"),  # which activities import themselves
    options.__name__,  # constants, and a test of a hand-over makes one of them smaller
)


class Sandbox(SandboxedWorkflowRunner):
    """The SDK's runner, which does not try each workflow once before a worker starts.

    That would load the program twelve times for each test, to run one or two workflows.
    """

    def prepare_workflow(self, defn: object) -> None:
        """Nothing: what cannot be loaded fails its run."""


class EndingSandbox(Sandbox):
    """What it refuses ends the run as failed, so that who waits for the result sees why.

    A worker would try again for ever. In a replay, an end that is not in the history would be all
    that is told.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        ends = [*det.worker_level_failure_exception_types, RestrictedWorkflowAccessError]
        return super().create_instance(
            dataclasses.replace(det, worker_level_failure_exception_types=ends)
        )


_WATCHING = SandboxRestrictions.default.with_passthrough_modules(
    *(name for name in PASSED_THROUGH if name != f"partners.{WATCHED}")
)

production = pytest.param(RUNNER, id="production")
sandboxed = pytest.param(EndingSandbox(_WATCHING), id="sandboxed")
only_when_slow = pytest.param(*sandboxed.values, id="sandboxed", marks=pytest.mark.slow)

REPLAYED = [production, pytest.param(Sandbox(_WATCHING), id="sandboxed")]
"""What each stored history is replayed in."""
