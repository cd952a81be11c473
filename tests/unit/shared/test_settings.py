"""What a process is told by its environment."""

import pytest

from shared.settings import (
    AggregateSettings,
    CorsSettings,
    KafkaSettings,
    MongoSettings,
    ServerSettings,
    SettingsError,
    ThresholdSettings,
    read,
)


def test_without_variables_the_documented_defaults_hold() -> None:
    kafka, mongo = read(KafkaSettings, {}), read(MongoSettings, {})
    aggregate, limits = read(AggregateSettings, {}), read(ThresholdSettings, {})

    assert (kafka.kafka_bootstrap_servers, kafka.telemetry_topic, kafka.dlq_topic) == (
        "kafka:9092",
        "telemetry.raw",
        "telemetry.dlq",
    )
    assert (mongo.mongo_url.get_secret_value(), mongo.mongo_db) == (
        "mongodb://mongo:27017",
        "iotdb",
    )
    assert (aggregate.aggregate_window_seconds, aggregate.aggregate_grace_seconds) == (60, 5)
    assert (limits.temp_min_threshold, limits.temp_max_threshold) == (-10, 50)
    assert (limits.humidity_min_threshold, limits.humidity_max_threshold) == (0, 100)
    assert read(ServerSettings, {}).port == 8080


def test_a_variable_has_the_name_of_its_setting_in_capitals() -> None:
    assert read(ServerSettings, {"HOST": "127.0.0.1", "PORT": "8001"}) == ServerSettings(
        host="127.0.0.1", port=8001
    )


def test_a_blank_variable_counts_as_not_set() -> None:
    assert read(MongoSettings, {"MONGO_DB": ""}).mongo_db == "iotdb"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (ServerSettings, "PORT", "http"),
        (ServerSettings, "PORT", "0"),
        (ServerSettings, "PORT", "65536"),
        (KafkaSettings, "TELEMETRY_TOPIC", "no topic"),
        (KafkaSettings, "DLQ_TOPIC", "t" * 250),
        (KafkaSettings, "KAFKA_TIMEOUT_MS", "99"),
        (KafkaSettings, "KAFKA_SECURITY_PROTOCOL", "TLS"),
        (KafkaSettings, "KAFKA_SASL_MECHANISM", "GSSAPI"),
        (MongoSettings, "MONGO_DB", "no.name"),
        (MongoSettings, "MONGO_TIMEOUT_MS", "1e9"),
        (AggregateSettings, "AGGREGATE_WINDOW_SECONDS", "0"),
        (AggregateSettings, "AGGREGATE_WINDOW_SECONDS", "86401"),
        (AggregateSettings, "AGGREGATE_GRACE_SECONDS", "-1"),
        (AggregateSettings, "AGGREGATE_SHARDS", "0"),
        (AggregateSettings, "AGGREGATE_SHARDS", "65"),
        (ThresholdSettings, "TEMP_MIN_THRESHOLD", "cold"),
        (ThresholdSettings, "TEMP_MAX_THRESHOLD", "nan"),
        (ThresholdSettings, "HUMIDITY_MIN_THRESHOLD", "-inf"),
        (ThresholdSettings, "HUMIDITY_MAX_THRESHOLD", "1,5"),
    ],
)
def test_a_wrong_value_is_told_with_the_name_of_its_variable(
    kind: type[ServerSettings], name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(kind, {name: value})

    assert f"{name}={value!r}: " in str(caught.value)


def test_each_wrong_variable_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        read(KafkaSettings, {"TELEMETRY_TOPIC": " ", "DLQ_TOPIC": " "})

    assert "TELEMETRY_TOPIC=" in str(caught.value)
    assert "DLQ_TOPIC=" in str(caught.value)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("TEMP_MIN_THRESHOLD", "TEMP_MAX_THRESHOLD"),
        ("HUMIDITY_MIN_THRESHOLD", "HUMIDITY_MAX_THRESHOLD"),
    ],
)
def test_a_lower_limit_at_the_upper_one_is_refused_by_both_names(lower: str, upper: str) -> None:
    with pytest.raises(SettingsError, match=rf"{lower} must be below {upper}"):
        read(ThresholdSettings, {lower: "7", upper: "7"})


def test_a_wrong_database_url_is_named_and_its_password_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        read(MongoSettings, {"MONGO_URL": "mongo://user:hunter2@host"})

    assert "MONGO_URL: " in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_settings_that_are_printed_show_no_password() -> None:
    kafka = read(KafkaSettings, {"KAFKA_SASL_PASSWORD": "hunter2"})
    mongo = read(MongoSettings, {"MONGO_URL": "mongodb://user:hunter2@host"})

    assert "hunter2" not in f"{kafka!r} {kafka} {mongo!r} {mongo}"


def test_no_page_of_another_origin_is_allowed_by_default() -> None:
    assert read(CorsSettings, {}).cors_origins == ()
    assert read(CorsSettings, {"CORS_ORIGINS": ""}).cors_origins == ()


def test_allowed_origins_may_be_given_apart() -> None:
    origins = ("https://app.example.org", "http://localhost:5173")

    assert CorsSettings(cors_origins=origins).cors_origins == origins


def test_allowed_origins_are_separated_by_commas() -> None:
    told = "https://app.example.org, http://localhost:5173,capacitor://localhost,http://[::1]:8080"

    assert read(CorsSettings, {"CORS_ORIGINS": told}).cors_origins == (
        "https://app.example.org",
        "http://localhost:5173",
        "capacitor://localhost",
        "http://[::1]:8080",
    )


@pytest.mark.parametrize(
    "origins",
    ["*", "null", "https://*.example.org", "https://app.example.org/", "app.example.org",
     "https://App.example.org", "https://app.example.org,", "https://a.org https://b.org",
     "https://user@app.example.org", "https://app.example.org/page", "https://jürgen.example",
     "https://app.example.org:443", "http://app.example.org:80", ","],
)  # fmt: skip
def test_what_is_no_exact_origin_stops_the_start_by_name(origins: str) -> None:
    with pytest.raises(SettingsError, match=r"^CORS_ORIGINS=.*: "):
        read(CorsSettings, {"CORS_ORIGINS": origins})
