"""The cookie by which a browser carries its token."""

import pytest

from functions.dashboard.access.session_cookie import (
    SESSION,
    cookie_that_ends,
    cookie_with,
    token_of,
)

BOTH = {SESSION.secure: "secure", SESSION.on_loopback: "loopback"}


@pytest.mark.parametrize("host", ["dashboard.example.org", "localhost.example.org", "", "10.0.0.7"])
def test_a_cookie_is_of_this_host_alone_and_never_sent_in_the_clear(host: str) -> None:
    assert cookie_with("t", host, 60.5) == (
        "__Host-session=t; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
    )


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8002", "127.0.0.1:8002", "[::1]:8002"])
def test_on_loopback_it_has_another_name_since_there_is_no_tls(host: str) -> None:
    assert cookie_with("t", host, 60) == (
        "session-on-loopback=t; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"
    )


def test_by_that_name_nothing_counts_for_any_other_host() -> None:
    """Whoever can set cookies for a domain could otherwise set one there."""
    assert token_of({SESSION.on_loopback: "planted"}, "dashboard.example.org") is None
    assert token_of(BOTH, "dashboard.example.org") == "secure"
    assert token_of(BOTH, "localhost:8002") == "loopback"


def test_a_session_lasts_eight_hours_at_most() -> None:
    assert "Max-Age=28800;" in cookie_with("t", "h", 1e9)


def test_a_session_can_be_ended() -> None:
    assert cookie_that_ends("h").startswith("__Host-session=; Path=/; Max-Age=0;")
