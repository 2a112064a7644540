"""E-mail addresses: one form to send to, one to compare by, and what is wrong with one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.mail_addresses import (
    NO_AT,
    NO_DOMAIN,
    NO_FORM,
    NOT_ASCII,
    fault,
    normal,
    outgoing,
    unique,
)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ann@Example.com", "Ann@Example.com"),
        (" Info@Bücher.example ", "Info@xn--bcher-kva.example"),
        ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
        ("info@bu\u0308cher.example", "info@xn--bcher-kva.example"),  # u, then the two dots
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@例え.example", "a@xn--r8jz45g.example"),
        ("a_b@under_score.example", "a_b@under_score.example"),
    ],
)
def test_a_domain_goes_out_in_ascii_and_the_rest_as_written(written: str, sent: str) -> None:
    assert outgoing(written) == sent
    assert fault(written) is None
    assert normal(written) == normal(sent) == sent.lower()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", NO_AT),
        ("nobody", NO_AT),
        ("jörg@example.com", NOT_ASCII),
        ("jörg@bücher.example", NOT_ASCII),
        ("a@bücher..example", NO_DOMAIN),
        ("a@-ü.example", NO_DOMAIN),
        ("a@localhost", NO_FORM),
        ("a@@b.example", NO_FORM),
        ("a b@c.example", NO_FORM),
    ],
)
def test_what_is_wrong_with_an_address_is_said(address: str, why: str) -> None:
    assert fault(address) == why


def test_an_address_is_named_once_however_it_is_written() -> None:
    given_ = ["Ann@Example.com", "ann@example.com", "b@bücher.example", "B@XN--BCHER-KVA.example"]
    assert unique(given_) == ["Ann@Example.com", "b@bücher.example"]


@given(st.text(max_size=30))
def test_whatever_people_write_is_compared_in_one_form(text: str) -> None:
    assert fault(text) is not None or outgoing(text).isascii()
    assert normal(normal(text)) == normal(text)
