"""The verifier of a process: files and published keys kept up to date, tokens remembered."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared import metrics
from shared.auth.decoy import Decoy
from shared.auth.files import AuthFiles, read_files
from shared.auth.issuers import AuthFileError, Issuer
from shared.auth.keys import KeySet
from shared.auth.principal import Principal
from shared.auth.published_keys import PublishedKeys, fetch_text
from shared.auth.refusal import NotTrusted, Refusal
from shared.auth.remembered import RememberedTokens
from shared.auth.verification import KeyNotHere, Trust, TrustedIssuer, verified
from shared.outcomes import Reason, TemporaryError

LOOK_EVERY_S: Final = 5.0  # a ConfigMap takes up to a minute to reach a pod; this comes on top
_log = logging.getLogger(__name__)


class Verifier:
    """Tells who calls by a token; opened once in a process, and closed."""

    def __init__(
        self,
        file: Path,
        now: Callable[[], float] = time.time,
        fetch: Callable[[str], str] = fetch_text,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Read the files. Raise AuthFileError where they are wrong."""
        self._file = file
        self._now = now
        self._fetch = fetch
        self._look_every_s = look_every_s
        self._last_error = ""
        self._remembered = RememberedTokens()
        self._published: dict[str, PublishedKeys] = {}
        self._watching: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[bool]] = set()
        self._use(read_files(file))

    async def open(self) -> None:
        """Begin to watch the files and to fetch what issuers publish."""
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End it."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        for published in self._published.values():
            await published.close()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def principal_of(self, token: str | None) -> Principal:
        """Return who calls.

        Raise NotTrusted for a token that proves nothing, and for none; TemporaryError where the
        keys of its issuer have not been published within reach.
        """
        try:
            return await self._principal_of(token)
        except NotTrusted as refused:
            metrics.credentials_refused.labels(refused.refusal).inc()
            raise

    async def _principal_of(self, token: str | None) -> Principal:
        now = self._now()
        if token is None:
            raise NotTrusted(Refusal.MISSING)
        known = self._remembered.find(token, now)
        if known is not None:
            return known
        try:
            principal = verified(token, self._trust, now)
        except KeyNotHere as missing:
            principal = await self._with_newer_keys(token, missing.issuer)
        self._remembered.add(token, principal, now)
        return principal

    async def _with_newer_keys(self, token: str, issuer: Issuer) -> Principal:
        """Ask the issuer for its keys: it may have begun to sign with a new one."""
        published = self._published.get(issuer.jwks_url or "")
        if published is None or not await published.refresh():
            detail = f"the keys of {issuer.name} are out of reach; try again"
            raise TemporaryError(Reason.FETCH_KEYS, detail)
        try:
            return verified(token, self._trust, self._now())
        except KeyNotHere:
            raise NotTrusted(Refusal.UNKNOWN_KEY) from None

    async def _watch(self) -> None:
        while True:
            if self._files.has_changed:
                await self._read_again()
            for published in self._published.values():
                if published.is_due:
                    asking = asyncio.create_task(published.refresh())
                    self._asking.add(asking)
                    asking.add_done_callback(self._asking.discard)
            await asyncio.sleep(self._look_every_s)

    async def _read_again(self) -> None:
        try:
            files = await asyncio.to_thread(read_files, self._file)
        except AuthFileError as error:
            self._keep_last_good(error)
            return
        self._use(files)
        names = [one.name for one in files.content.issuers]
        _log.info("trusted issuers read again", extra={"issuers": names})

    def _keep_last_good(self, error: AuthFileError) -> None:
        if str(error) != self._last_error:
            self._last_error = str(error)
            _log.error("wrong file, the last good one stays", extra={"reason": str(error)})

    def _use(self, files: AuthFiles) -> None:
        self._files = files
        self._last_error = ""
        urls = {one.jwks_url for one in files.content.issuers if one.jwks_url is not None}
        self._published = {
            url: self._published.get(url) or PublishedKeys(url, self._renew, self._fetch)
            for url in urls
        }
        algorithms = [key.algorithm for keys in files.keys.values() for key in keys.by_id.values()]
        self._decoy = Decoy(algorithms)
        self._renew()

    def _renew(self) -> None:
        """Trust what files and issuers say now, and nobody only because a moment ago it held."""
        issuers = [TrustedIssuer(one, self._keys_of(one)) for one in self._files.content.issuers]
        self._trust = Trust(issuers, self._files.revocations, self._decoy)
        self._remembered.forget()

    def _keys_of(self, issuer: Issuer) -> KeySet | None:
        if issuer.jwks_url is None:
            return self._files.keys[issuer.name]
        return self._published[issuer.jwks_url].keys
