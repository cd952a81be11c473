"""Who calls, as a verified token says it; pure."""

from dataclasses import dataclass

from shared.auth.devices import Devices
from shared.auth.scopes import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller: `issuer` is its issuer's name in the file, times are in seconds since 1970.

    A reading's device must be one of `devices`, one of `bounds` where the issuer has them, and
    none of `revoked`.
    """

    issuer: str
    subject: str
    scopes: frozenset[Scope]
    devices: Devices
    bounds: Devices | None
    revoked: Devices
    token_id: str
    issued_at: float
    expires_at: float

    def may(self, scope: Scope) -> bool:
        """Return whether the caller has this scope."""
        return scope in self.scopes

    def may_post_for(self, device_id: str) -> bool:
        """Return whether the caller may post readings of this device."""
        if self.bounds is not None and device_id not in self.bounds:
            return False
        return device_id in self.devices and device_id not in self.revoked
