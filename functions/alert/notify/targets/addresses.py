"""Which addresses a notice may be sent to: the guard against requests into our own networks; pure.

What is looked at is the address that is connected to, after the name was resolved, so that neither
a name that leads inside, nor a number in another notation, nor an address wrapped in another one
gets through.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where clouds tell an instance its secrets, and what else is reached by link alone: no receiver is
# there, so these are refused even where private addresses are allowed. 169.254.0.0/16 has those of
# AWS, Azure, Google and OpenStack; the others are Azure's, Alibaba's, Oracle's and AWS' by IPv6.
_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",
        "fe80::/10",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
        "0.0.0.0/8",
        "::/128",
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1; out of use
_LOOPBACK: Final = ipaddress.IPv6Address("::1")


class RefusedAddressError(Exception):
    """A name leads to an address that notices may not be sent to; the message says which."""


def permitted(host: str, addresses: Sequence[str], *, allow_private: bool) -> str:
    """Return the address to connect to: the first, where every one of them is permitted.

    Raise RefusedAddressError otherwise: a name with an address inside and one outside is a trap.
    """
    for text in addresses:
        reason = refusal_of(text, allow_private=allow_private)
        if reason is not None:
            raise RefusedAddressError(f"{host} is at {text}, {reason}")
    if not addresses:
        raise RefusedAddressError(f"{host} has no address")
    return addresses[0]


def refusal_of(text: str, *, allow_private: bool) -> str | None:
    """Return why this address is refused, None where it is not.

    `allow_private` permits private, shared and loopback addresses; link-local and metadata
    addresses, multicast, reserved and unspecified ones never.
    """
    address = _innermost(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in _NEVER):
        return "a link-local or metadata address"
    if address.is_multicast or _is_reserved(address):
        return "an address that no single receiver has"
    if not address.is_global and not allow_private:
        return "a private address, which allow_private: true would permit"
    return None


def _innermost(address: IpAddress) -> IpAddress:
    """Return the IPv4 address that an IPv6 one stands for, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_compatible = address in _COMPATIBLE and address != _LOOPBACK and int(address) != 0
    if address in _NAT64 or is_compatible:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_reserved(address: IpAddress) -> bool:
    """Return whether nobody has it: ::1 is in a range that Python calls reserved, and is not."""
    return address.is_reserved and not address.is_loopback
