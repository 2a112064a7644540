"""Messages for the timeline: subjects without names and addresses, and where each can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from activities.services import Services
from partners.domain.mail.view import Mailed
from partners.domain.time.calendar import ProgramCalendar
from partners.mail.words.plain import NAME_LENGTH, one_line
from partners.store.mail.mailed import Message

MOST = 15
"""Messages that a timeline lists: the latest. `partners mail list` has all of them."""
SUBJECT_LENGTH = 150
_ADDRESS = re.compile(r"\S+@\S+")


def listed(
    found: Sequence[Message],
    names: Mapping[str, str],
    calendar: ProgramCalendar,
    services: Services,
    most: int = MOST,
) -> tuple[Mailed, ...]:
    """The latest of the messages. `names`: what stands in a subject for each name (rule 18)."""
    return tuple(
        Mailed(
            number=message.number,
            on=calendar.day_of(message.at),
            subject=one_line(without_names(message.subject, names), SUBJECT_LENGTH),
            state=message.state,
            to_staff=message.kind.to_staff,
            link=f"{services.desk}/{message.number}" if services.desk else "",
        )
        for message in found[-most:]
    )


def without_names(text: str, names: Mapping[str, str]) -> str:
    """The text with something else in place of each name, and of whatever looks like an address.

    A name is replaced as mails write it: on one line, perhaps cut.
    """
    for name, instead in names.items():
        for form in filter(None, (name.strip(), one_line(name), one_line(name, NAME_LENGTH))):
            whole = re.compile(rf"(?<!\w){re.escape(form)}(?!\w)", re.IGNORECASE)
            text = instead.join(whole.split(text))
        text = text.replace(f"{instead} ({instead})", instead)
    return _ADDRESS.sub("…", text)
