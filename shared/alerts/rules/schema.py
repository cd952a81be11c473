"""The JSON schema of the rules file, which editors check it by while it is written; pure."""

import json

from shared.alerts.rules.file_model import RulesFile


def schema_text() -> str:
    """Return what stands in rules.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of alerts",
        "description": "docs/alert-rules.md tells each of it by example.",
    }
    return json.dumps(RulesFile.model_json_schema() | schema, indent=2, ensure_ascii=False) + "\n"
