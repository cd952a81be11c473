"""Who may: production does not start open, and events are proven where the cluster can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from shared.auth.access import verifier_of
from shared.auth.files import read_files
from shared.settings import AuthSettings, SettingsError, read
from tests.manifests.rendering import OVERLAYS, container_of, of_kind, pipeline, rendered, services
from tests.support.credentials import SigningKey, key_set
from tests.support.pages import text_of

if TYPE_CHECKING:
    from pathlib import Path

OIDC = ("oidc",)


def test_production_refuses_to_start_open() -> None:
    settings = pipeline("production")

    with pytest.raises(SettingsError, match="would start open"):
        read(AuthSettings, {**settings, "AUTH_FILE": ""})
    with pytest.raises(SettingsError, match=r"^AUTH_FILE='/etc/iot-auth/auth\.yaml'"):
        verifier_of(read(AuthSettings, settings))


@pytest.mark.parametrize("name", ["ingest", "dashboard"])
def test_in_production_the_file_is_where_the_setting_says(name: str) -> None:
    service = services("production")[name]
    folders = {each["name"]: each["mountPath"] for each in container_of(service)["volumeMounts"]}
    volumes = {each["name"]: each for each in service["spec"]["template"]["spec"]["volumes"]}

    assert pipeline("production")["AUTH_FILE"] == f"{folders['iot-auth']}/auth.yaml"
    assert volumes["iot-auth"]["projected"]["sources"] == [
        {"secret": {"name": "auth"}},
        {"configMap": {"name": "auth-revoked"}},
    ]


@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_functions_of_events_see_no_keys_of_devices(name: str) -> None:
    volumes = services("production")[name]["spec"]["template"]["spec"]["volumes"]

    assert "iot-auth" not in {each["name"] for each in volumes}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("kind", ["KafkaSource", "PingSource"])
def test_with_oidc_each_source_says_for_whom_its_token_is(overlay: str, kind: str) -> None:
    sources = of_kind(rendered(overlay, OIDC), "sources.knative.dev", kind)

    assert {each["spec"]["sink"]["audience"] for each in sources.values()} == {
        "iot-telemetry-events"
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_with_oidc_each_function_of_events_has_whom_to_trust(overlay: str, name: str) -> None:
    documents = rendered(overlay, OIDC)
    service = of_kind(documents, "serving.knative.dev", "Service")[name]
    (folder,) = (
        each["mountPath"]
        for each in container_of(service)["volumeMounts"]
        if each["name"] == "event-issuers"
    )
    (settings,) = (
        each["data"]
        for each_name, each in of_kind(documents, "", "ConfigMap").items()
        if each_name.startswith("pipeline-")
    )

    assert settings["EVENTS_AUTH_FILE"] == f"{folder}/auth.yaml"


def test_the_file_of_issuers_that_the_page_gives_for_events_is_right(tmp_path: Path) -> None:
    page = text_of("docs/operations/access.md")
    (text,) = (
        block.partition("```")[0]
        for block in page.split("```yaml\n")[1:]
        if "name: eventing" in block
    )
    (tmp_path / "auth.yaml").write_text(text)
    (tmp_path / "kubernetes.jwks").write_text(key_set(SigningKey("k1", "RS256")))

    (issuer,) = read_files(tmp_path / "auth.yaml").content.issuers

    assert issuer.audience == "iot-telemetry-events"
    assert yaml.safe_load(text)["issuers"][0]["scopes"] == ["events"]
