"""Notices as their receivers take them: verified by the receivers' own libraries and programs."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.http import from_http
from standardwebhooks import Webhook as Verifier

from functions.alert.notify.sender import Sender
from functions.alert.notify.store.upkeep import database_time
from functions.alert.notify.targets.alertmanager import Alertmanager
from functions.alert.notify.targets.cloud_events import CloudEventsSink
from functions.alert.notify.targets.http_client import HttpClient
from functions.alert.notify.targets.settings import Targets
from functions.alert.notify.targets.signature import key_of
from functions.alert.notify.targets.webhook import Webhook
from local_dev.servers.child_process import ChildProcess
from local_dev.servers.free_port import free_port, is_listening
from tests.support.notices import ANOTHER_SECRET, SECRET, Receiver, alert, ended, receiver
from tests.support.notifying import Notifying
from tests.support.plain_http import NO_TLS
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database

CRITICAL: dict[str, Any] = {"severity": "critical", "highest_severity": "critical"}
CONFIG = """\
route: {receiver: team, group_by: [...], group_wait: 100ms, group_interval: 1s}
receivers:
  - name: team
    webhook_configs: [{url: "%s", send_resolved: true}]
"""


@pytest.fixture(scope="module")
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made, Notifying(mongo_url, made):
        yield made


@pytest.fixture
def notifying(mongo_url: str, database: Documents) -> Iterator[Notifying]:
    """Give a process with the real client, at the time of day."""
    for name in ("notifications", "alerts", "silences"):
        database[name].delete_many({})
    with Notifying(mongo_url, database, client_of=HttpClient) as made:
        made.begins = datetime.now(UTC).replace(microsecond=0)
        yield made


@pytest.fixture
def inside() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Receiver]]:
    """Give the address of a real Alertmanager, and the receiver that it tells."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        pytest.skip("no Alertmanager on PATH (Debian and Ubuntu: package prometheus-alertmanager)")
    with receiver() as told:
        folder, port = tmp_path_factory.mktemp("alertmanager"), free_port()
        (folder / "config.yaml").write_text(CONFIG % told.url)
        process = started(program, folder, port)
        try:
            process.wait_until(lambda: is_listening(port), 30)
            yield f"http://127.0.0.1:{port}", told
        finally:
            process.stop(5)


