"""How far the stories of who holds an exclusive have come, read from the demo's database."""

from __future__ import annotations

from partners.demo.exclusive_stories import HOLDER_STORIES, HolderStory
from partners.demo.scene import Scene
from partners.demo.stories import Ending
from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.number_words import number_of
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.time.calendar import Month
from partners.use_cases.acting import Viewer
from partners.use_cases.local.demo_progress import ExclusiveSoFar, Mail, Sold, exclusives_so_far


def holder_scenes(by: Viewer) -> list[Scene]:
    """The scene of everybody who holds an exclusive, in the order of the stories."""
    so_far = exclusives_so_far(by, [story.exclusive_id for story in HOLDER_STORIES])
    return [_scene(*one) for one in zip(HOLDER_STORIES, so_far, strict=True)]


def _scene(story: HolderStory, so_far: ExclusiveSoFar) -> Scene:
    ending = _ending(so_far)
    return Scene(
        story=story,
        status=_status(so_far),
        numbers=_numbers(so_far.sold),
        deadline=so_far.cure_until,
        notice=_notice(so_far.mails[-1]) if so_far.mails else "",
        notices=len(so_far.mails),
        ending=ending,
        why=f"{_numbers(so_far.sold)}; {_why(ending, so_far)}" if ending else "",
    )


def _status(so_far: ExclusiveSoFar) -> str:
    match so_far.status:
        case ExclusiveStatus.PROPOSED:
            return "exclusive: waits for a signature"
        case ExclusiveStatus.ANNOUNCED:
            return f"exclusive from {so_far.first_day:%-d %b}"
        case ExclusiveStatus.ACTIVE if so_far.is_warned:
            return "exclusive, but warned"
        case ExclusiveStatus.ACTIVE:
            return f"exclusive since {so_far.first_day:%-d %b}"
        case _:
            return "no longer exclusive"


def _numbers(sold: Sold | None) -> str:
    """`1 order in October, 4 required`; blank before a month was looked at."""
    if sold is None:
        return ""
    month = Month.from_number(sold.month).first_day
    return f"{number_of(sold.placed, 'order')} in {month:%B}, {sold.required} required"


def _ending(so_far: ExclusiveSoFar) -> Ending | None:
    """How it ended; None while it goes on, or while the holder is still to be told of it."""
    if so_far.status is ExclusiveStatus.NON_EXCLUSIVE:
        return Ending.LOST if NewsEvent.ENDED in so_far.known_events else None
    return Ending.KEPT if NewsEvent.CURED in so_far.known_events else None


def _why(ending: Ending, so_far: ExclusiveSoFar) -> str:
    if ending is Ending.KEPT:
        return f"made up for by {so_far.since:%-d %b}"
    return f"not made up for by {so_far.cure_until:%-d %b}"


def _notice(message: Mail) -> str:
    failed = "" if message.state == "accepted" else f" ({message.state})"
    return f"{message.kind.replace('_', ' ')}{failed}, {message.rendered_at:%-d %b}"
