"""Alerts and silences as Grafana's Alertmanager source reads and writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.mongo.collections import ALERTS, SILENCES
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import episode, silence

pytestmark = pytest.mark.database
API = "/alertmanager/api/v2"


def matcher(name: str, value: str, *, is_regex: bool = False, is_equal: bool = True) -> Any:
    return {"name": name, "value": value, "isRegex": is_regex, "isEqual": is_equal}


def posted(*matchers: Any, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "matchers": list(matchers),
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=2)).isoformat(),
        "createdBy": "ada",
        "comment": "new heating",
        **more,
    }


def test_open_alerts_are_listed_and_grouped(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1), episode(2, status="resolved")])

    (alert,) = desk.get(f"{API}/alerts?active=true").json()
    (group,) = desk.get(f"{API}/alerts/groups").json()

    assert alert["labels"]["alertname"] == "temperature_c_high"
    assert alert["status"] == {
        "state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": [],
    }  # fmt: skip
    assert alert["startsAt"] == "2026-01-31T12:00:30.000Z"
    assert [one["fingerprint"] for one in group["alerts"]] == [alert["fingerprint"]]
    assert desk.get(f"{API}/status").json()["cluster"]["status"] == "ready"


def test_without_alerts_there_is_no_group(desk: DashboardClient) -> None:
    assert desk.get(f"{API}/alerts/groups").json() == []


@pytest.mark.parametrize(
    ("given", "kept", "shown"),
    [
        (matcher("device_id", "boiler"), {"device_id": "boiler"}, ("boiler", False)),
        (matcher("device_id", "boil.*", is_regex=True), {"device_id": "boil*"}, ("boil.*", True)),
        (matcher("device_id", "a[.]b.*", is_regex=True), {"device_id": "a.b*"}, ("a[.]b.*", True)),
        (matcher("alertname", "temperature_c_high"), {"rule_id": "temperature_c_high"},
         ("temperature_c_high", False)),
        (matcher("severity", "warning", is_regex=True), {"severity": "warning"},
         ("warning", False)),
        (matcher("sensor", "temperature_c"), {"sensor_type": "temperature_c"},
         ("temperature_c", False)),
    ],
)  # fmt: skip
def test_a_silence_is_made_shown_and_ended(
    desk: DashboardClient, given: Any, kept: dict[str, str], shown: tuple[str, bool]
) -> None:
    desk.store(ALERTS, [episode(1)])

    silence_id = desk.post(f"{API}/silences", posted(given)).json()["silenceID"]

    (stored,) = desk.stored[SILENCES].find()
    assert (stored["matchers"], stored["actor"], stored["_id"]) == (kept, "ada", silence_id)
    one = desk.get(f"{API}/silence/{silence_id}").json()
    (matched,) = one["matchers"]
    assert (matched["value"], matched["isRegex"], one["status"]["state"]) == (*shown, "active")
    (alert,) = desk.get(f"{API}/alerts").json()
    is_covered = kept != {"device_id": "a.b*"}
    assert (alert["status"]["state"] == "suppressed") == is_covered
    assert desk.delete(f"{API}/silence/{silence_id}").json() == {}
    (listed,) = desk.get(f"{API}/silences").json()
    assert listed["status"]["state"] == "expired"


def test_a_silence_that_is_changed_takes_the_place_of_the_one_before(
    desk: DashboardClient,
) -> None:
    first = desk.post(f"{API}/silences", posted(matcher("device_id", "a"))).json()["silenceID"]

    changed = posted(matcher("device_id", "b"), id=first)
    second = desk.post(f"{API}/silences", changed).json()["silenceID"]

    states = {one["id"]: one["status"]["state"] for one in desk.get(f"{API}/silences").json()}
    assert states == {first: "expired", second: "active"}


@pytest.mark.parametrize(
    "body",
    [
        posted(matcher("device_id", "boiler", is_equal=False)),
        posted(matcher("device_id", "boiler|oven", is_regex=True)),
        posted(matcher("severity", "warn.*", is_regex=True)),
        posted(matcher("job", "x")),
        posted(matcher("device_id", "a"), matcher("device_id", "b")),
        posted(matcher("device_id", "no device")),
        posted(matcher("device_id", "a"), endsAt="2026-01-01T00:00:00Z"),
        posted(matcher("device_id", "a"), endsAt="soon"),
    ],
)
def test_what_our_silences_cannot_mean_is_refused(
    desk: DashboardClient, body: dict[str, Any]
) -> None:
    response = desk.post(f"{API}/silences", body)

    assert (response.status_code, isinstance(response.json(), str)) == (400, True)
    assert desk.stored[SILENCES].count_documents({}) == 0


def test_a_silence_that_is_not_there_is_a_404(desk: DashboardClient) -> None:
    desk.store(SILENCES, [silence(1, 0, 60)])
    nobody = f"{API}/silence/{2:032x}"

    assert desk.get(nobody).status_code == 404
    assert desk.delete(nobody).status_code == 404
    assert desk.get(f"{API}/silence/{1:032x}").status_code == 200
