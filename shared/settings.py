"""The settings: what the environment holds, read once at start; a wrong value stops it by name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from shared.times import read_time
from shared.urls import safe_url


class SettingsError(Exception):
    """A variable of the environment is wrong; the message names it and says why."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True)


_S = TypeVar("_S", bound=_Settings)
_Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]  # Kafka's rule for topic names
_BaseUrl = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9._~:/\[\]-]*[A-Za-z0-9\]]$")]
_Number = Annotated[float, Field(allow_inf_nan=False)]
# RFC 6454, as browsers write it: lower case, no path. Apps have schemes of their own (capacitor://).
_ORIGIN: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII
)
_FIRST_TS: Final = datetime(2000, 1, 1, tzinfo=UTC)  # a reading's own limit, in readings/reading.py
_DEFAULT_PORT: Final = re.compile(r"http://.*:80|https://.*:443")
_MONGO_URL: Final = re.compile(r"mongodb(\+srv)?://")


def _time(text: object) -> object:
    return read_time(text) if isinstance(text, str) else text


def _mongo_url(url: SecretStr) -> SecretStr:
    if _MONGO_URL.match(url.get_secret_value()) is None:
        raise ValueError("must begin with mongodb:// or mongodb+srv://")
    return url


def _origins(value: object) -> object:
    """Return the exact origins of a comma separated text; anything else as it is."""
    if not isinstance(value, str):
        return value
    origins = tuple(part.strip() for part in value.split(","))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                "must be exact origins as browsers send them, separated by commas, such as"
                f" https://app.example.org; {origin!r} is none"
            )
        if _DEFAULT_PORT.fullmatch(origin):
            raise ValueError(f"browsers send {origin!r} without its port; leave that out")
    return origins


def _names(value: object) -> object:
    """Return the parts of a comma separated text; anything else as it is."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


_Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_names)]


class ServerSettings(_Settings):
    """Where the function listens (Knative sets PORT), and what it takes of a connection."""

    host: str = "0.0.0.0"  # noqa: S104 - in a container all interfaces; local-dev sets loopback
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    request_timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30  # for a request to arrive
    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 1_000  # a shell allows 1,024 files


class KafkaSettings(_Settings):
    """Where readings are produced to, and how this process proves who it is."""

    kafka_bootstrap_servers: Annotated[str, Field(min_length=1)] = "kafka:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")
    kafka_ssl_ca_location: str = ""
    telemetry_topic: _Topic = "telemetry.raw"
    dlq_topic: _Topic = "telemetry.dlq"
    kafka_timeout_ms: Annotated[int, Field(ge=100, le=60_000)] = 5_000


class AuthSettings(_Settings):
    """Who may: the file of trusted issuers. Without it the function is open to all."""

    auth_file: str = ""
    auth_required: bool = False  # no start without the file

    @model_validator(mode="after")
    def _is_not_open_by_mistake(self) -> Self:
        if self.auth_required and not self.auth_file:
            raise ValueError("AUTH_REQUIRED=true, and AUTH_FILE is not set: it would start open")
        return self


class EventAuthSettings(_Settings):
    """Who may deliver events: the file of issuers, where the cluster's sources send tokens."""

    events_auth_file: str = ""


class IngestSettings(_Settings):
    """What ingest takes for the time of a reading, where dialects name device and sensor, limits.

    A device may send `ingest_rate_per_device` readings a second (0: as many as it likes), after a
    pause up to `ingest_burst_per_device` at once; each instance counts by itself. Beyond
    `ingest_memory_for_bodies` a request is to be sent again.
    """

    # A device whose clock was not set says 1970, 1980 or 2000 after each power-on, or when its
    # firmware was built. A day rather than an age: a reading is accepted or not whenever it comes.
    # The default is the year of the first release: before it no device sent to this system. Who
    # imports what is older sets it back.
    earliest_ts: Annotated[AwareDatetime, BeforeValidator(_time), Field(ge=_FIRST_TS)] = datetime(
        2026, 1, 1, tzinfo=UTC
    )
    # Of a line of Influx: the first of these tags that it has names its device. `device` alone is a
    # disk to some plugins of Telegraf; who sends those sets `host` alone.
    ingest_device_tags: _Names = ("device_id", "device", "entity_id", "host")
    # Fields of these measurements are sensors by their own name; others as measurement_field.
    ingest_plain_measurements: _Names = ("readings", "telemetry", "sensors", "mqtt_consumer")
    # Of a metric of OTLP, or its resource: the first of these attributes names the device.
    ingest_device_attributes: _Names = ("device.id", "device_id", "host.name", "service.name")
    ingest_mappings_file: str = ""  # where parts of a reading are in JSON of other shapes
    ingest_rate_per_device: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 0
    ingest_burst_per_device: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    # Bytes: of bodies on their way, and twelve times those that wait for Kafka, decoded.
    ingest_memory_for_bodies: Annotated[int, Field(ge=100_663_296, le=2**36)] = 125_829_120


