"""What is asked of an OpenID Connect issuer, through Authlib; imported with the first login."""

from typing import Annotated, Final

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import HTTPError
from pydantic import AfterValidator, BaseModel

from functions.dashboard.access.login_attempt import LoginAttempt, NotLoggedIn
from shared.outcomes import Reason, TemporaryError
from shared.settings import OidcSettings
from shared.urls import safe_url

_TIMEOUT_S: Final = 5.0
_WELL_KNOWN: Final = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, 4
_Url = Annotated[str, AfterValidator(safe_url)]


class Endpoints(BaseModel):
    """What an issuer says of itself."""

    issuer: str
    authorization_endpoint: _Url
    token_endpoint: _Url


async def endpoints_of(settings: OidcSettings) -> Endpoints:
    """Ask the issuer. Raise TemporaryError where it does not say, or says that it is another."""
    url = settings.oidc_issuer.rstrip("/") + _WELL_KNOWN
    try:
        async with _client(settings) as client:
            response = await client.request("GET", url, withhold_token=True)
            response.raise_for_status()
            said = Endpoints.model_validate_json(response.content)
    except (HTTPError, ValueError) as error:
        raise _away(error) from error
    if said.issuer != settings.oidc_issuer:
        raise _away(ValueError("it says that it is another"))
    return said


def address_for(
    settings: OidcSettings, endpoints: Endpoints, redirect_uri: str, attempt: LoginAttempt
) -> str:
    """Return where a browser goes to log in."""
    client = _client(settings)
    address, _ = client.create_authorization_url(
        endpoints.authorization_endpoint,
        state=attempt.state,
        code_verifier=attempt.code_verifier,
        nonce=attempt.nonce,
        redirect_uri=redirect_uri,
    )
    return str(address)


async def id_token_for(
    settings: OidcSettings, endpoints: Endpoints, redirect_uri: str, code: str, code_verifier: str
) -> object:
    """Exchange the code; return what there is of an ID token.

    Raise NotLoggedIn where the issuer refuses, TemporaryError where it does not respond as one.
    """
    try:
        async with _client(settings) as client:
            found = await client.fetch_token(
                endpoints.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=code_verifier,
                redirect_uri=redirect_uri,
            )
    except OAuthError as error:
        raise NotLoggedIn("The issuer took the login back. Try again.") from error
    except (HTTPError, ValueError) as error:
        raise _away(error) from error
    return found.get("id_token")


def _client(settings: OidcSettings) -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value() or None,
        scope=settings.oidc_scopes,
        code_challenge_method="S256",
        timeout=_TIMEOUT_S,
        follow_redirects=False,
    )


def _away(error: Exception) -> TemporaryError:
    return TemporaryError(Reason.FETCH_KEYS, f"the issuer of logins is out of reach: {error}")
