"""Devices that post while parts fail: they try again, or do not, and each response is recorded."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from tests.chaos.generated_readings import BAD, BAD_SHARE, Gateway, GeneratedReading
from tests.support.plain_http import NO_TLS

if TYPE_CHECKING:
    from tests.chaos.ledger import Ledger

TIMEOUT_S = 4.0  # shorter than ingest's own: some responses come too late
TRIES = 8
TRY_AGAIN_SHARE = 0.85
SENT_TWICE_SHARE = 0.08
MOST_WAIT_S = 2.0
END_S = 60.0


class Load:
    """Gateways that post to ingest, in a thread of their own."""

    def __init__(
        self, ingest: str, ledger: Ledger, gateways: list[Gateway], rps: float, seed: int
    ) -> None:
        """`rps` is readings a second of each gateway; `ingest` is its base URL."""
        self._url = f"{ingest}/ingest"
        self._ledger = ledger
        self._gateways = gateways
        self._rps = rps
        self._seed = seed
        self._ending = threading.Event()
        self._thread = ThreadPoolExecutor(1, "load")
        self._running: Future[None] | None = None

    def start(self) -> None:
        self._running = self._thread.submit(lambda: asyncio.run(self._run()))

    def end(self) -> None:
        """Post nothing new, and wait until no device tries again.

        Raise what ended the load before its time.
        """
        self._ending.set()
        self._thread.shutdown(wait=False)
        if self._running is not None:
            self._running.result(END_S)

    async def _run(self) -> None:
        async with _client() as http, asyncio.TaskGroup() as gateways:
            for number, gateway in enumerate(self._gateways):
                chance = random.Random(f"{self._seed}/load/{number}")
                gateways.create_task(self._post_regularly(gateway, chance, http))

    async def _post_regularly(
        self, gateway: Gateway, chance: random.Random, http: httpx.AsyncClient
    ) -> None:
        async with asyncio.TaskGroup() as requests:
            while not self._ending.is_set():
                readings = gateway.request(datetime.now(UTC))
                requests.create_task(self._post_persistently(readings, chance, http))
                pause_s = len(readings) / self._rps
                await asyncio.sleep(pause_s * chance.uniform(0.5, 1.5))

    async def _post_persistently(
        self, readings: list[GeneratedReading], chance: random.Random, http: httpx.AsyncClient
    ) -> None:
        """Post until it is acknowledged or given up; now and then once more after that."""
        for _ in range(TRIES):
            if await self._post(readings, chance, http):
                if chance.random() < SENT_TWICE_SHARE:
                    await self._post(readings, chance, http)
                return
            if chance.random() > TRY_AGAIN_SHARE:
                return
            await asyncio.sleep(chance.uniform(0.1, MOST_WAIT_S))

    async def _post(
        self, readings: list[GeneratedReading], chance: random.Random, http: httpx.AsyncClient
    ) -> bool:
        """Return whether it was acknowledged. Raise AssertionError for any unexpected response."""
        body: Any = [reading.posted for reading in readings]
        if chance.random() < BAD_SHARE:
            body.append(BAD)
        self._ledger.posted(readings)
        response = await self._response_to(body if len(body) > 1 else body[0], http)
        if response is None or response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self._ledger.not_acknowledged()
            return False
        is_expected = response.status_code in (HTTPStatus.ACCEPTED, HTTPStatus.MULTI_STATUS)
        assert is_expected, (response, response.content, body)
        content = response.json()
        for receipt in content.get("readings", [content | {"index": 0}]):
            self._ledger.acknowledged(readings[receipt["index"]], receipt["reading_id"])
        return True

    async def _response_to(self, body: object, http: httpx.AsyncClient) -> httpx.Response | None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await http.post(self._url, json=body)
        except (httpx.TransportError, TimeoutError):
            return None


def _client() -> httpx.AsyncClient:
    """Return a client without a proxy or a limit on connections."""
    return httpx.AsyncClient(
        timeout=TIMEOUT_S, limits=httpx.Limits(), trust_env=False, verify=NO_TLS
    )
