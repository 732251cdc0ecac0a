"""Whose address a request counts for, also behind load balancers.

Anybody may write a header that names addresses. What is believed is what a trusted proxy added:
read from the right, the first address that is not a trusted proxy's own is the caller's. Only
the one header is read that the proxies write: the other would come through as the caller sent it.
"""

from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from aiohttp import web

Network = IPv4Network | IPv6Network
UNKNOWN: Final = "unknown"
_HOUSEHOLD: Final = 64
"""Bits of an IPv6 address that name a network: whoever has one has all addresses in it."""


class Callers:
    """Names callers by their address; those of one IPv6 network by that network."""

    def __init__(self, trusted: Iterable[Network], header: str) -> None:
        """`header` is X-Forwarded-For, or Forwarded (RFC 7239)."""
        self._trusted = tuple(trusted)
        self._header = header

    def caller_of(self, request: web.Request) -> str:
        """The caller's address; the last proxy's where it does not say."""
        caller = _address(request.remote)
        if caller is None:
            return UNKNOWN
        told = self._told(request)
        while self._is_trusted(caller):
            further = _address(next(told, None))
            if further is None:
                break
            caller = further
        return _name(caller)

    def _is_trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)

    def _told(self, request: web.Request) -> Iterator[str | None]:
        """What the header names, the newest first."""
        if self._header == "Forwarded":
            return (hop.get("for") for hop in reversed(request.forwarded))
        whole = ",".join(request.headers.getall(self._header, ()))
        return reversed(whole.split(","))


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    """An address, with or without its port; None where it is none."""
    bare = (text or "").strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _name(address: IPv4Address | IPv6Address) -> str:
    if address.version == 4:  # noqa: PLR2004 - the number that the protocol goes by
        return str(address)
    return str(ip_network((address, _HOUSEHOLD), strict=False))
