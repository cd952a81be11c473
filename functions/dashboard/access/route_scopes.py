"""Which scope each route needs; what is not in this table is denied; pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.auth.scopes import Scope


class Without(StrEnum):
    """What needs no scope."""

    CREDENTIAL = "credential"  # for everybody: it tells nothing of what is stored
    SCOPE = "scope"  # for whoever proves who it is


Need = Scope | Without
_PREFIX: Final = "/v1"
NEEDS: Final[Mapping[tuple[str, str], Need]] = {
    ("GET", "/"): Without.CREDENTIAL,
    ("GET", "/login"): Without.CREDENTIAL,
    ("POST", "/login"): Without.CREDENTIAL,
    ("POST", "/logout"): Without.CREDENTIAL,
    ("GET", "/login/issuer"): Without.CREDENTIAL,
    ("GET", "/login/done"): Without.CREDENTIAL,
    ("GET", "/openapi.json"): Without.CREDENTIAL,
    ("GET", "/docs"): Without.CREDENTIAL,
    ("GET", "/assets/{name}"): Without.CREDENTIAL,
    ("GET", "/assets/charts/{name}"): Without.CREDENTIAL,
    ("GET", "/session"): Without.SCOPE,
    ("GET", "/telemetry"): Scope.READ,
    ("GET", "/devices"): Scope.READ,
    ("GET", "/devices/{device_id}/telemetry"): Scope.READ,
    ("GET", "/devices/{device_id}/aggregates"): Scope.READ,
    ("GET", "/devices/{device_id}/telemetry/export"): Scope.READ,
    ("GET", "/devices/{device_id}/series"): Scope.READ,
    ("GET", "/series"): Scope.READ,
    ("GET", "/aggregated"): Scope.READ,
    ("GET", "/dead-letters"): Scope.READ,
    ("GET", "/dead-letters/causes"): Scope.READ,
    ("POST", "/dead-letters/redrive"): Scope.DLQ_REDRIVE,
    ("GET", "/fleet"): Scope.READ,
    ("GET", "/map"): Scope.READ,
    ("GET", "/events"): Scope.READ,
    ("GET", "/stats"): Scope.READ,
    ("GET", "/receipts/{reading_id}"): Scope.READ,
    ("GET", "/prometheus/api/v1/query"): Scope.READ,
    ("POST", "/prometheus/api/v1/query"): Scope.READ,
    ("GET", "/prometheus/api/v1/query_range"): Scope.READ,
    ("POST", "/prometheus/api/v1/query_range"): Scope.READ,
    ("GET", "/prometheus/api/v1/series"): Scope.READ,
    ("POST", "/prometheus/api/v1/series"): Scope.READ,
    ("GET", "/prometheus/api/v1/labels"): Scope.READ,
    ("POST", "/prometheus/api/v1/labels"): Scope.READ,
    ("GET", "/prometheus/api/v1/label/{name}/values"): Scope.READ,
    ("GET", "/prometheus/api/v1/metadata"): Scope.READ,
    ("GET", "/prometheus/api/v1/status/buildinfo"): Scope.READ,
    ("GET", "/prometheus/api/v1/query_exemplars"): Scope.READ,
    ("POST", "/prometheus/api/v1/query_exemplars"): Scope.READ,
    ("GET", "/prometheus/api/v1/rules"): Scope.READ,
    ("GET", "/prometheus/api/v1/alerts"): Scope.READ,
    ("GET", "/alertmanager/api/v2/status"): Scope.READ,
    ("GET", "/alertmanager/api/v2/alerts"): Scope.READ,
    ("GET", "/alertmanager/api/v2/alerts/groups"): Scope.READ,
    ("GET", "/alertmanager/api/v2/silences"): Scope.READ,
    ("GET", "/alertmanager/api/v2/silence/{silence_id}"): Scope.READ,
    ("POST", "/alertmanager/api/v2/silences"): Scope.ALERTS_ACK,
    ("DELETE", "/alertmanager/api/v2/silence/{silence_id}"): Scope.ALERTS_ACK,
    ("GET", "/alerts"): Scope.READ,
    ("GET", "/alerts/recent"): Scope.READ,
    ("GET", "/alerts/{alert_id:path}"): Scope.READ,
    ("GET", "/alerts/{alert_id:path}/explain"): Scope.READ,
    ("GET", "/silences"): Scope.READ,
    ("POST", "/alerts/acknowledge"): Scope.ALERTS_ACK,
    ("POST", "/alerts/{alert_id:path}/acknowledge"): Scope.ALERTS_ACK,
    ("POST", "/alerts/{alert_id:path}/unacknowledge"): Scope.ALERTS_ACK,
    ("POST", "/silences"): Scope.ALERTS_ACK,
    ("DELETE", "/silences/{silence_id}"): Scope.ALERTS_ACK,
}


def need_of(method: str, route: str) -> Need | None:
    """Return what a route needs, by its template, with or without /v1; None: nobody may."""
    return NEEDS.get((method, route.removeprefix(_PREFIX)))
