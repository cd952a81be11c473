"""What a token says, in lines for people; never the token itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted
from shared.outcomes import TemporaryError
from shared.times import rfc3339


class Verifier(Protocol):
    """What tells who a token is of; it raises NotTrusted or TemporaryError."""

    async def principal_of(self, token: str | None) -> Principal: ...


async def lines_of(token: str, verifier: Verifier) -> tuple[bool, Sequence[str]]:
    """Return whether a token is good, and what is to be said of it."""
    try:
        principal = await verifier.principal_of(token)
    except NotTrusted as refused:
        return False, [f"not good: {refused.refusal.replace('_', ' ')}"]
    except TemporaryError as outcome:
        return False, [f"not known: {outcome.detail}"]
    return True, [
        f"good until {_time(principal.expires_at)}",
        f"id          {principal.token_id or '(none: it cannot be revoked by its id)'}",
        f"issuer      {principal.issuer}",
        f"subject     {principal.subject or '(none)'}",
        f"issued at   {_time(principal.issued_at)}",
        f"scopes      {', '.join(sorted(principal.scopes)) or '(none)'}",
        f"devices     {', '.join(principal.devices.patterns) or '(none)'}",
    ]


def _time(seconds: float) -> str:
    return rfc3339(datetime.fromtimestamp(seconds, UTC))
