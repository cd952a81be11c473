"""What a notice says to a program: one JSON form for CloudEvents and webhooks; pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from functions.alert.notify.targets.target import Message
from shared.times import rfc3339

TYPE_PREFIX: Final = "iot.telemetry.alert."
SOURCE: Final = "/iot-telemetry/alert"


def type_of(message: Message) -> str:
    """Return the type of the message, such as iot.telemetry.alert.opened."""
    return TYPE_PREFIX + message.kind


def data_of(message: Message) -> dict[str, Any]:
    """Return the message as plain JSON: the alert's fields, or of a digest count and members."""
    if message.kind == "digest":
        members = [_plain(member) for member in message.members]
        return {"rule_id": message.alert.get("rule_id"), "count": message.count, "alerts": members}
    return {"alert_id": message.uid, **_plain(message.alert)}


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """Write JSON in UTF-8, without spaces: signed as it is sent."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any part of a stored document
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
