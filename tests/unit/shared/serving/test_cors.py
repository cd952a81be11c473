import pytest

from shared.serving.cors import CorsPolicy, cors_headers

APP = "https://app.example.org"
POLICY = CorsPolicy(frozenset({APP}), ("GET", "HEAD"), ("content-type",), ("link", "etag"))
PREFLIGHT = (b"access-control-request-method", b"GET")


def origin(text: str = APP) -> tuple[bytes, bytes]:
    return (b"origin", text.encode())


def test_without_origins_no_header_is_added() -> None:
    off = CorsPolicy(frozenset(), ("GET",))

    assert cors_headers(off, "GET", [origin()]) == []
    assert cors_headers(off, "OPTIONS", [origin(), PREFLIGHT]) == []


def test_a_page_of_an_allowed_origin_may_read_the_response() -> None:
    assert cors_headers(POLICY, "GET", [origin()]) == [
        ("vary", "origin"),
        ("access-control-allow-origin", APP),
        ("access-control-expose-headers", "link, etag"),
    ]


def test_a_preflight_names_what_a_page_may_do() -> None:
    assert cors_headers(POLICY, "OPTIONS", [origin(), PREFLIGHT]) == [
        ("vary", "origin"),
        ("access-control-allow-origin", APP),
        ("access-control-allow-methods", "GET, HEAD"),
        ("access-control-max-age", "600"),
        ("access-control-allow-headers", "content-type"),
    ]


def test_an_options_request_that_is_no_preflight_is_a_plain_request() -> None:
    added = dict(cors_headers(POLICY, "OPTIONS", [origin()]))

    assert "access-control-allow-methods" not in added
    assert added["access-control-allow-origin"] == APP


def test_a_policy_without_headers_names_none() -> None:
    plain = CorsPolicy(frozenset({APP}), ("POST",))

    names = {name for name, _ in cors_headers(plain, "GET", [origin()])}
    names |= {name for name, _ in cors_headers(plain, "OPTIONS", [origin(), PREFLIGHT])}

    assert names == {
        "vary", "access-control-allow-origin", "access-control-allow-methods",
        "access-control-max-age",
    }  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        [],
        [origin("null")],
        [origin("https://evil.example")],
        [origin("http://app.example.org")],
        [origin("https://app.example.org:444")],
        [origin("https://app.example.org.evil.example")],
        [origin("HTTPS://APP.EXAMPLE.ORG")],
        [origin(), origin("https://evil.example")],
        [origin("https://app.example.org, https://evil.example")],
        [(b"origin", b"\xff")],
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_any_other_origin_gets_nothing_but_the_word_for_caches(
    method: str, given: list[tuple[bytes, bytes]]
) -> None:
    assert cors_headers(POLICY, method, [*given, PREFLIGHT]) == [("vary", "origin")]


def test_credentials_and_any_origin_are_never_allowed() -> None:
    added = cors_headers(POLICY, "OPTIONS", [origin(), PREFLIGHT])

    assert "access-control-allow-credentials" not in dict(added)
    assert "*" not in dict(added).values()