def started(program: str, folder: Path, port: int) -> ChildProcess:
    options = [
        f"--config.file={folder / 'config.yaml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return ChildProcess.start("Alertmanager", [program, *options], folder / "log", {})


def lasting_in(url: str) -> dict[str, datetime]:
    """Return the severities of the alerts that last in an Alertmanager, and until when."""
    found = httpx.get(
        f"{url}/api/v2/alerts", params={"active": "true"}, timeout=10, verify=NO_TLS
    ).json()
    return {one["labels"]["severity"]: datetime.fromisoformat(one["endsAt"]) for one in found}


def test_a_webhook_is_verified_by_the_library_of_its_receiver(
    notifying: Notifying, inside: Receiver
) -> None:
    keys = (key_of(SECRET), key_of(ANOTHER_SECRET))
    notifying.targets = Targets((Webhook("oncall", inside.url, keys, allow_private=True),))
    notifying.changes(("opened", alert()), ("escalated", alert(**CRITICAL)))
    notifying.changes(("resolved", ended(**CRITICAL)))

    notifying.sends(1)

    verified = [Verifier(SECRET).verify(one.body, dict(one.headers)) for one in inside.received]
    assert [one["type"].rpartition(".")[2] for one in verified] == [
        "opened",
        "escalated",
        "resolved",
    ]
    assert verified[1]["data"]["severity"] == "critical"
    Verifier(ANOTHER_SECRET).verify(inside.received[0].body, dict(inside.received[0].headers))


def test_notices_are_sent_beside_events_as_soon_as_they_are_due(
    notifying: Notifying, inside: Receiver
) -> None:
    webhook = Webhook("oncall", inside.url, (key_of(SECRET),), allow_private=True)

    async def used() -> None:
        sender = Sender(notifying.mongo, Targets((webhook,), timedelta(seconds=0.1)))
        await sender.open()
        now = await database_time(notifying.mongo.database)
        await notifying.insert(sender.rows_for("opened", alert(), 1, now))
        sender.soon()
        assert await asyncio.to_thread(inside.gets, "alert.opened", 10)
        await asyncio.sleep(0.2)  # it finds that nothing more is due
        await sender.close()

    notifying.runner.run(used())

    assert notifying.statuses() == [("opened", "delivered")]


def test_a_receiver_that_was_away_gets_it_later_with_a_signature_of_that_time(
    notifying: Notifying, inside: Receiver
) -> None:
    webhook = Webhook("oncall", inside.url, (key_of(SECRET),), allow_private=True)
    notifying.targets = Targets((webhook,))
    notifying.changes(("opened", alert()))
    inside.answers = [503]

    notifying.sends(0.5)
    notifying.sends(1)

    ids = [one.headers["webhook-id"] for one in inside.received]
    assert len(ids) == 2
    assert ids[0] == ids[1]
    Verifier(SECRET).verify(inside.received[1].body, dict(inside.received[1].headers))


def test_a_webhook_inside_is_stuck_unless_private_addresses_are_allowed(
    notifying: Notifying, inside: Receiver
) -> None:
    notifying.targets = Targets((Webhook("oncall", inside.url, (key_of(SECRET),)),))
    notifying.changes(("opened", alert()))

    notifying.sends(1)

    assert inside.received == []
    assert notifying.statuses() == [("opened", "stuck")]
    assert "a private address" in notifying.rows()[0]["last_error"]


def test_a_sink_gets_events_that_the_sdk_reads(notifying: Notifying, inside: Receiver) -> None:
    notifying.targets = Targets((CloudEventsSink(inside.url, {"cluster": "north"}),))
    notifying.changes(("opened", alert()), ("resolved", ended()))

    notifying.sends(1)

    events = [from_http(dict(one.headers), one.body) for one in inside.received]
    assert [event["type"] for event in events] == [
        "iot.telemetry.alert.opened",
        "iot.telemetry.alert.resolved",
    ]
    assert {event["subject"] for event in events} == {"a1"}
    assert {event["cluster"] for event in events} == {"north"}
    assert dict(events[1].get_data() or {})["end_reason"] == "recovered"


def test_an_alertmanager_has_one_alert_at_each_time_from_opening_to_end(
    notifying: Notifying, alertmanager: tuple[str, Receiver]
) -> None:
    url, _ = alertmanager
    begun: dict[str, Any] = {
        "started": notifying.begins - timedelta(seconds=30),
        "device_id": "one",
    }
    notifying.targets = Targets((team(url),))

    notifying.changes(("opened", alert(**begun)))
    notifying.sends(0)
    assert set(lasting_in(url)) == {"warning"}

    levels = [{"at": notifying.now, "level": level} for level in ("warning", "critical")]
    notifying.changes(("escalated", alert(**begun, **CRITICAL, level_changes=levels)))
    notifying.sends(0)
    assert set(lasting_in(url)) == {"critical"}

    over = notifying.begins + timedelta(seconds=1)
    notifying.changes(
        ("resolved", ended(**begun, **CRITICAL, level_changes=levels) | {"ended": over})
    )
    notifying.sends(0)
    assert lasting_in(url) == {}


def test_an_alertmanager_is_told_again_at_each_tick_what_lasts(
    notifying: Notifying, alertmanager: tuple[str, Receiver]
) -> None:
    """Else it would end the alert by itself: with zero pods of ours, and with a tick lost."""
    url, told = alertmanager
    notifying.targets = Targets((team(url),))
    document = alert("a2", device_id="two", started=notifying.begins)
    notifying.changes(("opened", document))
    notifying.sends(0)
    first = lasting_in(url)["warning"]

    notifying.ticks(1)

    ahead = first - notifying.begins
    assert timedelta(minutes=4) <= ahead < timedelta(minutes=4, seconds=30)
    assert lasting_in(url)["warning"] - first >= timedelta(seconds=30)
    assert told.gets("two", within_s=20)
    notifying.minutes = 0
    notifying.changes(("retracted", document | {"retracted_reason": "late_data"}))
    notifying.sends(0)
    assert lasting_in(url) == {}


def test_an_alertmanager_is_not_told_what_is_silenced_or_over(
    notifying: Notifying, inside: Receiver
) -> None:
    notifying.targets = Targets((team(inside.url),))
    silence: dict[str, Any] = {
        "_id": "s1",
        "matchers": {"device_id": "quiet*"},
        "from": notifying.begins,
        "to": notifying.begins + timedelta(hours=1),
    }
    notifying.database["silences"].insert_one(silence)
    notifying.stores(alert("a1", device_id="quiet-1"))
    notifying.stores(ended("a2"))
    notifying.ticks(1)
    assert inside.received == []

    notifying.stores(alert("a3", device_id="loud", status="acknowledged"))
    notifying.ticks(2)
    assert [one["labels"]["device_id"] for one in inside.received[0].content] == ["loud"]


def test_an_alertmanager_that_is_away_is_left_alone_until_the_next_tick(
    notifying: Notifying, inside: Receiver
) -> None:
    with receiver() as away:
        away.status = 503
        one = Alertmanager("away", away.url, allow_private=True)
        notifying.targets = Targets((one, team(inside.url)))
        notifying.stores(alert("a1", status="active"))
        notifying.stores(alert("a2", status="acknowledged"))

        notifying.ticks(1)

        assert (len(away.received), len(inside.received)) == (1, 2)


def test_where_no_alertmanager_takes_them_the_rest_is_not_read(
    notifying: Notifying, inside: Receiver
) -> None:
    inside.status = 503
    notifying.targets = Targets((team(inside.url),))
    notifying.stores(alert("a1", status="active"))
    notifying.stores(alert("a2", status="acknowledged"))

    notifying.ticks(1)

    assert len(inside.received) == 1


def test_an_alertmanager_is_told_no_longer_than_a_tick_has_time(
    notifying: Notifying, inside: Receiver
) -> None:
    notifying.targets = Targets((team(inside.url),))
    notifying.stores(alert())

    notifying.run(lambda sender: sender.tick(timedelta(0)))

    assert inside.received == []


def test_an_alertmanager_is_not_told_twice_what_was_over_when_it_was_found(
    notifying: Notifying,
) -> None:
    notifying.targets = Targets((team("http://127.0.0.1:1"),))

    assert notifying.changes(("late_opened", ended())) == 0


def team(url: str) -> Alertmanager:
    return Alertmanager("team", url, {"team": "garden"}, allow_private=True)
