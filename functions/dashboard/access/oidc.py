"""Login by the team's OpenID Connect issuer: the code flow with PKCE.

What comes back is an ID token, which the verifier holds to `auth.yaml` like any other token: the
issuer is there, with the client as its audience.
"""

import binascii
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from functions.dashboard.access.login_attempt import LoginAttempt, NotLoggedIn
from shared.settings import OidcSettings

if TYPE_CHECKING:
    from functions.dashboard.access.oidc_client import Endpoints

DONE: Final = "/login/done"
KEPT_S: Final = 300.0  # as long is what the issuer says of itself taken as said


class OidcLogin:
    """Sends browsers to the issuer, and takes what they bring back."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._endpoints: Endpoints | None = None
        self._asked_at = 0.0

    @property
    def name(self) -> str:
        """The issuer's host, for the page."""
        return urlsplit(self._settings.oidc_issuer).netloc

    async def address(self, attempt: LoginAttempt) -> str:
        """Return where a browser goes to log in. Raise TemporaryError if the issuer is away."""
        from functions.dashboard.access import oidc_client  # noqa: PLC0415 - most starts need none

        endpoints = await self._known_endpoints()
        return oidc_client.address_for(self._settings, endpoints, self._redirect_uri, attempt)

    async def id_token(self, attempt: LoginAttempt, response: Mapping[str, str]) -> str:
        """Return the ID token for what a browser brought back, not verified yet.

        Raise NotLoggedIn where it is none of this login, and TemporaryError if the issuer is away.
        """
        from functions.dashboard.access import oidc_client  # noqa: PLC0415 - as above

        issuer = self._settings.oidc_issuer
        if not attempt.is_of(response.get("state", "")):
            raise NotLoggedIn("This login was not begun here. Try again.")
        if response.get("iss", issuer) != issuer:  # RFC 9207
            raise NotLoggedIn("This response is of another issuer.")
        if "code" not in response:
            raise NotLoggedIn("The issuer did not log you in.")
        token = await oidc_client.id_token_for(
            self._settings,
            await self._known_endpoints(),
            self._redirect_uri,
            response["code"],
            attempt.code_verifier,
        )
        if not isinstance(token, str) or not attempt.made(_nonce_of(token)):
            raise NotLoggedIn("The issuer's token is not of this login.")
        return token

    @property
    def _redirect_uri(self) -> str:
        return self._settings.dashboard_url + DONE

    async def _known_endpoints(self) -> "Endpoints":
        from functions.dashboard.access import oidc_client  # noqa: PLC0415 - as above

        if self._endpoints is None or self._clock() >= self._asked_at + KEPT_S:
            self._endpoints = await oidc_client.endpoints_of(self._settings)
            self._asked_at = self._clock()
        return self._endpoints


def _nonce_of(token: str) -> object:
    """Return the claim, of a token that is not verified."""
    claims: Any = None
    with suppress(IndexError, binascii.Error, ValueError):
        part = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims.get("nonce") if isinstance(claims, dict) else None
