"""Records what Prometheus gives: `python -m tests.support.record_promql`, where it is there."""

import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.prometheus_server import prometheus_with
from tests.support.promql_queries import SERIES, T0, WINDOW, queries

FILE = Path(__file__).parents[1] / "unit/functions/dashboard/prometheus/recorded.jsonl"
WANTED = 300


def main() -> None:
    """Write the file: random queries that give something, and some that are refused."""
    with (
        tempfile.TemporaryDirectory() as folder,
        prometheus_with(SERIES, Path(folder), WINDOW - 1) as url,
        httpx.Client(base_url=f"{url}/api/v1", timeout=30) as client,
    ):
        lines = recorded(client)
    FILE.write_text("".join(f"{json.dumps(one, separators=(',', ':'))}\n" for one in lines))


def recorded(client: httpx.Client) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}

    @settings(
        max_examples=6 * WANTED,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries, st.integers(0, 50), st.sampled_from([15, 60, 300]))
    def ask(query: str, minutes: int, step: int) -> None:
        start = T0 // 1000 + 60 * minutes
        asked: dict[str, str | int] = {
            "query": query,
            "start": start,
            "end": start + 3 * step,
            "step": step,
        }
        response = client.get("/query_range", params=asked)
        content = response.json()
        result = content["data"]["result"] if "data" in content else content["error"]
        is_new = query not in found and len(found) < WANTED
        refused = sum(one["status"] != 200 for one in found.values())
        if is_new and result and (response.status_code == 200 or refused < WANTED // 10):
            found[query] = {**asked, "status": response.status_code, "result": result}

    ask()
    return list(found.values())


if __name__ == "__main__":
    main()
