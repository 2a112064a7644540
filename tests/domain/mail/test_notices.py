"""The kinds of notice: who gets them, which of them start a clock, and what is tried again."""

from __future__ import annotations

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending


def test_rule_01_only_a_warning_and_a_final_notice_start_a_clock() -> None:
    starting = {kind for kind in NoticeKind if kind.starts_clock}
    assert starting == {NoticeKind.WARNING, NoticeKind.FINAL_NOTICE}


def test_what_is_for_staff_never_goes_to_a_partner() -> None:
    assert {kind for kind in NoticeKind if kind.to_staff} == {
        NoticeKind.ON_HOLD,
        NoticeKind.RELAPSE,
        NoticeKind.GUARD,
        NoticeKind.POLICY_PUBLISHED,
        NoticeKind.REFERRAL_STAFF,
        NoticeKind.LEAD_SALES,
        NoticeKind.AUDIT,
        NoticeKind.INBOX_DIGEST,
        NoticeKind.PRICES_TOLD,
        NoticeKind.EXCLUSIVE_RENEWAL,
    }


def test_a_message_that_was_stopped_put_off_or_of_unknown_fate_is_looked_at_again() -> None:
    again = {sending for sending in Sending if sending.is_open}
    assert again == {Sending.STOPPED, Sending.PUT_OFF, Sending.UNKNOWN}
