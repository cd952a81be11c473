"""What functions of `local-dev/up` get in their environment."""

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
    (service,) = [each for each in system.services if each.name == "dashboard"]
    return pipeline._launch(service).environment["INGEST_URL"]


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
