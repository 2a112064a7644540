"""Requests to the outside do not lead inside the network, whatever a name server says."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from partners.addresses import Inside, Resolver, is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"),  # 10.0.0.1, in other words
    ],
)
def test_addresses_inside_the_network_are_not_public(address: str) -> None:
    assert not is_public(address)


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr("partners.addresses.socket.getaddrinfo", look_up)


def checked(inside: bool = False) -> str:
    resolver = Resolver()
    try:
        return asyncio.run(resolver.checked("crm.example.com", 443, inside))
    finally:
        resolver.close()


def test_of_a_names_addresses_a_public_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "10.0.0.1", "8.8.8.8")
    assert checked() == "8.8.8.8"


def test_a_name_that_leads_inside_is_refused_unless_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(monkeypatch, "169.254.169.254", "10.0.0.1")
    with pytest.raises(Inside):
        checked()
    assert checked(inside=True) == "169.254.169.254"
