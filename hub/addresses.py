"""Whose a remote address is: what is bounded per address must not be had 2^64 times over IPv6."""

import ipaddress

_PREFIX = 64
"""Bits of an IPv6 address that one network has to itself (RFC 4291, 2.5.4)."""


def network_of(host: str) -> str:
    """An IPv4 address itself, of an IPv6 address its network; what is none of them as it is."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(address), _PREFIX), strict=False))
        address = address.ipv4_mapped
    return str(address)
