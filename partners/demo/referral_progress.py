"""How far the stories of partners who refer have come, read from the demo's database."""

from __future__ import annotations

from datetime import UTC

from partners.demo.referring import REFERRAL_STORIES, ReferralStory
from partners.demo.scene import Scene
from partners.demo.stories import Ending
from partners.domain.number_words import number_of
from partners.store.referrals.referrals import amount_words
from partners.use_cases.acting import Viewer
from partners.use_cases.local.demo_progress import Mail, ReferrerSoFar, referrers_so_far


def referral_scenes(by: Viewer, currency: str) -> list[Scene]:
    """Every referral partner's scene, in the order of the stories."""
    so_far = referrers_so_far(by, [story.partner_id for story in REFERRAL_STORIES], currency)
    return [_scene(*one, currency) for one in zip(REFERRAL_STORIES, so_far, strict=True)]


def _scene(story: ReferralStory, so_far: ReferrerSoFar, currency: str) -> Scene:
    bought = number_of(so_far.purchases, "purchase")
    numbers = f"{bought}, earned {amount_words(so_far.earned, currency)}"
    status = f"a reseller: {so_far.tier}" if so_far.tier else f"refers: {bought} so far"
    ending = _ending(so_far.told)
    return Scene(
        story=story,
        status=f"{status}, one refunded" if ending is Ending.REFUNDED else status,
        numbers=numbers,
        deadline=None,
        notice=_notice(so_far.mails[-1]) if so_far.mails else "",
        notices=len(so_far.mails),
        ending=ending,
        why=numbers if ending else "",
    )


def _ending(told: frozenset[str]) -> Ending | None:
    if "entered" in told:
        return Ending.REFUNDED if {"refunded", "referral_staff"} <= told else Ending.QUALIFIED
    return Ending.STAYS if "window_ended" in told else None


def _notice(message: Mail) -> str:
    return f"{message.kind.replace('_', ' ')}, {message.rendered_at.astimezone(UTC):%-d %b}"
