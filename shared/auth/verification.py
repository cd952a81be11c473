"""From a token to who calls: signature, claims, scopes, devices, revocation; pure.

RFC 7519, and of RFC 8725: the algorithm is the key's and never the token's choice, `exp`, `iss`
and `aud` are required, and a key is one that its issuer has.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.auth.decoy import Decoy
from shared.auth.devices import EVERY, Devices, is_pattern
from shared.auth.issuers import Issuer
from shared.auth.keys import KeySet
from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted, Refusal
from shared.auth.revocations import Revocations
from shared.auth.scopes import Scope, scopes_in, with_implied

MAX_TOKEN: Final = 8_192  # characters; issuers that write all groups of a person come near it
LEEWAY_S: Final = 60  # how far the clocks of issuers may be off
_LATEST_S: Final = 253_402_300_800  # the year 10000
_MAX_PATTERNS: Final = 1_000
_Claims = Mapping[str, Any]


class KeyNotHere(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The issuer publishes its keys, and the one of this token is not among those known here."""

    def __init__(self, issuer: Issuer) -> None:
        super().__init__(issuer.name)
        self.issuer = issuer


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer and its keys; None where they are published and could not be read yet."""

    issuer: Issuer
    keys: KeySet | None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to trust, and what is revoked, at one moment."""

    issuers: Sequence[TrustedIssuer]
    revocations: Revocations
    decoy: Decoy


def verified(token: str, trust: Trust, now: float) -> Principal:
    """Return who calls; `now` is in seconds since 1970.

    Raise NotTrusted, or KeyNotHere where the issuer may have published the key since.
    """
    header, claims, signed, signature = _parts_of(token)
    trusted = _issuer_of(claims, trust)
    if trusted is None:
        raise _after_as_much_work(trust, Refusal.UNKNOWN_ISSUER)
    key = trusted.keys.find(_key_id_of(header)) if trusted.keys else None
    if key is None:
        refused = _after_as_much_work(trust, Refusal.UNKNOWN_KEY)
        raise refused if trusted.issuer.jwks_url is None else KeyNotHere(trusted.issuer)
    if header.get("alg") != key.algorithm or "crit" in header:
        raise _after_as_much_work(trust, Refusal.WRONG_ALGORITHM)
    if not key.rules.verify(signed, key.verifies_with, signature):
        raise NotTrusted(Refusal.WRONG_SIGNATURE)
    return _principal_of(claims, trusted.issuer, trust.revocations, now)


def _after_as_much_work(trust: Trust, refusal: Refusal) -> NotTrusted:
    """Return the refusal after the work of a signature, so that all refusals take as long."""
    trust.decoy.verify()
    return NotTrusted(refusal)


def _parts_of(token: str) -> tuple[_Claims, _Claims, bytes, bytes]:
    if len(token) > MAX_TOKEN or not token.isascii():
        raise NotTrusted(Refusal.MALFORMED)
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    try:
        return _object_of(header), _object_of(payload), signed.encode(), _bytes_of(signature)
    except (ValueError, RecursionError):
        raise NotTrusted(Refusal.MALFORMED) from None


def _object_of(part: str) -> _Claims:
    content = json.loads(_bytes_of(part))
    if not isinstance(content, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - as for what is no JSON at all
    return content


def _bytes_of(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _issuer_of(claims: _Claims, trust: Trust) -> TrustedIssuer | None:
    """Return the entry of this issuer and audience: what the claims say is believed only later."""
    issuer, audiences = claims.get("iss"), _audiences_of(claims)
    return next(
        (
            one
            for one in trust.issuers
            if one.issuer.issuer == issuer and one.issuer.audience in audiences
        ),
        None,
    )


def _audiences_of(claims: _Claims) -> Sequence[object]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _key_id_of(header: _Claims) -> str | None:
    key_id = header.get("kid")
    return None if key_id is None else str(key_id)


def _principal_of(
    claims: _Claims, issuer: Issuer, revocations: Revocations, now: float
) -> Principal:
    expires_at = _refuse_unless_valid(claims, issuer, now)
    scopes = with_implied(_scopes_of(claims, issuer))
    devices = _devices_of(claims, issuer, scopes)
    issued_at = _time_of(claims, "iat") or 0.0
    token_id = str(claims.get("jti", ""))
    revoked = revocations.devices_of(issued_at)
    covered = [revoked.cover(pattern) for pattern in devices.patterns]
    if token_id in revocations.token_ids or (covered and all(covered)):
        raise NotTrusted(Refusal.REVOKED)
    return Principal(
        issuer=issuer.name,
        subject=str(claims.get("sub", "")),
        scopes=scopes,
        devices=devices,
        bounds=Devices(issuer.devices) if issuer.devices else None,
        revoked=revoked,
        token_id=token_id,
        issued_at=issued_at,
        expires_at=expires_at,
    )


def _refuse_unless_valid(claims: _Claims, issuer: Issuer, now: float) -> float:
    expires_at, begins_at = _time_of(claims, "exp"), _time_of(claims, "nbf")
    issued_at = _time_of(claims, "iat")
    if expires_at is None:
        raise NotTrusted(Refusal.WRONG_CLAIM)
    if now >= expires_at + LEEWAY_S:
        raise NotTrusted(Refusal.EXPIRED)
    if now < max(begins_at or 0.0, issued_at or 0.0) - LEEWAY_S:
        raise NotTrusted(Refusal.NOT_YET_VALID)
    subject = claims.get("sub", "")
    if issuer.subjects and not (isinstance(subject, str) and subject in Devices(issuer.subjects)):
        raise NotTrusted(Refusal.WRONG_CLAIM)
    return expires_at


def _time_of(claims: _Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotTrusted(Refusal.WRONG_CLAIM)
    if not 0 <= value <= _LATEST_S:  # nor is NaN
        raise NotTrusted(Refusal.WRONG_CLAIM)
    return float(value)


def _scopes_of(claims: _Claims, issuer: Issuer) -> frozenset[Scope]:
    if issuer.scopes_from is not None:
        words = set(_words_of(claims.get(issuer.scopes_from)))
        return frozenset(
            scope for word, given in issuer.scopes_of.items() if word in words for scope in given
        )
    if "scope" not in claims:
        return frozenset(issuer.scopes)
    return frozenset(issuer.scopes) & scopes_in(_words_of(claims["scope"]))


def _words_of(claim: object) -> Sequence[str]:
    """Return the words of a claim: a list of texts, or a text with spaces (RFC 8693, 4.2)."""
    if isinstance(claim, str):
        return claim.split()
    return [word for word in claim if isinstance(word, str)] if isinstance(claim, list) else []


def _devices_of(claims: _Claims, issuer: Issuer, scopes: frozenset[Scope]) -> Devices:
    """Return the token's devices. All of them (`*`) only by the issuer's word, or an admin's."""
    given = claims.get("dev", [])
    patterns = given if isinstance(given, list) else [given]
    if len(patterns) > _MAX_PATTERNS:
        raise NotTrusted(Refusal.WRONG_CLAIM)
    if not all(isinstance(one, str) and is_pattern(one) for one in patterns):
        raise NotTrusted(Refusal.WRONG_CLAIM)
    devices = Devices(patterns)
    if EVERY in issuer.devices or Scope.ADMIN in scopes:
        return devices
    return devices.without_every()
