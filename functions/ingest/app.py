"""Chooses the real adapters of the ingest function."""

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from functions.ingest.dialects.dialect import DialectOptions
from functions.ingest.function import IngestFunction
from functions.ingest.gate import Gate, Verifier
from functions.ingest.rate_limits import RateLimits
from shared.auth.access import verifier_of
from shared.kafka.publisher import KafkaPublisher
from shared.serving.application import FunctionApplication
from shared.serving.cors import CorsPolicy
from shared.serving.held_bytes import HeldBytes
from shared.serving.whole_request import http_application
from shared.settings import AuthSettings, CorsSettings, IngestSettings, KafkaSettings, read

if TYPE_CHECKING:
    from functions.ingest.dialects.mapping import JsonMapping

_SENT_BY_PAGES: Final = ("authorization", "content-type", "idempotency-key", "prefer")
_READ_BY_PAGES: Final = ("ratelimit", "ratelimit-policy", "retry-after")


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    kafka = read(KafkaSettings, environment)
    settings = read(IngestSettings, environment)
    verifier = verifier_of(read(AuthSettings, environment))
    held = HeldBytes(settings.ingest_memory_for_bodies)
    function = IngestFunction(
        KafkaPublisher(kafka),
        kafka.telemetry_topic,
        earliest=settings.earliest_ts,
        options=options_of(settings),
        gate=gate_of(verifier, settings),
        held=held,
    )
    origins = frozenset(read(CorsSettings, environment).cors_origins)
    cors = CorsPolicy(origins, ("POST",), _SENT_BY_PAGES, _READ_BY_PAGES)
    inner = http_application(function, cors=cors, held=held)
    return FunctionApplication(function, inner, is_open=verifier is None)


def gate_of(verifier: Verifier | None, settings: IngestSettings) -> Gate | None:
    """Return the gate; None where all may post as much as they like, which costs nothing."""
    rate, burst = settings.ingest_rate_per_device, settings.ingest_burst_per_device
    limits = RateLimits(rate, burst) if rate else None
    is_open = verifier is None and limits is None  # limits are empty at first, which is no matter
    return None if is_open else Gate(verifier, limits)


def options_of(settings: IngestSettings) -> DialectOptions:
    """Return what dialects read of the settings.

    Raise SettingsError where the file of mappings is wrong. Without one the shipped mappings are
    read with the first request for one, not at start.
    """
    file = settings.ingest_mappings_file
    mappings = cache(partial(_mappings_of, file))
    if file:
        mappings()
    return DialectOptions(
        device_tags=settings.ingest_device_tags,
        plain_measurements=settings.ingest_plain_measurements,
        device_attributes=settings.ingest_device_attributes,
        mappings=mappings,
    )


def _mappings_of(file: str) -> "Mapping[str, JsonMapping]":
    from functions.ingest.mappings_file import mappings_of  # noqa: PLC0415 - not needed to start

    return mappings_of(file)
