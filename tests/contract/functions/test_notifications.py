"""What people are told, and how often: the outbox of notices on the real MongoDB."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.alert.notify.retrying import WAITS, Answer
from functions.alert.notify.sender import Sender
from functions.alert.notify.targets.settings import Targets
from functions.alert.notify.targets.webhook import Webhook
from shared import metrics
from tests.support.notices import NOON, alert, ended
from tests.support.notifying import ONCALL, Notifying
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database

CRITICAL = {"severity": "critical", "highest_severity": "critical"}
HOUR = 60


@pytest.fixture(scope="module")
def database(mongo_url: str) -> Iterator[Documents]:
    """Give a database that has its indexes: they are most of what a test would take.

    Nothing expires meanwhile: the tests' clock is long past.
    """
    with new_database(mongo_url) as made, Notifying(mongo_url, made):
        made.client.admin.command({"setParameter": 1, "ttlMonitorEnabled": False})
        yield made
        made.client.admin.command({"setParameter": 1, "ttlMonitorEnabled": True})


@pytest.fixture
def notifying(mongo_url: str, database: Documents) -> Iterator[Notifying]:
    for name in ("notifications", "alerts", "silences", "notification_targets"):
        database[name].delete_many({})
    with Notifying(mongo_url, database) as made:
        yield made


def test_an_alert_is_told_from_its_opening_to_its_end(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()))
    assert notifying.sends(at_minute=1) == ["opened"]

    notifying.changes(("escalated", alert(**CRITICAL)), ("deescalated", alert()))
    assert notifying.sends(2) == ["escalated", "deescalated"]

    notifying.changes(("resolved", ended()))
    assert notifying.sends(3) == ["resolved"]

    notifying.changes(("reopened", alert()), ("retracted", alert(retracted_reason="late_data")))
    assert notifying.sends(4) == ["reopened", "retracted"]


def test_a_notice_waits_for_others_of_its_rule_before_it_is_sent(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()))

    assert notifying.sends(at_minute=0) == []
    assert notifying.sends(at_minute=10 / 60) == ["opened"]


def test_what_is_written_out_again_is_enqueued_once(notifying: Notifying) -> None:
    new = []
    for _ in range(3):
        notifying.commits = 0
        new.append(notifying.changes(("opened", alert())))

    assert new == [1, 0, 0]


def test_two_that_write_the_same_out_at_once_enqueue_it_once(notifying: Notifying) -> None:
    async def both(sender: Sender) -> list[int]:
        alerts = [alert(f"a{number}") for number in range(50)]
        rows = [row for one in alerts for row in sender.rows_for("opened", one, 1, NOON)]
        return await asyncio.gather(*(notifying.insert(rows) for _ in range(3)))

    counts = notifying.run(both)

    assert sum(counts) == 50
    assert notifying.database["notifications"].count_documents({}) == 50


def test_nothing_is_enqueued_where_nobody_is_to_be_told(notifying: Notifying) -> None:
    notifying.targets = Targets(())

    assert notifying.changes(("opened", alert())) == 0
    assert notifying.ticks(1) == []


def test_two_senders_at_once_send_a_notice_once(notifying: Notifying) -> None:
    notifying.changes(*[("opened", alert(f"a{number}")) for number in range(20)])
    notifying.client.takes_s = 0.02

    async def all_of_them() -> None:
        senders = [notifying.sender() for _ in range(3)]
        await asyncio.gather(*(sender.send_due(NOON + timedelta(minutes=1)) for sender in senders))

    notifying.runner.run(all_of_them())

    ids = [dict(request.headers)["webhook-id"] for request in notifying.client.requests]
    assert len(ids) == len(set(ids)) == 20


def test_a_sender_that_sends_begins_no_second_time(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()))
    notifying.client.takes_s = 0.05

    async def twice(sender: Sender) -> None:
        await asyncio.gather(*(sender.send_due(NOON + timedelta(minutes=1)) for _ in range(2)))

    notifying.run(twice)

    assert notifying.client.kinds() == ["opened"]


def test_one_that_dies_after_it_sent_has_it_sent_again_under_the_same_id(
    notifying: Notifying,
) -> None:
    notifying.changes(("opened", alert()))
    notifying.client.on_post = died

    with pytest.raises(OSError, match="died"):
        notifying.sends(1)
    notifying.client.on_post = lambda: None

    assert notifying.sends(1.5) == []  # it may be sending still
    assert notifying.sends(2.1) == ["opened"]
    ids = [dict(request.headers)["webhook-id"] for request in notifying.client.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_one_that_was_slow_does_not_undo_what_another_did(notifying: Notifying) -> None:
    """Its lease was over, and the notice was delivered by another, when its own attempt failed."""
    notifying.changes(("opened", alert()))
    delivered = {"$set": {"status": "delivered"}, "$inc": {"attempts": 1}}
    notifying.client.answers[ONCALL.url] = [Answer(503)]
    notifying.client.on_post = lambda: notifying.database["notifications"].update_one({}, delivered)

    notifying.sends(1)

    assert notifying.statuses() == [("opened", "delivered")]


def test_the_end_is_sent_after_the_opening_however_long_that_takes(notifying: Notifying) -> None:
    notifying.client.always[ONCALL.url] = Answer(503, "503")
    notifying.changes(("opened", alert()))
    notifying.sends(1)
    notifying.changes(("resolved", ended()))
    notifying.sends(2)
    assert set(notifying.client.kinds()) == {"opened"}

    notifying.client.always.clear()
    notifying.client.posted.clear()
    sent = [kind for minute in range(3, 20) for kind in notifying.ticks(minute)]

    assert sent == ["opened", "resolved"]


def test_an_end_waits_while_the_opening_is_being_sent(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()), ("resolved", ended()))
    in_flight = {"$set": {"next_attempt": NOON + timedelta(seconds=70)}, "$inc": {"attempts": 1}}
    notifying.database["notifications"].update_one({"kind": "opened"}, in_flight)

    assert notifying.sends(0.5) == []
    assert notifying.sends(1.2) == ["opened", "resolved"]


def test_a_target_that_fails_is_tried_for_three_days_and_then_stuck(notifying: Notifying) -> None:
    notifying.client.always[ONCALL.url] = Answer(503, "503 busy")
    notifying.changes(("opened", alert()))
    minute = 1.0
    for wait in (*WAITS, timedelta(0)):
        assert notifying.sends(minute) == ["opened"]
        minute += wait.total_seconds() / 60 + 0.01

    (row,) = notifying.rows()
    assert (row["status"], row["last_error"]) == ("stuck", "503 busy")
    notifying.ticks(minute)
    assert metrics.notifications_stuck._value.get() == 1


def test_a_target_that_does_not_answer_keeps_no_other_waiting(notifying: Notifying) -> None:
    """After a few attempts a pass leaves it alone; what is due for it stays due."""
    other = Webhook("other", "https://other.example/", ONCALL.keys)
    notifying.targets = Targets((ONCALL, other))
    notifying.client.always[ONCALL.url] = Answer(None, "no answer")
    notifying.changes(*[("opened", alert(f"a{number}")) for number in range(20)])

    notifying.sends(1)

    assert len(notifying.client.kinds(other)) == 20
    assert 3 <= len(notifying.client.kinds(ONCALL)) <= 11
    assert notifying.database["notifications"].count_documents({"attempts": 0}) >= 9


def test_a_pass_ends_when_its_time_is_over(notifying: Notifying) -> None:
    notifying.changes(*[("opened", alert(f"a{number}")) for number in range(40)])
    notifying.client.takes_s = 0.1
    notifying.minutes = 1

    notifying.run(lambda sender: sender.send_due(notifying.now, timedelta(seconds=0.3)))

    assert 0 < len(notifying.client.posted) < 40


def test_an_alert_that_lasts_again_is_kept_as_long_as_it_lasts(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()), ("resolved", ended()), ("reopened", alert()))
    notifying.sends(1)

    assert ["expire_at" in row for row in notifying.rows()] == [True, True, False]


def test_a_target_that_asks_for_time_gets_it(notifying: Notifying) -> None:
    notifying.client.answers[ONCALL.url] = [Answer(429, "429", "600")]
    notifying.changes(("opened", alert()))

    assert notifying.sends(1) == ["opened"]
    assert notifying.sends(10) == []
    assert notifying.sends(11.1) == ["opened"]


def test_what_a_target_refuses_is_stuck_at_once_and_its_end_is_not_sent(
    notifying: Notifying,
) -> None:
    notifying.client.answers[ONCALL.url] = [Answer(401, "401 who are you")]
    notifying.changes(("opened", alert()))
    notifying.sends(1)
    notifying.changes(("resolved", ended()))
    notifying.sends(2)

    assert notifying.statuses() == [("opened", "stuck"), ("resolved", "suppressed")]
    assert notifying.rows()[0]["last_error"] == "401 who are you"


def test_a_target_that_is_gone_is_off_until_its_configuration_changes(
    notifying: Notifying,
) -> None:
    notifying.client.always[ONCALL.url] = Answer(410, "410 gone")
    notifying.changes(("opened", alert("a1")), ("opened", alert("a2")))
    notifying.minutes = 1
    notifying.sends(1)
    notifying.changes(("opened", alert("a3")))
    assert notifying.sends(2) == []

    assert {status for _, status in notifying.statuses()} == {"stuck"}
    assert "it is off since 2026-01-31 12:01 UTC: 410 gone" in str(notifying.rows())

    notifying.targets = Targets((Webhook("oncall", "https://other.example/", ONCALL.keys),))
    notifying.changes(("opened", alert("a4")))
    notifying.sends(3)
    assert [url for url, _ in notifying.client.posted][-1] == "https://other.example/"


def test_a_target_that_is_taken_away_leaves_its_notices_stuck_in_the_end(
    notifying: Notifying,
) -> None:
    notifying.changes(("opened", alert()))
    notifying.targets = Targets((Webhook("another", "https://other.example/", ONCALL.keys),))

    notifying.ticks(2)
    assert notifying.statuses() == [("opened", "waiting")]
    notifying.ticks(4 * 24 * HOUR)
    assert notifying.statuses() == [("opened", "stuck")]


def test_what_is_told_goes_after_thirty_days_and_not_while_the_alert_lasts(
    notifying: Notifying,
) -> None:
    notifying.changes(("opened", alert()), ("escalated", alert(**CRITICAL)))
    notifying.sends(1)
    assert [row.get("expire_at") for row in notifying.rows()] == [None, None]

    notifying.changes(("resolved", ended()))
    notifying.sends(2)

    lasts = [row["expire_at"] - notifying.now for row in notifying.rows()]
    assert [one.days for one in lasts] == [30, 30, 30]


def test_the_database_lets_go_of_what_has_expired(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()))

    index = notifying.database["notifications"].index_information()["expire_at_1"]

    assert index["expireAfterSeconds"] == 0


def test_a_silence_keeps_an_alert_back_until_it_is_over_and_then_tells_it_once(
    notifying: Notifying,
) -> None:
    silence(notifying, "s1", until_minute=30, device_id="greenhouse-*")
    notifying.changes(("opened", alert()))
    notifying.sends(1)
    notifying.changes(("escalated", alert(**CRITICAL)))
    assert [kind for minute in range(2, 30) for kind in notifying.ticks(minute)] == []

    assert [kind for minute in range(30, 33) for kind in notifying.ticks(minute)] == ["opened"]
    assert notifying.statuses() == [("opened", "suppressed"), ("escalated", "delivered")]


def test_a_silence_that_is_ended_early_keeps_back_no_longer(notifying: Notifying) -> None:
    silence(notifying, "s1", until_minute=600, rule_id="temperature_c_high")
    notifying.changes(("opened", alert()))
    assert notifying.ticks(1) == []

    notifying.database["silences"].update_one({}, {"$set": {"to": NOON + timedelta(minutes=2)}})

    assert notifying.ticks(3) == ["opened"]


def test_what_is_over_before_the_silence_is_never_told(notifying: Notifying) -> None:
    silence(notifying, "s1", until_minute=30, severity="warning")
    notifying.changes(("opened", alert()))
    notifying.ticks(1)
    notifying.changes(("resolved", ended()))
    notifying.ticks(2)

    assert notifying.ticks(31) == []
    assert notifying.statuses() == [("opened", "suppressed"), ("resolved", "suppressed")]


def test_an_end_is_told_through_a_silence_to_who_knows_of_the_opening(
    notifying: Notifying,
) -> None:
    notifying.changes(("opened", alert()))
    notifying.sends(1)
    silence(notifying, "s1", until_minute=30, device_id="greenhouse-1")
    notifying.changes(("resolved", ended()))

    assert notifying.sends(2) == ["resolved"]


def test_an_alert_is_repeated_while_it_lasts_and_nobody_has_acknowledged_it(
    notifying: Notifying,
) -> None:
    notifying.changes(("opened", alert()))
    notifying.sends(0.5)

    told = {hour: notifying.ticks(hour * HOUR + hour) for hour in range(1, 13)}
    assert [hour for hour, kinds in told.items() if kinds] == [4, 8, 12]
    assert {kind for kinds in told.values() for kind in kinds} == {"repeat"}

    acknowledged = alert(acknowledgement={"at": NOON, "rank": 0, "until": None})
    notifying.stores(acknowledged)
    assert notifying.ticks(17 * HOUR) == []
    notifying.stores(alert())
    assert notifying.ticks(22 * HOUR) == ["repeat"]

    notifying.stores(ended())
    assert notifying.ticks(40 * HOUR) == []
    assert notifying.rows(repeat_at={"$exists": True}) == []


def test_two_ticks_at_once_enqueue_one_repeat(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()))
    notifying.sends(1)
    notifying.minutes = 5 * HOUR

    async def all_of_them() -> None:
        await asyncio.gather(*(notifying.sender().tick() for _ in range(3)))

    notifying.runner.run(all_of_them())
    notifying.ticks(5 * HOUR + 1)

    assert notifying.client.kinds() == ["opened", "repeat"]


def test_an_escalation_begins_the_repeats_anew(notifying: Notifying) -> None:
    notifying.changes(("opened", alert()))
    notifying.sends(1)
    notifying.minutes = 3 * HOUR
    notifying.changes(("escalated", alert(**CRITICAL)))
    notifying.sends(3 * HOUR + 1)

    assert notifying.ticks(5 * HOUR) == []
    assert notifying.ticks(7 * HOUR + 2) == ["repeat"]


def test_nothing_is_repeated_where_the_file_says_so(notifying: Notifying) -> None:
    notifying.targets = Targets((ONCALL,), repeat=timedelta(0))
    notifying.changes(("opened", alert()))
    notifying.sends(1)

    assert notifying.ticks(99 * HOUR) == []


def test_a_rule_that_flaps_is_told_once_and_again_when_it_lasts(notifying: Notifying) -> None:
    flaps = {"is_flapping": True, "flapping_since": NOON}
    for number in range(4, 9):
        notifying.changes(("opened", alert(f"a{number}", **flaps)))
        notifying.sends(number)
        notifying.changes(("resolved", ended(f"a{number}", **flaps)))
        notifying.sends(number + 0.5)
    assert notifying.client.kinds() == ["flapping"]

    notifying.minutes = 90
    notifying.changes(("amended", alert("a8")), was_flapping=True)
    assert notifying.sends(91) == ["opened"]


def test_a_storm_is_one_digest_and_so_is_its_end(notifying: Notifying) -> None:
    devices = [f"d{number:02}" for number in range(25)]
    notifying.changes(*[("opened", alert(f"a-{one}", device_id=one)) for one in devices])
    assert notifying.sends(1) == ["digest"]
    ((_, content),) = notifying.client.posted
    assert (content["data"]["rule_id"], content["data"]["count"]) == ("temperature_c_high", 25)
    assert sorted(one["device_id"] for one in content["data"]["alerts"]) == devices
    assert {one["kind"] for one in content["data"]["alerts"]} == {"opened"}

    notifying.minutes = 2
    notifying.changes(*[("resolved", ended(f"a-{one}", device_id=one)) for one in devices])
    sent = [kind for minute in range(3, 12) for kind in notifying.ticks(minute)]

    assert sent == ["digest"]
    closing = notifying.client.posted[-1][1]["data"]
    assert {one["kind"] for one in closing["alerts"]} == {"resolved"}
    assert {row["status"] for row in notifying.rows()} == {"delivered"}
    assert all("expire_at" in row for row in notifying.rows())


def test_twenty_devices_are_no_storm(notifying: Notifying) -> None:
    notifying.changes(
        *[("opened", alert(f"a{number}", device_id=f"d{number}")) for number in range(20)]
    )

    assert notifying.sends(1) == ["opened"] * 20


def test_a_storm_that_goes_on_is_told_once_in_five_minutes(notifying: Notifying) -> None:
    for minute in range(6):
        notifying.minutes = minute
        notifying.changes(
            *[
                ("opened", alert(f"a{minute}-{number}", device_id=f"d{minute}-{number}"))
                for number in range(21)
            ]
        )
        notifying.ticks(minute + 0.5)
    for minute in range(6, 16):
        notifying.ticks(minute)

    told = [content["data"] for _, content in notifying.client.posted]
    assert notifying.client.kinds() == ["digest"] * 3
    assert sum(one["count"] for one in told) == 6 * 21
    assert {row["status"] for row in notifying.rows()} == {"delivered"}


def test_what_was_over_when_it_was_found_is_told_in_a_digest_later(notifying: Notifying) -> None:
    notifying.changes(("late_opened", ended(late_opened=True)))

    assert notifying.sends(1) == []
    assert notifying.sends(6) == ["digest"]
    notifying.changes(("retracted", alert(retracted_reason="late_data")))
    assert notifying.ticks(12) == []


def test_a_digest_that_is_stuck_leaves_its_members_stuck(notifying: Notifying) -> None:
    notifying.client.always[ONCALL.url] = Answer(400, "400 no")
    notifying.changes(("late_opened", ended("a1")), ("late_opened", ended("a2")))
    notifying.sends(1)
    notifying.sends(6)

    assert [status for _, status in notifying.statuses()] == ["stuck"] * 3


def test_what_joins_a_digest_that_is_being_sent_goes_on_to_the_next(notifying: Notifying) -> None:
    """A member that the digest did not tell of is found by a tick."""
    notifying.changes(("late_opened", ended("a1")))
    notifying.sends(1)
    (digest,) = notifying.rows(kind="digest")
    notifying.minutes = 5.9
    notifying.changes(("late_opened", ended("a2")))
    stray = {"status": "digested", "digest": digest["_id"], "digested_at": notifying.now}
    notifying.client.on_post = lambda: notifying.database["notifications"].update_one(
        {"uid": "a2", "status": "waiting"}, {"$set": stray}
    )
    assert notifying.sends(6) == ["digest"]
    notifying.client.on_post = lambda: None

    sent = [kind for minute in range(7, 30) for kind in notifying.ticks(minute)]

    assert sent == ["digest"]
    told = [one["data"]["alerts"][0]["alert_id"] for _, one in notifying.client.posted]
    assert told == ["a1", "a2"]


def test_a_digest_whose_members_went_elsewhere_tells_nothing(notifying: Notifying) -> None:
    notifying.changes(("late_opened", ended("a1")))
    notifying.sends(1)
    notifying.database["notifications"].delete_one({"uid": "a1"})

    assert notifying.sends(6) == []
    assert notifying.statuses() == [("digest", "suppressed")]


def test_where_two_digests_are_sent_already_a_member_waits(notifying: Notifying) -> None:
    for number in range(2):
        notifying.changes(("late_opened", ended(f"a{number}")))
        notifying.sends(1 + number / 2)
        notifying.database["notifications"].update_many(
            {"kind": "digest"}, {"$set": {"attempts": 1}}
        )
    notifying.changes(("late_opened", ended("a9")))
    notifying.sends(2)

    (row,) = notifying.rows(uid="a9")
    assert row["status"] == "waiting"
    assert timedelta(seconds=30) <= row["next_attempt"] - notifying.now < timedelta(seconds=40)


def silence(notifying: Notifying, silence_id: str, until_minute: float, **matchers: str) -> None:
    document: dict[str, Any] = {
        "_id": silence_id,
        "matchers": matchers,
        "from": NOON,
        "to": NOON + timedelta(minutes=until_minute),
        "comment": "maintenance",
        "actor": "op",
    }
    notifying.database["silences"].insert_one(document)


def died() -> None:
    raise OSError("the process died")
