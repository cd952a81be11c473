"""Where a request carries its token."""

import base64

import pytest

from shared.auth.credential import token_in


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer a.b.c",
        "bearer a.b.c",
        "Token a.b.c",
        " BEARER   a.b.c ",
        basic("anybody:a.b.c"),
        basic(":a.b.c"),
    ],
)
def test_a_token_comes_as_bearer_token_or_the_password_of_basic(header: str) -> None:
    assert token_in(header) == "a.b.c"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Digest a.b.c",
        "a.b.c",
        "Basic !",
        "Basic é",
        "Basic",
        basic("user"),
        basic("user:"),
        f"Basic {base64.b64encode(bytes([0xFF, 0xFE])).decode()}",
    ],
)
def test_any_other_header_carries_none(header: str | None) -> None:
    assert token_in(header) is None
