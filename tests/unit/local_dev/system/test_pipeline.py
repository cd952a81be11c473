"""What functions of `local-dev/up` get in their environment."""

from collections.abc import Mapping

import pytest

from local_dev.manifests.system import System, read_system
from local_dev.options import LOOPBACK, USUAL_PORTS
from local_dev.paths import ROOT
from local_dev.system.pipeline import Pipeline, PipelineSettings


@pytest.fixture(scope="module")
def system() -> System:
    return read_system(ROOT)


def ingest_url(system: System, host: str = LOOPBACK, offset: int = 0) -> str:
    """Return what the dashboard's environment says."""
    return environment_of("dashboard", system, host, offset)["INGEST_URL"]


def environment_of(
    name: str, system: System, host: str = LOOPBACK, offset: int = 0
) -> Mapping[str, str]:
    settings = PipelineSettings(
        mongo_url="mongodb://127.0.0.1:27017",
        host=host,
        ports={name: port + offset for name, port in USUAL_PORTS.items()},
        keep_warm=False,
        instances=0,
        idle_s=60,
        only=None,
    )
    pipeline = Pipeline(settings, system, lambda *_: None)
    (service,) = [each for each in system.services if each.name == name]
    return pipeline._launch(service).environment


@pytest.mark.parametrize(
    ("host", "offset", "url"),
    [
        ("127.0.0.1", 0, "http://localhost:8001"),
        ("127.0.0.1", 300, "http://localhost:8301"),
        ("192.168.1.5", 300, "http://192.168.1.5:8301"),
        ("0.0.0.0", 300, "http://localhost:8301"),
        ("0.0.0.0", 0, ""),  # the page derives it from its own address, whoever asks for it
    ],
)
def test_the_dashboard_learns_where_ingest_is(
    system: System, host: str, offset: int, url: str
) -> None:
    assert ingest_url(system, host, offset) == url


def test_an_address_of_ingest_in_the_environment_wins(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGEST_URL", "https://ingest.example.org")

    assert ingest_url(system) == "https://ingest.example.org"


def test_alert_gets_the_rules_that_a_cluster_gets(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALERT_RULES_FILE", raising=False)

    assert environment_of("alert", system)["ALERT_RULES_FILE"] == str(
        ROOT / "knative" / "base" / "rules.yaml"
    )


def test_rules_that_the_shell_names_win(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_RULES_FILE", "/tmp/mine.yaml")

    assert environment_of("alert", system)["ALERT_RULES_FILE"] == "/tmp/mine.yaml"
