"""`local-dev/up` comes and goes: data stays, processes and ports do not."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local_dev.servers.free_port import is_listening
from tests.support.driven_system import DrivenSystem

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(240)]

Launch = Callable[..., DrivenSystem]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start systems on one data folder; none outlives the test."""
    systems: list[DrivenSystem] = []

    def launch(*options: str, data: Path = tmp_path / "data of mine") -> DrivenSystem:
        systems.append(DrivenSystem.launch(data, *options))
        return systems[-1]

    yield launch
    for system in systems:
        system.stop()


def processes_with(text: str) -> list[str]:
    """Return the command lines of living processes that contain the text."""
    lines = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    return [line for line in lines if text in line]


def function_processes(system: DrivenSystem) -> list[int]:
    functions = system.status["functions"].values()
    return [pid for function in functions for pid in function["pids"]]


def open_ports(system: DrivenSystem) -> list[int]:
    return [port for port in system.ports.values() if is_listening(port)]


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_what_was_stored_is_there_on_the_next_start_which_is_a_matter_of_seconds(
    launch: Launch,
) -> None:
    first = launch()
    first.wait_until_up()
    assert first.post({"device_id": "kept", "humidity": 50.0}).status_code == 202
    first.wait_for(lambda: first.get("/telemetry?device_id=kept").json()["data"], 60)
    first.stop()

    begun = time.monotonic()
    second = launch()
    second.wait_until_up()
    took_s = time.monotonic() - begun

    assert len(second.get("/telemetry?device_id=kept").json()["data"]) == 1
    assert took_s < 20  # below 10 where nothing else runs; here the other system does


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_at_the_end_no_process_and_no_port_is_left(launch: Launch, number: int) -> None:
    system = launch("--demo", "3")
    system.wait_until_up()
    system.wait_for(lambda: system.status["functions"]["alert"]["pids"], 60)
    functions = function_processes(system)
    ports_before = open_ports(system)

    exit_code = system.stop(number)

    assert exit_code == 0, system.output
    assert len(ports_before) == len(system.ports)
    assert open_ports(system) == []
    assert [pid for pid in functions if is_alive(pid)] == []
    assert processes_with(str(system.places.data)) == []


def test_a_second_ctrl_c_ends_everything_at_once(launch: Launch) -> None:
    system = launch()
    system.wait_until_up()
    functions = function_processes(system)
    os.kill(system.server_pid("Apache Kafka"), signal.SIGSTOP)  # it would take its time to end

    system.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    exit_code = system.stop(signal.SIGINT)

    assert exit_code == 130
    eventually(lambda: not processes_with(str(system.places.data)))
    eventually(lambda: not [pid for pid in functions if is_alive(pid)])
    eventually(lambda: not open_ports(system))


def test_a_killed_up_leaves_nothing_behind(launch: Launch) -> None:
    system = launch()
    system.wait_until_up()
    functions = function_processes(system)

    system.stop(signal.SIGKILL)

    eventually(lambda: not processes_with(str(system.places.data)))
    eventually(lambda: not [pid for pid in functions if is_alive(pid)])
    eventually(lambda: not open_ports(system))


def test_a_taken_port_is_named_with_the_process_that_has_it(launch: Launch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        exit_code = launch(f"--ingest-port={port}").process.wait(30)

    printed = (tmp_path / "data of mine" / "up.log").read_text()
    assert exit_code == 1
    assert f"port {port} for ingest is taken by process {os.getpid()} (" in printed


WRONG = {
    "a setting of a function that starts later": ("TEMP_MAX_THRESHOLD", "40,5"),
    "a database that is not there": ("MONGO_URL", "mongodb://127.0.0.1:1"),
    "a password that is not encoded": ("MONGO_URL", "mongodb://user:hunter2@x@127.0.0.1:1"),
    "a broker that is not there": ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
}


@pytest.mark.parametrize(("variable", "value"), WRONG.values(), ids=list(WRONG))
def test_what_cannot_work_ends_the_start_by_its_name_and_is_never_ready(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    begun = time.monotonic()

    system = launch()
    exit_code = system.process.wait(60)

    assert exit_code == 1
    assert variable in system.output
    assert "ready" not in system.output
    assert "Traceback" not in system.output
    assert "hunter2" not in system.output
    assert time.monotonic() - begun < 40  # below 10 where nothing else runs


def test_a_broker_and_a_database_of_ones_own_are_used_and_not_started(
    system: DrivenSystem, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", system.state["kafka_bootstrap"])
    monkeypatch.setenv("MONGO_URL", system.state["mongo_url"])

    guest = launch("--only", "dashboard")
    guest.wait_until_up()

    assert guest.get("/stats").status_code == 200
    assert guest.status["servers"] == {}
    assert not is_listening(guest.ports["mongo"])


def test_the_page_shows_the_port_that_ingest_has_this_time(system: DrivenSystem) -> None:
    page = system.get("/", accept="text/html")

    assert f'content="http://localhost:{system.ports["ingest"]}"' in page.text


COMMANDS = {
    "status": (["status"], 0, "raw-to-aggregate"),
    "invoke ingest": (["invoke", "ingest", "tests/events/posted-reading.json"], 0, "202"),
    "invoke alert": (["invoke", "alert", "tests/events/reading-too-hot.json"], 0, "done"),
    "invoke with poison": (
        ["invoke", "alert", "tests/events/reading-malformed.json"],
        1,
        "to the dead letters at once",
    ),
    "reset": (["reset", "--yes"], 1, "nothing was removed"),
}


@pytest.mark.parametrize(("command", "exit_code", "says"), COMMANDS.values(), ids=list(COMMANDS))
def test_the_commands_work_beside_a_running_system(
    system: DrivenSystem, root: Path, command: list[str], exit_code: int, says: str
) -> None:
    name, *arguments = command
    data = f"--data={system.places.data}"

    done = subprocess.run(
        [root / "local-dev" / name, data, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == exit_code, done.stderr
    assert says in done.stdout + done.stderr


def test_the_load_generator_gives_an_account(system: DrivenSystem, root: Path) -> None:
    url = f"--base-url=http://localhost:{system.ports['ingest']}"
    plan = ["--devices=5", "--rps=20", "--count=40", "--bad=0.5", "--duplicates=0.2"]

    done = subprocess.run(
        [root / "local-dev" / "send", url, *plan],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "failed    0" in done.stdout
    assert "latency   p50" in done.stdout


def eventually(happens: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < end, "it did not happen within 20 s"
        time.sleep(0.1)
