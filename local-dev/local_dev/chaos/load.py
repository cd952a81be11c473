"""How do devices post while everything breaks? They try again, or do not; each answer is noted."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp

from local_dev.chaos.generated_readings import BAD, BAD_SHARE, Gateway, Said

if TYPE_CHECKING:
    from local_dev.chaos.ledger import Ledger

TIMEOUT_S = 4.0  # shorter than ingest's own: some answers come too late to be heard
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
        """Let no device say anything new, and wait until none tries again any more.

        Raises what ended the load before its time.
        """
        self._ending.set()
        self._thread.shutdown(wait=False)
        if self._running is not None:
            self._running.result(END_S)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as http, asyncio.TaskGroup() as gateways:
            for number, gateway in enumerate(self._gateways):
                chance = random.Random(f"{self._seed}/load/{number}")
                gateways.create_task(self._speak(gateway, chance, http))

    async def _speak(
        self, gateway: Gateway, chance: random.Random, http: aiohttp.ClientSession
    ) -> None:
        async with asyncio.TaskGroup() as requests:
            while not self._ending.is_set():
                readings = gateway.request(datetime.now(UTC))
                requests.create_task(self._say(readings, chance, http))
                pause_s = len(readings) / self._rps
                await asyncio.sleep(pause_s * chance.uniform(0.5, 1.5))

    async def _say(
        self, readings: list[Said], chance: random.Random, http: aiohttp.ClientSession
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
        self, readings: list[Said], chance: random.Random, http: aiohttp.ClientSession
    ) -> bool:
        """Say whether it was acknowledged. Raises AssertionError for an answer of another kind."""
        body: Any = [said.posted for said in readings]
        if chance.random() < BAD_SHARE:
            body.append(BAD)
        self._ledger.sent(readings)
        try:
            async with http.post(self._url, json=body if len(body) > 1 else body[0]) as answer:
                status, content = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            status, content = 0, b""
        if status in (0, HTTPStatus.SERVICE_UNAVAILABLE):
            self._ledger.not_acknowledged()
            return False
        assert status in (HTTPStatus.ACCEPTED, HTTPStatus.MULTI_STATUS), (status, content, body)
        answered = json.loads(content)
        for receipt in answered.get("readings", [answered | {"index": 0}]):
            self._ledger.acknowledged(readings[receipt["index"]], receipt["reading_id"])
        return True
