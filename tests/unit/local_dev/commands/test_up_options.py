"""What can be chosen about `local-dev/up`, read from its command line."""

import signal
from collections.abc import Callable

import pytest
import typer

from local_dev.commands import up as command
from local_dev.commands.command_line import run, seconds
from local_dev.commands.up_options import with_demo_devices
from local_dev.options import USUAL_PORTS, UpOptions
from local_dev.servers.child_process import ServerFailedError

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


@pytest.mark.parametrize(
    ("disposition", "ends"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["", "nohup"]
)
def test_a_lost_terminal_ends_the_system_but_not_under_nohup(
    monkeypatch: pytest.MonkeyPatch, disposition: signal.Handlers, *, ends: bool
) -> None:
    monkeypatch.setattr(signal, "getsignal", lambda _: disposition)

    assert (signal.SIGHUP in command.ending_signals()) is ends


def test_without_host_everything_stays_on_loopback(read: Read) -> None:
    assert read().host == "127.0.0.1"


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.2"])
def test_public_functions_listen_at_the_address_that_host_names(read: Read, address: str) -> None:
    assert read("--host", address).host == address


@pytest.mark.parametrize("text", ["everywhere", "::", "203.0.113.7", "127.0.0.1:80", ""])
def test_a_host_that_is_no_address_of_this_machine_is_refused_with_the_remedy(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        run(command.up, ["--host", text])

    assert exit_.value.code == 2
    assert "0.0.0.0" in capsys.readouterr().err


def test_a_public_port_that_is_taken_elsewhere_than_on_loopback_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {(8001, "0.0.0.0"), (8003, "0.0.0.0")}
    monkeypatch.setattr(command, "is_taken", lambda *port: port in taken)

    with pytest.raises(ServerFailedError) as refused:
        command._refuse_taken_ports(read("--host", "0.0.0.0"))

    assert "8001" in str(refused.value)
    assert "8003" not in str(refused.value)


@pytest.mark.parametrize(("arguments", "auth"), [((), False), (("--auth",), True)])
def test_whether_callers_are_asked_for_is_an_option(
    read: Read,
    arguments: tuple[str, ...],
    auth: bool,  # noqa: FBT001 - the case
) -> None:
    assert read(*arguments).auth == auth
