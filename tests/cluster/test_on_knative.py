"""What only a real Knative can show. Run by `local-dev/cluster-test`; skips where there is no
cluster.

The figures it prints (`-s`) are what was seen once, on that cluster.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Producer

from tests.cluster.conftest import ROOT, Cluster, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
FUNCTIONS = ("ingest", "aggregate", "alert", "dlq", "dashboard")
BACK_TO_ZERO_S = 180.0  # window, grace period, and the drain of a pod


def reading(device_id: str, number: int = 0, temperature_c: float = 20.0) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"device_id": device_id, "ts": now, "id": str(number), "temperature_c": temperature_c}


@pytest.fixture
def device_id() -> str:
    return f"device-{uuid.uuid4().hex[:12]}"


@contextmanager
def flowing(cluster: Cluster, device_id: str) -> Iterator[list[int]]:
    """Post a reading every 20 ms, each until it is taken; gives the numbers of those taken."""
    accepted: list[int] = []
    stop = threading.Event()

    def post() -> None:
        number = 0
        while not stop.is_set():
            cluster.post_until_taken(reading(device_id, number, float(number)))
            accepted.append(number)
            number += 1
            stop.wait(0.02)

    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(post)
        try:
            yield accepted
        finally:
            stop.set()
            posting.result(timeout=120)


def assert_each_is_stored_and_counted_once(
    cluster: Cluster, device_id: str, accepted: list[int]
) -> None:
    eventually(lambda: len(cluster.readings_of(device_id)) >= len(accepted), 120)
    values = sorted(round(row["temperature_c"]) for row in cluster.readings_of(device_id))
    assert values == sorted(accepted)
    eventually(lambda: cluster.counted(device_id) == len(accepted), 60)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_service_is_ready(cluster: Cluster, function: str) -> None:
    eventually(lambda: cluster.condition(function) == "True", 120)


def test_knative_has_nothing_to_warn_about(cluster: Cluster) -> None:
    rendered = cluster.kubectl("kustomize", str(ROOT / cluster.overlay))

    answer = cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=rendered)

    assert "Warning" not in answer
    assert "service.serving.knative.dev/ingest" in answer


def test_a_reading_comes_out_and_a_bad_one_is_refused(cluster: Cluster, device_id: str) -> None:
    cluster.post_until_taken(reading(device_id, temperature_c=61.5))
    status, _ = cluster.ask("ingest", "/ingest", {"device_id": device_id, "temperature_c": "hot"})

    assert status == 422
    eventually(lambda: cluster.counted(device_id) == 1)
    alerts = f"/alerts?device_id={device_id}"
    assert eventually(lambda: cluster.ask("dashboard", alerts)[1]["data"])[0]["value"] == 61.5


def test_aggregate_starts_at_its_first_event_and_goes_again(
    cluster: Cluster, device_id: str
) -> None:
    eventually(lambda: not cluster.pods("aggregate"), BACK_TO_ZERO_S, 1)

    begun = time.monotonic()
    cluster.post_until_taken(reading(device_id, temperature_c=99.0))
    eventually(lambda: cluster.counted(device_id) == 1)
    shown_s = time.monotonic() - begun
    pods = cluster.pods("aggregate")
    eventually(lambda: not cluster.pods("aggregate"), BACK_TO_ZERO_S, 1)
    print(f"aggregate: reading to view {shown_s:.2f} s, then zero after {idle(begun):.0f} s")

    assert len(pods) == 1


def test_alert_goes_to_zero_without_ticks_and_starts_at_its_first_event(
    cluster: Cluster, device_id: str
) -> None:
    """A tick each minute keeps an instance up (eventing/alert-tick.yaml): here none comes."""
    if "bridge" not in cluster.kubectl("get", "deployments"):
        pytest.skip("the ticks cannot be stopped here: PingSource sends them")
    cluster.kubectl("scale", "deployment/bridge", "--replicas=0")
    try:
        eventually(lambda: not cluster.pods("alert"), BACK_TO_ZERO_S, 1)
        cluster.post_until_taken(reading(device_id, temperature_c=99.0))
    finally:
        cluster.kubectl("scale", "deployment/bridge", "--replicas=1")

    alerts = f"/alerts?device_id={device_id}"
    found = eventually(lambda: cluster.ask("dashboard", alerts)[1]["data"], 120)
    assert (len(found), found[0]["value"]) == (1, 99.0)


def idle(begun: float) -> float:
    return time.monotonic() - begun


def test_a_poison_record_wakes_the_dlq_function_and_is_kept(
    cluster: Cluster, device_id: str
) -> None:
    if not cluster.kafka:
        pytest.skip("no --kafka given: nothing else can write a poison record")
    eventually(lambda: not cluster.pods("dlq"), BACK_TO_ZERO_S, 1)
    producer = Producer({"bootstrap.servers": cluster.kafka})

    producer.produce("telemetry.raw", f"not a reading: {device_id}".encode(), device_id)
    assert producer.flush(10) == 0

    letters = "/dead-letters?limit=50"
    eventually(lambda: device_id in json.dumps(cluster.ask("dashboard", letters)[1]), 90)


def test_under_load_there_are_several_instances_and_the_results_are_exact(
    cluster: Cluster, device_id: str
) -> None:
    devices, per_device = 40, 50
    most = 1
    with ThreadPoolExecutor(16) as pool:
        bodies = [
            [reading(f"{device_id}-{d}", n, float(n)) for d in range(devices)]
            for n in range(per_device)
        ]
        singles = [[one] for body in bodies for one in body]
        posting = [pool.submit(cluster.post_until_taken, body) for body in singles]
        while not all(future.done() for future in posting):
            most = max(most, len(cluster.pods("aggregate")))
            time.sleep(0.5)
    expected = [(per_device, float(sum(range(per_device))))] * devices

    def seen() -> list[tuple[int, float]]:
        return [totals(cluster, f"{device_id}-{d}") for d in range(devices)]

    eventually(lambda: seen() == expected, 120, 2)
    print(f"{devices * per_device} single readings, up to {most} instances of aggregate")
    assert most > 1


def totals(cluster: Cluster, device_id: str) -> tuple[int, float]:
    status, page = cluster.ask("dashboard", f"/devices/{device_id}/aggregates?limit=1000")
    rows = page["data"] if status == 200 else []
    temperatures = [row for row in rows if row["sensor_type"] == "temperature_c"]
    return sum(row["count"] for row in temperatures), sum(row["sum"] for row in temperatures)


def test_a_new_revision_loses_nothing_and_counts_nothing_twice(
    cluster: Cluster, device_id: str
) -> None:
    stamp = f"{time.time():.0f}"
    patch = {"spec": {"template": {"metadata": {"annotations": {"test/rolled-at": stamp}}}}}
    with flowing(cluster, device_id) as accepted:
        time.sleep(2)
        begun = time.monotonic()
        for function in ("ingest", "aggregate", "alert"):
            roll(cluster, function, patch)
        rolled_s = time.monotonic() - begun
        time.sleep(5)
    print(f"three functions rolled in {rolled_s:.1f} s while {len(accepted)} readings were taken")

    assert_each_is_stored_and_counted_once(cluster, device_id, accepted)


def roll(cluster: Cluster, function: str, patch: dict[str, Any]) -> None:
    before = cluster.json("get", "ksvc", function)["status"]["latestReadyRevisionName"]
    cluster.kubectl("patch", "ksvc", function, "--type", "merge", "-p", json.dumps(patch))
    eventually(lambda: is_rolled(cluster, function, before), 120)


def is_rolled(cluster: Cluster, function: str, before: str) -> bool:
    status = cluster.json("get", "ksvc", function)["status"]
    return status["latestReadyRevisionName"] != before and cluster.condition(function) == "True"


@pytest.mark.parametrize("how", [["--force", "--grace-period=0"], []], ids=["killed", "drained"])
@pytest.mark.parametrize("function", ["ingest", "aggregate"])
def test_a_pod_that_goes_takes_nothing_with_it(
    cluster: Cluster, function: str, device_id: str, how: list[str]
) -> None:
    with flowing(cluster, device_id) as accepted:
        pod = eventually(lambda: cluster.pods(function))[0]
        time.sleep(1)
        cluster.kubectl("delete", "pod", pod, "--wait=false", *how)
        time.sleep(5)

    assert_each_is_stored_and_counted_once(cluster, device_id, accepted)


def test_a_bad_setting_keeps_the_old_revision_serving(cluster: Cluster, device_id: str) -> None:
    service = cluster.json("get", "ksvc", "alert")
    old = service["status"]["latestReadyRevisionName"]
    containers = service["spec"]["template"]["spec"]["containers"]
    bad = [{**containers[0], "env": [{"name": "TEMP_MAX_THRESHOLD", "value": "warm"}]}]
    try:
        put_containers(cluster, "alert", bad)
        eventually(lambda: "TEMP_MAX_THRESHOLD" in refusals(cluster, "alert"), 120)

        cluster.post_until_taken(reading(device_id, temperature_c=99.0))
        alerts = f"/alerts?device_id={device_id}"
        eventually(lambda: cluster.ask("dashboard", alerts)[1]["data"])

        assert cluster.json("get", "ksvc", "alert")["status"]["latestReadyRevisionName"] == old
    finally:
        bad_one = cluster.json("get", "ksvc", "alert")["status"]["latestCreatedRevisionName"]
        put_containers(cluster, "alert", containers)
        eventually(lambda: cluster.condition("alert") == "True", 120)
        if bad_one != old:
            cluster.kubectl("delete", "revision", bad_one)  # it would go on trying for 10 minutes


def refusals(cluster: Cluster, function: str) -> str:
    """Give what the newest revision's pods say of why they do not start."""
    newest = cluster.json("get", "ksvc", function)["status"]["latestCreatedRevisionName"]
    label = f"serving.knative.dev/revision={newest}"
    return cluster.kubectl("logs", "-l", label, "-c", "user-container", "--tail=5")


def put_containers(cluster: Cluster, function: str, containers: list[dict[str, Any]]) -> None:
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    cluster.kubectl("patch", "ksvc", function, "--type", "merge", "-p", json.dumps(patch))


def test_a_function_can_write_nothing_but_its_scratch_space(cluster: Cluster) -> None:
    pod = eventually(lambda: cluster.pods("ingest"))[0]

    def run(*command: str) -> str:
        return cluster.kubectl("exec", pod, "-c", "user-container", "--", *command)

    assert "Read-only file system" in run("touch", "/app/written")
    assert run("touch", "/tmp/written") == ""
    assert run("id", "-u").strip() not in ("0", "")
