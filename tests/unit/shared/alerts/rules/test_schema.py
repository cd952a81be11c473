"""The JSON schema of the rules file is that of the code, and takes what the code takes."""

import json
from pathlib import Path

import jsonschema
import yaml

from shared.alerts.rules.schema import schema_text

SCHEMA = Path("shared") / "alerts" / "rules" / "rules.schema.json"
MAKE = 'python -c "from shared.alerts.rules.schema import schema_text as t; print(t(), end=str())"'


def test_the_schema_in_the_repository_is_that_of_the_code(root: Path) -> None:
    assert (root / SCHEMA).read_text() == schema_text(), f"make it anew: {MAKE} > {SCHEMA}"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_shipped_file_is_as_the_schema_says(root: Path) -> None:
    content = yaml.safe_load((root / "knative" / "rules.yaml").read_text())

    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(content)


def test_the_shipped_file_says_where_its_schema_is(root: Path) -> None:
    first, *rest = (root / "knative" / "base" / "rules.yaml").read_text().splitlines()
    _, _, path = first.partition("$schema=")

    assert (root / "knative" / "base" / path).resolve() == root / SCHEMA
    assert SCHEMA.as_posix() in "\n".join(rest)
