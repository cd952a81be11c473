"""The command that lists stuck notices, sends them again or drops them, on the real MongoDB."""

from collections.abc import Iterator

import pytest

from functions.alert.notify.retrying import Answer
from functions.alert.notify.stuck import main
from tests.support.notices import alert, ended
from tests.support.notifying import ONCALL, Notifying
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made, Notifying(mongo_url, made):
        yield made


@pytest.fixture
def notifying(mongo_url: str, database: Documents) -> Iterator[Notifying]:
    """Give a process whose target has refused the opening of an alert."""
    for name in ("notifications", "alerts", "notification_targets"):
        database[name].delete_many({})
    with Notifying(mongo_url, database) as made:
        made.client.always[ONCALL.url] = Answer(410, "410 gone")
        made.changes(("opened", alert()))
        made.sends(1)
        made.client.always.clear()
        yield made


def run(notifying: Notifying, *arguments: str) -> int:
    environment = {"MONGO_URL": notifying.url, "MONGO_DB": notifying.database.name}
    return main(arguments, environment)


def test_what_is_stuck_is_listed_and_left_alone(
    notifying: Notifying, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(notifying) == 0

    assert capsys.readouterr().out.splitlines() == [
        "2026-01-31T12:00:00.000Z  oncall  opened  greenhouse-1  a1  410 gone",
        "1 notices stuck",
    ]
    assert notifying.statuses() == [("opened", "stuck")]


def test_what_is_sent_again_is_sent_by_the_next_tick_and_its_target_is_on(
    notifying: Notifying,
) -> None:
    assert run(notifying, "--again", "--target", "oncall") == 0
    notifying.database["notifications"].update_many({}, {"$set": {"next_attempt": notifying.now}})

    assert notifying.ticks(2) == ["opened"]


def test_what_is_over_by_then_is_not_told_to_have_opened(notifying: Notifying) -> None:
    notifying.changes(("resolved", ended()))
    notifying.sends(2)
    run(notifying, "--again")
    notifying.database["notifications"].update_many(
        {"status": "waiting"}, {"$set": {"next_attempt": notifying.now}}
    )

    assert notifying.ticks(3) == []
    assert notifying.statuses() == [("opened", "suppressed"), ("resolved", "suppressed")]


def test_what_is_dropped_is_never_sent(
    notifying: Notifying, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(notifying, "--drop", "--limit", "5") == 0

    assert capsys.readouterr().out.endswith("1 notices dropped\n")
    assert notifying.statuses() == [("opened", "suppressed")]
    assert notifying.ticks(2) == []


def test_others_than_the_target_that_is_named_are_left_alone(notifying: Notifying) -> None:
    run(notifying, "--drop", "--target", "another")

    assert notifying.statuses() == [("opened", "stuck")]


def test_a_wrong_setting_and_a_database_that_is_away_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([], {"MONGO_URL": "http://mongo"}) == 2
    assert "MONGO_URL" in capsys.readouterr().err

    away = {"MONGO_URL": "mongodb://127.0.0.1:1", "MONGO_TIMEOUT_MS": "100"}
    assert main([], away) == 1
    assert "Run it again" in capsys.readouterr().err


def test_a_database_that_does_not_respond_ends_it_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = {"MONGO_URL": "mongodb://127.0.0.1:9", "MONGO_TIMEOUT_MS": "100"}

    assert main([], away) == 1
    assert "stopped: " in capsys.readouterr().err