class MongoSettings(_Settings):
    """Where readings and views are stored."""

    mongo_url: Annotated[SecretStr, AfterValidator(_mongo_url)] = SecretStr("mongodb://mongo:27017")
    mongo_db: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,63}$")] = "iotdb"
    mongo_timeout_ms: Annotated[int, Field(ge=100, le=60_000)] = 5_000
    raw_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0  # 0: readings are kept for ever

    @property
    def raw_retention(self) -> timedelta | None:
        """How long after its receipt a reading stays in telemetry_raw; None is for ever."""
        return timedelta(days=self.raw_retention_days) if self.raw_retention_days else None


class RedriveSettings(_Settings):
    """How often a dead letter that died of the world goes back by itself; 0 is never."""

    redrive_attempts: Annotated[int, Field(ge=0, le=12)] = 8  # 1, 2, 4 ... 128 minutes apart


class AggregateSettings(_Settings):
    """How wide a window is, how long after its end it is settled, and who counts it.

    Width and grace in seconds; `aggregate_shards` is into how many parts the refresh is divided.
    """

    aggregate_window_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    aggregate_grace_seconds: Annotated[int, Field(ge=0, le=3_600)] = 5
    aggregate_shards: Annotated[int, Field(ge=1, le=64)] = 4


class ThresholdSettings(_Settings):
    """The allowed range of temperature (degrees Celsius) and relative humidity (percent)."""

    temp_min_threshold: _Number = -10
    temp_max_threshold: _Number = 50
    humidity_min_threshold: _Number = 0
    humidity_max_threshold: _Number = 100

    @model_validator(mode="after")
    def _ranges_are_ranges(self) -> Self:
        if self.temp_min_threshold >= self.temp_max_threshold:
            raise ValueError("TEMP_MIN_THRESHOLD must be below TEMP_MAX_THRESHOLD")
        if self.humidity_min_threshold >= self.humidity_max_threshold:
            raise ValueError("HUMIDITY_MIN_THRESHOLD must be below HUMIDITY_MAX_THRESHOLD")
        return self


class RulesSettings(_Settings):
    """Where the file with more rules of alerts is; empty: the thresholds are all there is."""

    alert_rules_file: str = ""


class NotifySettings(_Settings):
    """Where notices of alerts go: a file with targets, and the sink that Knative injects."""

    alert_targets_file: str = ""
    k_sink: Annotated[str, Field(pattern=r"^https?://[!-~]+$")] = ""
    k_ce_overrides: str = ""


class DashboardSettings(_Settings):
    """What the dashboard shows: details of dead letters, and where its page says to send to.

    Of `/events` an instance serves `events_max_clients` at once, each for `events_seconds`: less
    than the Service's timeoutSeconds, which would cut it off.
    """

    dead_letter_details: bool = False  # they hold addresses inside the cluster; anyone may read
    # Base URL of ingest for the sample on the page; empty: the page derives it from its own URL.
    ingest_url: _BaseUrl = ""
    charts_folder: str = "charts"  # where uPlot is unpacked; without it the page shows tables
    stale_after_seconds: Annotated[int, Field(ge=1, le=31_536_000)] = 300  # without a reading
    events_max_clients: Annotated[int, Field(ge=0, le=10_000)] = 200
    events_seconds: Annotated[int, Field(ge=1, le=590)] = 50


class OidcSettings(_Settings):
    """How people log in at the dashboard by their own issuer; not at all without OIDC_ISSUER.

    `dashboard_url` is what a browser calls the dashboard: the issuer sends it back to /login/done
    there. Without a secret the client is a public one.
    """

    oidc_issuer: Annotated[str, Field(max_length=1024), AfterValidator(safe_url)] = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scopes: str = "openid profile email"
    dashboard_url: Annotated[_BaseUrl, AfterValidator(safe_url)] = ""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not self.oidc_issuer:
            return self
        if not self.oidc_client_id or not self.dashboard_url:
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID and DASHBOARD_URL")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("OIDC_SCOPES must have openid: without it no issuer tells who logs in")
        return self


class CorsSettings(_Settings):
    """The origins whose pages may call us from a browser; none by default."""

    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_origins)] = ()


def read(settings: type[_S], environment: Mapping[str, str]) -> _S:
    """Return the settings of this class from variables named like its fields, in capitals.

    Raise SettingsError with the variable's name, its value unless it is a secret, and the reason.
    An empty variable counts as not set, as a ConfigMap that leaves it blank means.
    """
    given = {
        name: environment[name.upper()]
        for name in settings.model_fields
        if environment.get(name.upper(), "") != ""
    }
    try:
        return settings.model_validate(given)
    except ValidationError as error:
        sentences = [_sentence(settings, one, given) for one in error.errors()]
        raise SettingsError("; ".join(sentences)) from None


def _sentence(settings: type[_Settings], error: ErrorDetails, given: Mapping[str, str]) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    is_secret = settings.model_fields[name].annotation is SecretStr
    shown = "" if is_secret else f"={given[name]!r}"
    return f"{name.upper()}{shown}: {message}"
