"""The examples of docs/alert-rules.md are rules, and show all that there is."""

import json
import re
from typing import Any

import jsonschema
import pytest

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.file import rule_set_of
from shared.alerts.rules.marked_yaml import read_marked
from shared.alerts.rules.schema import schema_text
from shared.settings import ThresholdSettings
from tests.support.pages import blocks_in

PAGE = "docs/alert-rules.md"
EXAMPLES = blocks_in(PAGE, "yaml")
SCHEMA: dict[str, Any] = json.loads(schema_text())


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_file_that_a_start_takes(example: str) -> None:
    found = rule_set_of(example, PAGE, rules_of(ThresholdSettings()))

    assert len(found) >= 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_as_the_schema_says(example: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(read_marked(example).content)


def test_the_examples_show_each_kind_and_each_field() -> None:
    text = "".join(EXAMPLES)
    fields = {name for each in SCHEMA["$defs"].values() for name in each["properties"]}
    kinds = set(SCHEMA["properties"]["rules"]["items"]["discriminator"]["mapping"])

    assert fields <= set(re.findall(r"([a-z_]+):", text))
    assert kinds == set(re.findall(r"kind: ([a-z]+)", text))
