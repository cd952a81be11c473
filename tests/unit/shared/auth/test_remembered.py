"""Tokens that were verified a moment ago."""

from shared.auth.devices import Devices
from shared.auth.principal import Principal
from shared.auth.remembered import MAX_REMEMBERED, REMEMBERED_S, RememberedTokens

CALLER = Principal(
    issuer="devices",
    subject="",
    scopes=frozenset(),
    devices=Devices(),
    bounds=None,
    revoked=Devices(),
    token_id="",
    issued_at=0.0,
    expires_at=1_000.0,
)


def remember_many(tokens: RememberedTokens, many: int) -> None:
    for number in range(many):
        tokens.add(str(number), CALLER, 0.0)


def test_a_token_is_remembered_for_a_while() -> None:
    tokens = RememberedTokens()

    tokens.add("a", CALLER, 0.0)

    assert tokens.find("a", REMEMBERED_S - 1) is CALLER
    assert tokens.find("b", 0.0) is None
    assert tokens.find("a", REMEMBERED_S) is None
    assert len(tokens) == 0


def test_a_token_is_forgotten_when_it_expires() -> None:
    tokens = RememberedTokens()

    tokens.add("a", CALLER, 999.0)

    assert tokens.find("a", 999.5) is CALLER
    assert tokens.find("a", 1_000.0) is None


def test_many_tokens_take_no_more_room_than_four_thousand() -> None:
    tokens = RememberedTokens()

    remember_many(tokens, 3 * MAX_REMEMBERED)

    assert len(tokens) == MAX_REMEMBERED


def test_the_one_that_was_not_used_for_longest_goes_first() -> None:
    tokens = RememberedTokens(most=2)
    tokens.add("a", CALLER, 0.0)
    tokens.add("b", CALLER, 0.0)

    tokens.find("a", 0.0)
    tokens.add("c", CALLER, 0.0)

    assert [tokens.find(one, 0.0) for one in ("a", "b", "c")] == [CALLER, None, CALLER]


def test_all_can_be_forgotten() -> None:
    tokens = RememberedTokens()
    tokens.add("a", CALLER, 0.0)

    tokens.forget()

    assert tokens.find("a", 0.0) is None
