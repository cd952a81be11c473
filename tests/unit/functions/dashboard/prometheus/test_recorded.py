"""Queries give what Prometheus 2.42 gave when tests/support/record_promql.py asked it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.promql_evaluation import are_equal, ours

RECORDED = [
    json.loads(line) for line in Path(__file__).with_name("recorded.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("one", RECORDED, ids=lambda one: one["query"])
def test_a_query_gives_what_was_recorded(one: dict[str, Any]) -> None:
    times = range(one["start"] * 1000, one["end"] * 1000 + 1, one["step"] * 1000)

    status, found = ours(one["query"], times)

    assert status == one["status"], found
    if status == 200:
        assert are_equal(one["query"], found, one["result"]), f"{found}\n{one['result']}"
    else:
        assert found.split(":")[0][:30] == one["result"].split(":")[0][:30]
