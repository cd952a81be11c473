"""What delivers events to a function as KafkaSource does: again, until each is acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Self

import httpx

from shared.readings.reading_event import Record
from tests.support.plain_http import NO_TLS
from tests.support.readings import request_headers

_AGAIN_S: Final = 0.2
_AT_ONCE: Final = 32
_TIMEOUT_S: Final = 30.0


@dataclass(slots=True)
class Deliveries:
    """Delivers to the instances at these URLs in turn."""

    urls: Sequence[str]
    refused: int = 0  # 503: to be delivered again
    lost: int = 0  # no response: a process that was killed
    acknowledged: int = 0
    slowest_s: float = 0.0
    _turn: int = 0
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=_AT_ONCE)
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, limits=limits, verify=NO_TLS)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._client is not None
        await self._client.aclose()

    async def deliver(self, records: Sequence[Record]) -> None:
        """Return when every record is acknowledged."""
        await asyncio.gather(*(self._deliver(record) for record in records))

    async def _deliver(self, record: Record) -> None:
        began = asyncio.get_running_loop().time()
        while not await self._attempt(record):  # noqa: ASYNC110 - as KafkaSource: after a pause
            await asyncio.sleep(_AGAIN_S)
        self.acknowledged += 1
        self.slowest_s = max(self.slowest_s, asyncio.get_running_loop().time() - began)

    async def _attempt(self, record: Record) -> bool:
        assert self._client is not None
        self._turn += 1
        url = self.urls[self._turn % len(self.urls)]
        async with self._places:
            try:
                response = await self._client.post(
                    url, headers=request_headers(record), content=record.value
                )
            except httpx.TransportError:
                self.lost += 1
                return False
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.refused += 1
            return False
        assert response.status_code == HTTPStatus.NO_CONTENT, response.text
        return True
