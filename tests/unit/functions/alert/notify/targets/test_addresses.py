"""Which addresses a notice may be sent to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alert.notify.targets.addresses import (
    RefusedAddressError,
    permitted,
    refusal_of,
)

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "8.8.8.8"]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "127.1.2.3",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "2002:0a00:0001::",
    "64:ff9b::a00:1",
    "::10.0.0.1",
    "2001:0:1:1:1:1:f5ff:fffe",
]
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address: str) -> None:
    assert refusal_of(address, allow_private=False) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_in_whatever_form_is_refused_unless_it_is_allowed(address: str) -> None:
    refusal = refusal_of(address, allow_private=False)

    assert refusal == "a private address, which allow_private: true would permit"
    assert refusal_of(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("allow_private", [False, True])
def test_link_local_metadata_and_no_address_are_refused_always(
    address: str, *, allow_private: bool
) -> None:
    assert refusal_of(address, allow_private=allow_private) is not None


def test_a_name_with_one_refused_address_is_refused_whole() -> None:
    with pytest.raises(RefusedAddressError, match=r"trap\.example is at 10\.0\.0\.1, a private"):
        permitted("trap.example", ["93.184.216.34", "10.0.0.1"], allow_private=False)


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(RefusedAddressError, match="nowhere has no address"):
        permitted("nowhere", [], allow_private=True)


def test_the_first_address_is_connected_to() -> None:
    assert permitted("example.org", PUBLIC, allow_private=False) == PUBLIC[0]


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_wrapped_in_an_ipv6_one_is_what_it_was(
    address: ipaddress.IPv4Address,
) -> None:
    plain = refusal_of(str(address), allow_private=False)

    assert refusal_of(f"::ffff:{address}", allow_private=False) == plain
    assert refusal_of(f"64:ff9b::{address}", allow_private=False) == plain


@given(st.ip_addresses())
def test_nothing_but_global_addresses_is_permitted_by_default(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    is_permitted = refusal_of(str(address), allow_private=False) is None

    assert not is_permitted or address.is_global or address.version == 6
