"""A deployed system as its users and its operator reach it: the gateway, and kubectl."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Cluster:
    """One namespace with the five functions in it."""

    gateway: str
    domain: str
    namespace: str
    kafka: str
    overlay: str

    def ask(self, function: str, path: str, body: object = None) -> tuple[int, Any]:
        """Ask a public function through the gateway; give status and JSON, 0 without an answer."""
        host = f"{function}.{self.namespace}.{self.domain}"
        headers = {"host": host, "content-type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.gateway + path, content, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError:
            return 0, None

    def post_until_taken(self, body: object, patience_s: float = 60) -> Any:
        """Post as a device does: again and again until it is taken."""
        return eventually(lambda: taken(*self.ask("ingest", "/ingest", body)), patience_s)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace; give what it printed, errors among it."""
        done = subprocess.run(
            ["kubectl", "-n", self.namespace, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.kubectl(*arguments, "-o", "json"))

    def pods(self, function: str) -> list[str]:
        """Give the names of the function's pods that are not on their way out."""
        label = f"serving.knative.dev/service={function}"
        items = self.json("get", "pods", "-l", label)["items"]
        return [
            item["metadata"]["name"]
            for item in items
            if "deletionTimestamp" not in item["metadata"]
        ]

    def readings_of(self, device_id: str) -> list[dict[str, Any]]:
        """Give all stored readings of a device, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            path = f"/devices/{device_id}/telemetry?limit=1000{cursor}"
            status, page = self.ask("dashboard", path)
            if status == 404:
                return found
            assert status == 200, page
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def counted(self, device_id: str) -> int:
        """Give how many temperatures of a device its windows count."""
        path = f"/devices/{device_id}/aggregates?limit=1000"
        status, page = self.ask("dashboard", path)
        rows = page["data"] if status == 200 else []
        return sum(row["count"] for row in rows if row["sensor_type"] == "temperature_c")

    def condition(self, function: str) -> str:
        """Give the Ready condition of the function's Knative Service: True, False or Unknown."""
        conditions = self.json("get", "ksvc", function)["status"]["conditions"]
        return next(str(c["status"]) for c in conditions if c["type"] == "Ready")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    gateway = os.environ.get("CLUSTER_GATEWAY", "")
    if not gateway:
        pytest.skip("there is no cluster: local-dev/cluster-test names one")
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH")
    return Cluster(
        gateway=gateway,
        domain=os.environ["CLUSTER_DOMAIN"],
        namespace=os.environ["CLUSTER_NAMESPACE"],
        kafka=os.environ["CLUSTER_KAFKA"],
        overlay=os.environ["CLUSTER_OVERLAY"],
    )


def eventually(look: Callable[[], Any], patience_s: float = 60, every_s: float = 0.25) -> Any:
    """Look until something true is seen, and give it; fails after `patience_s` seconds."""
    end = time.monotonic() + patience_s
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"not seen in {patience_s} s"
        time.sleep(every_s)


def taken(status: int, answer: Any) -> Any:
    """Give the answer if it says that the readings are safe."""
    return answer if status in (202, 207) else None
