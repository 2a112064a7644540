"""Links into the Temporal UI: the timelines of what the demo played."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from temporalio.client import Client

from partners.temporal.running import if_there


async def timeline_links(
    client: Client, ui_url: str, workflows: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Each name with a link to its workflow's timeline; `workflows`: names and workflow ids."""
    found = []
    for name, workflow_id in workflows:
        run = await if_there(client.get_workflow_handle(workflow_id).describe())
        if run is not None:
            path = f"namespaces/{client.namespace}/workflows/{quote(workflow_id, safe='')}"
            found.append((name, f"{ui_url}/{path}/{run.run_id}/timeline"))
    return found
