"""Making everything ready: tables, a first policy, Temporal's namespace. Safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from partners.domain.policy.policy import Policy
from partners.loading import on_use
from partners.store.engine import migrate
from partners.store.policy import policies
from partners.use_cases.acting import Admin

with on_use():
    from partners.temporal import connecting, schedules, staff_schedules


@dataclass(frozen=True)
class FirstPolicy:
    """The newest version. `differs`: the policy that was offered is another, and is for people to
    publish."""

    version: int
    is_new: bool
    differs: bool = False
    from_day: date | None = None  # the newest is announced, and in force from then on
    in_force: int | None = None  # until then, this one


@dataclass(frozen=True)
class Namespace:
    """What Temporal was taught."""

    name: str
    added: list[str]  # search attributes
    schedules: list[str]


def upgrade(by: Admin) -> str:
    """The database is brought up to date. Returns its migration."""
    with by.program.progress("bringing the database up to date", None):
        return migrate.upgrade(by.database)


def newest_version(by: Admin) -> int | None:
    """None before a policy has been accepted."""
    with by.database.read() as session:
        newest = policies.newest(session)
    return newest[0] if newest is not None else None


def accept_first(by: Admin, policy: Policy, source: str) -> FirstPolicy:
    """Accept a policy if none has been (rule 6)."""
    now = datetime.now(UTC)
    with by.database.write() as session:
        newest = policies.newest(session)
        if newest is None:
            accepted = policies.accept(session, policy, source, now, by.name)
            return FirstPolicy(accepted, is_new=True)
        version, known = newest
        differs = policies.fingerprint(policy) != policies.fingerprint(known)
        in_force = policies.in_force_at(session, now)
        if in_force is not None and in_force[0] == version:
            return FirstPolicy(version, False, differs)
        day = policies.effects(session).get(version)
        return FirstPolicy(version, False, differs, day, in_force and in_force[0])


async def prepare_namespace(by: Admin, sends: bool, events: bool) -> Namespace:
    """`sends`: mail leaves the machine; `events`: changes are told to the outside."""
    with by.database.read() as session:
        _, policy = policies.required(session, datetime.now(UTC))
    client = await by.program.connect()
    added = await connecting.register_search_attributes(client)
    made = await schedules.prepare(client, policy)
    if sends:
        made.append(await schedules.prepare_mail(client))
        made.append(await schedules.prepare_reconciliation(client, policy))
    made += await staff_schedules.prepare(client, policy, events=events)
    return Namespace(client.namespace, added, made)
