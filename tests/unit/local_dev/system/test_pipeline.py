"""What a function of `local-dev/up` gets in its environment."""

import pytest

from local_dev.manifests.system import System, read_system
from local_dev.options import USUAL_PORTS
from local_dev.paths import ROOT
from local_dev.system.pipeline import Pipeline, PipelineSettings


@pytest.fixture(scope="module")
def system() -> System:
    return read_system(ROOT)


def environment_of(name: str, system: System) -> dict[str, str]:
    settings = PipelineSettings(
        mongo_url="mongodb://127.0.0.1:27317",
        ports={name: port + 300 for name, port in USUAL_PORTS.items()},
        keep_warm=False,
        instances=0,
        idle_s=60,
        only=None,
    )
    pipeline = Pipeline(settings, system, lambda *_: None)
    (service,) = [each for each in system.services if each.name == name]
    return dict(pipeline._launch(service).environment)


def test_the_dashboard_learns_where_ingest_is(system: System) -> None:
    assert environment_of("dashboard", system)["INGEST_URL"] == "http://localhost:8301"


def test_an_address_of_ingest_in_the_environment_wins(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGEST_URL", "https://ingest.example.org")

    assert environment_of("dashboard", system)["INGEST_URL"] == "https://ingest.example.org"
