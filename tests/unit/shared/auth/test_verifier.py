"""The verifier of a process: what it remembers, and how it follows its files and issuers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from shared import metrics
from shared.auth import published_keys
from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted, Refusal
from shared.auth.verifier import Verifier
from shared.outcomes import TemporaryError
from tests.support.credentials import T0, SigningKey, auth_folder, key_set

OLD, NEW = SigningKey("old"), SigningKey("new")
URL = "https://login.example.org/keys"
PEOPLE = {"name": "people", "jwks_url": URL, "scopes": ["read"]}


def devices(*keys: SigningKey) -> dict[str, Any]:
    return {"name": "devices", "keys": list(keys), "scopes": ["ingest"]}


def verifier_on(file: Path, fetch: Callable[[str], str] = lambda _url: "") -> Verifier:
    return Verifier(file, now=lambda: T0, fetch=fetch, look_every_s=0.001)


def during(verifier: Verifier, does: Callable[[], Awaitable[None]]) -> None:
    """Run something while the verifier is open."""

    async def living() -> None:
        await verifier.open()
        try:
            async with asyncio.timeout(10):
                await does()
        finally:
            await verifier.close()

    asyncio.run(living())


def outcome_of(verifier: Verifier, token: str | None) -> Principal | Refusal:
    return asyncio.run(outcome(verifier, token))


async def outcome(verifier: Verifier, token: str | None) -> Principal | Refusal:
    try:
        return await verifier.principal_of(token)
    except NotTrusted as refused:
        return refused.refusal


async def until(verifier: Verifier, token: str, refusal: Refusal | None) -> None:
    while True:
        seen = await outcome(verifier, token)
        if (seen if isinstance(seen, Refusal) else None) == refusal:
            return
        await asyncio.sleep(0.001)


async def until_told(caplog: pytest.LogCaptureFixture, words: str) -> None:
    while words not in caplog.text:  # noqa: ASYNC110 - a log has no event to wait for
        await asyncio.sleep(0.001)


def test_a_chatty_device_pays_for_one_signature(tmp_path: Path) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))
    token = OLD.token()

    first, second = outcome_of(verifier, token), outcome_of(verifier, token)

    assert isinstance(first, Principal)
    assert first is second


def test_a_request_without_a_token_proves_nothing(tmp_path: Path) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))

    assert outcome_of(verifier, None) == Refusal.MISSING


def test_refusals_are_counted_by_reason(tmp_path: Path) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))
    before = metrics.credentials_refused.labels("unknown_key")._value.get()

    outcome_of(verifier, NEW.token())

    assert metrics.credentials_refused.labels("unknown_key")._value.get() == before + 1


def test_a_revoked_token_is_refused_when_the_list_changes(tmp_path: Path) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))
    token = OLD.token()

    async def revoked() -> None:
        await until(verifier, token, None)
        (tmp_path / "revoked.txt").write_text("t-1")
        await until(verifier, token, Refusal.REVOKED)

    during(verifier, revoked)


def test_a_wrong_file_leaves_the_last_good_one_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))

    async def broken_then_right() -> None:
        (tmp_path / "devices.jwks").write_text("{")
        await until_told(caplog, "wrong file")
        await asyncio.sleep(0.02)
        await until(verifier, OLD.token(), None)
        (tmp_path / "devices.jwks").write_text(key_set(NEW))
        await until(verifier, NEW.token(), None)

    during(verifier, broken_then_right)

    told = [one for one in caplog.records if one.message.startswith("wrong file")]
    assert len(told) == 1


def test_keys_are_rotated_under_load_without_a_refusal(tmp_path: Path) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))
    refused: list[Principal | Refusal] = []

    async def load(token: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            seen = await outcome(verifier, token)
            refused.extend([seen] if isinstance(seen, Refusal) else [])
            await asyncio.sleep(0)

    async def rotated() -> None:
        stop = asyncio.Event()
        old = asyncio.create_task(load(OLD.token(), stop))
        (tmp_path / "devices.jwks").write_text(key_set(NEW, OLD))
        await until(verifier, NEW.token(), None)
        new = asyncio.create_task(load(NEW.token(), stop))
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(old, new)
        (tmp_path / "devices.jwks").write_text(key_set(NEW))
        await until(verifier, OLD.token(), Refusal.UNKNOWN_KEY)

    during(verifier, rotated)

    assert refused == []


def test_published_keys_are_fetched_when_it_opens(tmp_path: Path) -> None:
    verifier = verifier_on(auth_folder(tmp_path, [PEOPLE]), lambda _url: key_set(OLD))

    async def proved() -> None:
        await until(verifier, OLD.token(), None)

    during(verifier, proved)


def test_a_new_key_of_an_issuer_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may publish a key and sign with it at once: no token of it is refused."""
    monkeypatch.setattr(published_keys, "PAUSE_S", 0.0)
    current = [OLD]
    verifier = verifier_on(auth_folder(tmp_path, [PEOPLE]), lambda _url: key_set(*current))

    async def rotated() -> None:
        await until(verifier, OLD.token(), None)
        current.append(NEW)
        assert isinstance(await outcome(verifier, NEW.token()), Principal)
        unknown = SigningKey("unknown").token()
        assert await outcome(verifier, unknown) == Refusal.UNKNOWN_KEY

    during(verifier, rotated)


def test_while_an_issuer_is_away_its_last_good_keys_count(tmp_path: Path) -> None:
    answers = [key_set(OLD)]

    def fetch(_url: str) -> str:
        return answers.pop()  # of which there is one

    verifier = verifier_on(auth_folder(tmp_path, [PEOPLE]), _away_after(fetch))

    async def kept() -> None:
        await until(verifier, OLD.token(), None)
        verifier._published[URL]._asked_at = float("-inf")
        with pytest.raises(TemporaryError, match="fetch_keys: the keys of people are out of reach"):
            await verifier.principal_of(NEW.token())
        assert isinstance(await outcome(verifier, OLD.token()), Principal)

    during(verifier, kept)


def test_without_any_keys_it_is_for_the_caller_to_try_again(tmp_path: Path) -> None:
    def fetch(_url: str) -> str:
        raise ConnectionRefusedError("nobody listens")

    verifier = verifier_on(auth_folder(tmp_path, [PEOPLE]), fetch)

    with pytest.raises(TemporaryError, match="out of reach"):
        asyncio.run(verifier.principal_of(OLD.token()))


def test_it_can_be_closed_without_having_been_opened(tmp_path: Path) -> None:
    asyncio.run(verifier_on(auth_folder(tmp_path, [devices(OLD)])).close())


def test_no_token_reaches_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    verifier = verifier_on(auth_folder(tmp_path, [devices(OLD)]))
    tokens = [OLD.token(), NEW.token(), OLD.token(exp=1), "secret-without-form"]

    async def used() -> None:
        for token in tokens:
            await outcome(verifier, token)

    during(verifier, used)

    assert [token for token in tokens if token in caplog.text] == []


def _away_after(fetch: Callable[[str], str]) -> Callable[[str], str]:
    def fetched(url: str) -> str:
        try:
            return fetch(url)
        except IndexError:
            raise ConnectionRefusedError("nobody listens") from None

    return fetched
