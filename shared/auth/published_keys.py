"""The keys that an issuer publishes (a JWKS): the last good ones stay while it is out of reach."""

import asyncio
import logging
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Final

from shared import metrics
from shared.auth.issuers import AuthFileError
from shared.auth.keys import KeySet, read_published_keys

REFRESH_EVERY_S: Final = 300.0
PAUSE_S: Final = 2.0  # between two requests to an issuer, whatever tokens come
_TIMEOUT_S: Final = 5.0
_MAX_BYTES: Final = 1_048_576
_log = logging.getLogger(__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow none: the address is the one that the file names."""


def fetch_text(url: str) -> str:
    """Return what is at an address. Raise OSError, HTTPException or ValueError where it is not."""
    opener = urllib.request.build_opener(_NoRedirects)
    with opener.open(url, timeout=_TIMEOUT_S) as response:
        content: bytes = response.read(_MAX_BYTES)
    return content.decode()


class PublishedKeys:
    """The key set at one address, fetched by one request at a time, in a thread."""

    def __init__(
        self,
        url: str,
        on_change: Callable[[], None],
        fetch: Callable[[str], str] = fetch_text,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.keys: KeySet | None = None
        self._on_change = on_change
        self._fetch = fetch
        self._clock = clock
        self._asked_at = float("-inf")
        self._is_good = False
        self._fetching: asyncio.Task[bool] | None = None

    @property
    def is_due(self) -> bool:
        """Return whether it is time to ask again; sooner where the last request failed."""
        pause = REFRESH_EVERY_S if self._is_good else PAUSE_S
        return self._clock() >= self._asked_at + pause

    async def refresh(self) -> bool:
        """Ask the issuer, at most each two seconds; return whether its keys are the ones here.

        Who comes meanwhile waits for the same request. After one that failed nobody waits.
        """
        if self._fetching is None:
            if not self._is_good and not self.is_due:
                return False
            self._fetching = asyncio.create_task(self._ask())
        return await asyncio.shield(self._fetching)

    async def close(self) -> None:
        """Give up a request that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    async def _ask(self) -> bool:
        try:
            await asyncio.sleep(max(0.0, self._asked_at + PAUSE_S - self._clock()))
            self._asked_at = self._clock()
            self._is_good = await self._fetched()
            return self._is_good
        finally:
            self._fetching = None

    async def _fetched(self) -> bool:
        try:
            async with asyncio.timeout(2 * _TIMEOUT_S):
                text = await asyncio.to_thread(self._fetch, self.url)
            keys = read_published_keys(text)
        except (OSError, HTTPException, ValueError, AuthFileError) as error:
            metrics.key_fetch_errors.inc()
            _log.warning("keys not fetched", extra={"url": self.url, "reason": str(error)})
            return False
        if self.keys is None or self.keys.by_id.keys() != keys.by_id.keys():
            _log.info("keys fetched", extra={"url": self.url, "keys": sorted(keys.by_id)})
        self.keys = keys
        self._on_change()
        return True
