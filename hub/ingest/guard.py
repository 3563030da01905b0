"""Where a feed's URL may lead: a name is resolved once, judged, and its address is then pinned.

A feed URL is configuration, but what its name resolves to is somebody else's: without this, a
name could lead the hub to its own database or to a cloud's metadata address (SSRF, rebinding).
Where a peer asks to be called back is a stranger's word altogether.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from hub.errors import FeedStopped, RetryLater

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = IPv6Network("64:ff9b::/96")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver. Raises OSError."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


async def pinned(host: str, port: int, *, allow_private: bool, resolver: Resolve = resolve) -> str:
    """The one address to connect to for `host`.

    One forbidden address among several is enough to refuse: which one is used would be chance.
    Raises RetryLater when the name cannot be resolved now, FeedStopped when it may not be reached.
    """
    try:
        addresses = await resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise RetryLater(f"The host {host!r} cannot be resolved.") from error
    if not addresses:
        raise RetryLater(f"The host {host!r} has no address.")
    for text in addresses:
        if why := forbidden(ip_address(text.partition("%")[0]), allow_private=allow_private):
            raise FeedStopped(
                f"The host {host!r} leads to {text}, {why}.",
                hint="Set allow_private = true on this feed if that is meant.",
            )
    return addresses[0]


async def callback_address(
    host: str,
    port: int,
    *,
    caller: str,
    hosts: tuple[str, ...],
    allow_private: bool,
) -> str:
    """The address to connect to where a peer, calling from `caller`, asks to be called back.

    `host` is a stranger's word: it must be one of `hosts` (addresses, networks, names) or, without
    any, the caller's own address; a name that is not listed is not even resolved. What is left is
    judged as `pinned` does, with the same errors.
    """
    try:
        address = ip_address(host)
    except ValueError:
        listed = host.lower() in {known.lower() for known in hosts}
    else:
        listed = any(address in network for network in _networks(hosts or (caller,)))
    if not listed:
        what = "none of the hosts listed for it" if hosts else f"not where it calls from, {caller}"
        raise FeedStopped(
            f"The peer asks to be called at {host!r}, which is {what}.",
            hint="List the host in the feed's options if that is meant.",
        )
    return await pinned(host, port, allow_private=allow_private)


def _networks(hosts: tuple[str, ...]) -> Iterator[IPv4Network | IPv6Network]:
    """Those of the hosts that are addresses or networks; an IPv4 address in IPv6 form is one."""
    for host in hosts:
        try:
            yield ip_network(host.lower().removeprefix("::ffff:"))
        except ValueError:
            continue  # a name


def forbidden(address: Address, *, allow_private: bool = False) -> str | None:
    """Why an address may not be reached, in words; None if it may."""
    if address.is_multicast or address.is_unspecified:
        return "which is no address of a host"
    if allow_private:
        return None
    inner = _embedded(address)
    if inner is not None and not inner.is_global:
        return "which hides a private address"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return "an IPv4 address in IPv6 form"
    return None if address.is_global else "a private or local address"


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 one that a gateway would unwrap."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
