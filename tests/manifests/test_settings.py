"""What the functions read from their environment is provided or documented, and nothing else is."""

from __future__ import annotations

import inspect
import re

import pytest

from shared import settings
from tests.manifests.rendering import (
    OVERLAYS,
    ROOT,
    Document,
    container_of,
    of_kind,
    pipeline,
    rendered,
    services,
)

FOR_THE_MANIFESTS = {"MAX_RETRIES", "RETRY_BACKOFF"}  # KafkaSource's, by knative/wiring
BY_KNATIVE = {"HOST", "PORT"}
BY_THE_IMAGE = {"FUNCTION"}
DIRECT_READ = re.compile(r"""environ(?:\.get\(|\[)\s*["']([A-Z_]+)["']""")


def _names_in_settings() -> set[str]:
    return {
        field.upper()
        for _, kind in inspect.getmembers(settings, inspect.isclass)
        if issubclass(kind, settings._Settings)
        for field in kind.model_fields
    }


def _names_read_directly() -> set[str]:
    files = [*ROOT.glob("functions/**/*.py"), *ROOT.glob("shared/**/*.py")]
    return {name for file in files for name in DIRECT_READ.findall(file.read_text())}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_value_of_the_config_map_is_read_by_somebody(overlay: str) -> None:
    read = _names_in_settings() | FOR_THE_MANIFESTS

    assert set(pipeline(overlay)) <= read


def test_what_goes_into_the_manifests_is_what_wiring_takes() -> None:
    wiring = (ROOT / "knative" / "wiring" / "kustomization.yaml").read_text()
    taken = set(re.findall(r"data\.([A-Z_]+)", wiring))

    assert taken - _names_in_settings() == FOR_THE_MANIFESTS


def test_every_setting_is_provided_or_has_a_documented_default() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", page))
    provided = set(pipeline("kind")) | {"MONGO_URL"}

    assert _names_in_settings() <= provided | documented


def test_the_environment_is_read_through_settings_only() -> None:
    """A name read past them would be checked and documented nowhere."""
    assert _names_read_directly() <= BY_KNATIVE | BY_THE_IMAGE


@pytest.mark.parametrize("overlay", ["kind", "test", "dev"])
def test_the_address_of_the_database_comes_from_a_secret(overlay: str) -> None:
    (secret,) = of_kind(rendered(overlay), "", "Secret").values()

    assert set(secret["data"]) == {"MONGO_URL"}
    assert "MONGO_URL" not in pipeline(overlay)


def test_production_says_which_names_its_secrets_must_hold() -> None:
    text = (ROOT / "knative" / "overlays" / "production" / "kustomization.yaml").read_text()
    lines = re.findall(r"^#   (.*)$", text, re.MULTILINE)
    named = set(re.findall(r"[A-Z][A-Z_]{4,}", " ".join(lines)))

    assert named == {"MONGO_URL", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"}
    assert named <= _names_in_settings()


def test_in_production_only_who_produces_can_produce_and_ingest_sees_no_database() -> None:
    secrets = {
        name: {each["secretRef"]["name"] for each in _origins(service) if "secretRef" in each}
        for name, service in services("production").items()
    }

    assert secrets == {
        "ingest": {"kafka-client"},
        "aggregate": {"pipeline"},
        "alert": {"pipeline"},
        "dlq": {"pipeline", "kafka-client"},
        "dashboard": {"pipeline", "dashboard-reader"},
    }


def test_in_production_the_dashboard_takes_a_reader_s_address_where_there_is_one() -> None:
    """Of a name in two Secrets the later one wins; without it the address is that of the others."""
    origins = [each["secretRef"] for each in _origins(services("production")["dashboard"])[1:]]

    assert origins == [{"name": "pipeline"}, {"name": "dashboard-reader", "optional": True}]


@pytest.mark.parametrize("name", ["ingest", "dlq"])
def test_the_certificate_of_the_broker_is_where_the_setting_says(name: str) -> None:
    mounts = container_of(services("production")[name])["volumeMounts"]
    (folder,) = (each["mountPath"] for each in mounts if each["name"] == "kafka-ca")

    assert pipeline("production")["KAFKA_SSL_CA_LOCATION"] == f"{folder}/ca.crt"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_rules_of_alerts_are_mounted_where_the_setting_says(overlay: str) -> None:
    """The map's name has a hash: another file is another Revision."""
    alert = services(overlay)["alert"]
    (volume,) = (
        each for each in alert["spec"]["template"]["spec"]["volumes"] if each["name"] == "rules"
    )
    (folder,) = (
        each["mountPath"] for each in container_of(alert)["volumeMounts"] if each["name"] == "rules"
    )
    content = of_kind(rendered(overlay), "", "ConfigMap")[volume["configMap"]["name"]]["data"]

    assert content == {"rules.yaml": (ROOT / "knative" / "rules.yaml").read_text()}
    assert container_of(alert)["env"] == [
        {"name": "ALERT_RULES_FILE", "value": f"{folder}/rules.yaml"}
    ]
    assert volume["configMap"]["name"].startswith("rules-")


def _origins(service: Document) -> list[Document]:
    origins = container_of(service)["envFrom"]
    assert isinstance(origins, list)
    return origins
