"""`partners offer add|change|activate|pause|resume|retire|window`: what an offer is, and how it
stands."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partners.cli import common
from partners.domain.number_words import number_of
from partners.domain.offers.offer import Visibility, Window
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.store.offers.catalogue import offer_changes
    from partners.use_cases.offers import offer_acts

if TYPE_CHECKING:
    from partners.store.offers.catalogue.blocked_offers import Matched
    from partners.use_cases.offers.offer_acts import Changed

NONE = "none"
"""What a person writes to take a value away."""

Offer = Annotated[str, typer.Argument(metavar="OFFER", help="The offer's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
Service = Annotated[
    str, typer.Option("--service", help="What kind of service it is, as orders name it.")
]
Name = Annotated[str, typer.Option("--name", help="What partners read.")]
Seen = Annotated[
    Visibility,
    typer.Option(help="Who may see it: every partner, those of preferred tiers, or by grant."),
]
OpensOn = Annotated[
    str | None,
    typer.Option("--opens-on", metavar="DATE", help="Its first day for everybody, YYYY-MM-DD."),
]
ClosesOn = Annotated[
    str | None, typer.Option("--closes-on", metavar="DATE", help="Its last day, YYYY-MM-DD.")
]


class Field(StrEnum):
    """What an offer says of itself, as a person names it."""

    NAME = "name"
    DESCRIPTION = "description"
    SERVICE = "service"
    VISIBILITY = "visibility"
    OPENS_ON = "opens-on"
    CLOSES_ON = "closes-on"
    AREA = "area"


def add(
    new_id: Offer,
    service: Service,
    reason: Reason,
    by: common.By,
    name: Name = "",
    visibility: Seen = Visibility.SELECTED,
    opens_on: OpensOn = None,
    closes_on: ClosesOn = None,
) -> None:
    """Add an offer as a draft, which partners do not see. Then price it, and activate it."""
    described = offer_changes.Described(
        service=service,
        name=name,
        visibility=visibility,
        opens_on=common.last_day(opens_on),
        closes_on=common.last_day(closes_on),
    )
    with common.acting_as(by) as admin:
        added = offer_acts.add(admin, new_id, described, reason)
    common.out.print(
        f"{new_id} is a draft, for {_seen_by(added.offer.visibility)}; next: "
        f"{common.pasted('partners', 'offer', 'price', new_id)} … --reason …, then "
        f"{common.pasted('partners', 'offer', 'activate', new_id)} --reason …"
    )
    say_matched(added.matched)


def change(
    offer_id: Offer,
    field: Annotated[Field, typer.Argument(metavar="FIELD", help="What changes.")],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE", help="What it is from now on; of a day or the area also: none."
        ),
    ],
    reason: Reason,
    by: common.By,
    yes: common.Yes = False,
) -> None:
    """Change what an offer says of itself, who may see it, when and where it is open.

    FIELD is name, description, service, visibility, opens-on, closes-on or area.
    """
    changes = dict([_read(field, value)])
    with common.acting_as(by) as admin:
        seen = offer_acts.change(admin, offer_id, changes, reason, only_look=True)
        for line in _differences(seen):
            common.out.print(line)
        common.agreed("Do this?", yes)
        done = offer_acts.change(admin, offer_id, changes, reason)
    common.out.print(f"{offer_id} is changed.")
    say_matched(done.matched)


def _read(field: Field, value: str) -> tuple[str, Any]:
    """A field as it is kept, and its value."""
    match field:
        case Field.VISIBILITY:
            if value not in list(Visibility):
                names = ", ".join(Visibility)
                raise UserError(f"{value!r} is no visibility; use one of {names}")
            return "visibility", Visibility(value)
        case Field.OPENS_ON | Field.CLOSES_ON:
            return field.replace("-", "_"), None if value == NONE else common.last_day(value)
        case Field.AREA:
            return "area_code", None if value == NONE else value
        case _:
            return str(field), value


def activate(offer_id: Offer, reason: Reason, by: common.By, yes: common.Yes = False) -> None:
    """Let partners see and order a draft, from now on or from the day on which it opens."""
    _stand(offer_acts.activate, offer_id, reason, by, yes)


def pause(offer_id: Offer, reason: Reason, by: common.By, yes: common.Yes = False) -> None:
    """Stop an offer: partners see it, and cannot order it."""
    _stand(offer_acts.pause, offer_id, reason, by, yes)


def resume(offer_id: Offer, reason: Reason, by: common.By, yes: common.Yes = False) -> None:
    """Let a paused offer be ordered again."""
    _stand(offer_acts.resume, offer_id, reason, by, yes)


def retire(offer_id: Offer, reason: Reason, by: common.By, yes: common.Yes = False) -> None:
    """End an offer for good: nobody sees or orders it any more. What was ordered stands."""
    _stand(offer_acts.retire, offer_id, reason, by, yes)


def window(
    offer_id: Offer,
    tier: Annotated[str, typer.Option("--tier", help="Whose window.")],
    reason: Reason,
    by: common.By,
    visible_from: Annotated[
        str | None, typer.Option("--visible-from", metavar="DATE", help="Seen from this day on.")
    ] = None,
    orderable_from: Annotated[
        str | None,
        typer.Option(
            "--orderable-from", metavar="DATE", help="Ordered from then; default: once it is seen."
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the tier's window away.")] = False,
    yes: common.Yes = False,
) -> None:
    """Say from when a tier sees and orders an offer, whatever its early access is."""
    first = common.last_day(visible_from)
    if none == (first is not None) or (none and orderable_from is not None):
        raise UserError("say either --visible-from, with a day, or --none")
    then = common.last_day(orderable_from) or first
    with common.acting_as(by) as admin:
        if first is None or then is None:
            words = f"the window of tier {tier} is taken away"
            offer_acts.take_window(admin, offer_id, tier, reason, only_look=True)
        else:
            words = f"tier {tier} sees it from {first}, and orders it from {then}"
            days = Window(first, then)
            offer_acts.give_window(admin, offer_id, tier, days, reason, only_look=True)
        common.out.print(f"{offer_id}: {words}")
        common.agreed("Do this?", yes)
        if first is None or then is None:
            offer_acts.take_window(admin, offer_id, tier, reason)
        else:
            offer_acts.give_window(admin, offer_id, tier, Window(first, then), reason)
    common.out.print(f"{offer_id} is changed.")


Act = Callable[..., "Changed"]


def _stand(act: Act, offer_id: str, reason: str, by: str, yes: bool) -> None:
    """Show how an offer would stand, ask, and let it stand so."""
    with common.acting_as(by) as admin:
        seen = act(admin, offer_id, reason, only_look=True)
        common.out.print(f"{offer_id}: from {seen.was.status} to {seen.offer.status}{_whom(seen)}")
        common.agreed("Do this?", yes)
        done = act(admin, offer_id, reason)
    common.out.print(f"{offer_id} is {done.offer.status}.")


def _whom(seen: Changed) -> str:
    """Whom it concerns: `, for every partner`."""
    words = f", for {_seen_by(seen.offer.visibility)}"
    if seen.offer.visibility is not Visibility.PUBLIC:
        words += f"; {number_of(seen.granted, 'partner')} with a grant"
    if (opens := seen.offer.opens_on) is not None:
        words += f"; it opens on {opens}"
    return words


def _seen_by(visibility: Visibility) -> str:
    return {
        Visibility.PUBLIC: "every partner",
        Visibility.PREFERRED: "partners in tiers that are not public",
        Visibility.SELECTED: "partners with a grant",
    }[visibility]


def _differences(seen: Changed) -> list[str]:
    was, now = vars(seen.was), vars(seen.offer)
    changed = [name for name in was if was[name] != now[name]]
    return [f"{name}: {_or_none(was[name])} → {_or_none(now[name])}" for name in changed]


def _or_none(value: object) -> str:
    return str(value) if value else NONE


def say_matched(matched: tuple[Matched, ...]) -> None:
    """Which blocks in words are of an offer from now on."""
    for one in matched:
        common.out.print(
            f"The block of {one.words!r} for {one.partner_id} is of {one.offer_id} from now on."
        )
