"""What the topics of optional mail are called on partners' pages."""

from __future__ import annotations

from partners.domain.mail.topics import Topic
from partners.mail.words.catalogues import N_

TOPICS: dict[Topic, tuple[str, str]] = {
    Topic.NEWSLETTER: (N_("Newsletter"), N_("News of the program, now and then.")),
    Topic.SCORECARD: (N_("Scorecards"), N_("How your figures compare with the standards.")),
    Topic.PROMOTIONS: (N_("Offers"), N_("Special prices and campaigns.")),
    Topic.ANNOUNCEMENTS: (N_("Announcements"), N_("New products, services and dates.")),
    Topic.REFERRAL_DIGEST: (
        N_("Referral digests"),
        N_("What became of the leads you referred."),
    ),
}
"""Each topic's label, and what it is about."""

ALL_TOPICS = N_("everything optional")
