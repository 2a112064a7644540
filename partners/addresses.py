"""Which addresses a request that others may have set up can lead to: not to those inside the
network, such as a cloud's metadata or the database, unless that was allowed."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from partners.errors import PartnersError

_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class Inside(PartnersError):
    """Every address of a host is inside the network."""


class Resolver:
    """Looks names up on threads of its own: a name server that does not answer holds up nothing
    else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(4, "resolve")

    async def checked(self, host: str, port: int, inside: bool) -> str:
        """An address to connect to; with `inside` any. Raises Inside, or OSError for no such host.

        Whoever connects to it, and not to the name, cannot be led elsewhere by a second answer.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [a for a in addresses if inside or is_public(a)]
        if not allowed:
            raise Inside("its address is inside the network")
        return allowed[0]

    def close(self) -> None:
        self._threads.shutdown(wait=False)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also by what it stands for."""
    given: Address = ip_address(address.partition("%")[0])
    return all(a.is_global and not a.is_multicast for a in (given, *_embedded(given)))


def _embedded(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return []
    found: list[Address] = [a for a in (address.ipv4_mapped, address.sixtofour) if a is not None]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return found
