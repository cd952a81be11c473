"""What can be chosen about `local-dev/up`, read from its command line."""

from collections.abc import Callable

import pytest
import typer

from local_dev.commands import up as command
from local_dev.commands.command_line import run, seconds
from local_dev.commands.up_options import with_demo_devices
from local_dev.options import USUAL_PORTS, UpOptions

Read = Callable[..., UpOptions]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return the options that a command line chooses; nothing is started."""
    brought_up: list[UpOptions] = []
    monkeypatch.setattr(command, "bring_up", brought_up.append)

    def read_options(*arguments: str) -> UpOptions:
        with pytest.raises(SystemExit) as exit_:
            run(command.up, with_demo_devices(list(arguments)))
        assert exit_.value.code == 0
        return brought_up[-1]

    return read_options


def test_without_options_the_ports_are_those_that_users_know(read: Read) -> None:
    options = read()

    assert options.ports == {
        "ingest": 8001,
        "dashboard": 8002,
        "aggregate": 8003,
        "alert": 8004,
        "dlq": 8005,
        "kafka": 9092,
        "mongo": 27017,
    }
    assert options.idle_s == 60
    assert not options.keep_warm
    assert options.only is None
    assert options.demo_devices == 0


def test_an_offset_moves_every_port(read: Read) -> None:
    options = read("--port-offset", "100")

    assert options.ports == {name: port + 100 for name, port in USUAL_PORTS.items()}


def test_a_port_of_its_own_is_not_moved_by_the_offset(read: Read) -> None:
    options = read("--port-offset", "100", "--ingest-port", "9000")

    assert options.ports["ingest"] == 9000
    assert options.ports["dashboard"] == 8102


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--ingest-port", "8002"], "ingest and dashboard cannot both have port 8002"),
        (["--port-offset", "60000"], "is no port for ingest"),
        (["--only", "ingest,kafka"], "no such function: kafka"),
        (["--only", ","], "no such function"),
        (["--idle", "soon"], "'soon' is no length of time"),
    ],
)
def test_a_wrong_option_ends_it_with_the_reason(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(command.up, arguments)

    assert complaint in " ".join(capsys.readouterr().err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("text", "length_s"),
    [("90", 90), ("60s", 60), ("1.5m", 90), ("500ms", 0.5), ("2h", 7200)],
)
def test_a_length_of_time_has_a_unit_or_is_in_seconds(text: str, length_s: float) -> None:
    assert seconds(text) == pytest.approx(length_s)


@pytest.mark.parametrize("text", ["", "-1s", "1 day", "s", "1e3"])
def test_other_texts_are_no_length_of_time(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        seconds(text)


@pytest.mark.parametrize(
    ("name", "variable"), [("kafka", "KAFKA_BOOTSTRAP_SERVERS"), ("mongo", "MONGO_URL")]
)
def test_a_server_that_the_environment_names_is_not_started(
    read: Read, name: str, variable: str
) -> None:
    options = read()

    assert not options.listens_on(name, {variable: "elsewhere"})
    assert options.listens_on(name, {variable: ""})


def test_only_the_chosen_functions_listen(read: Read) -> None:
    options = read("--only", "ingest,alert")

    assert options.listens_on("alert", {})
    assert not options.listens_on("dashboard", {})


@pytest.mark.parametrize(("arguments", "devices"), [(["--demo"], 10), (["--demo", "3"], 3)])
def test_the_demo_has_ten_devices_or_as_many_as_said(
    read: Read, arguments: list[str], devices: int
) -> None:
    assert read(*arguments).demo_devices == devices


def test_event_functions_keep_as_many_instances_as_said(read: Read) -> None:
    assert read("--instances", "2").instances == 2
    assert read().instances == 0
