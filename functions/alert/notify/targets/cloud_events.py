"""CloudEvents to the sink that Knative injects as K_SINK, made by the CloudEvents SDK; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from functions.alert.notify.notices import notice_id_of
from functions.alert.notify.targets.target import Message, Request
from functions.alert.notify.targets.told import SOURCE, data_of, json_bytes, type_of
from shared.times import rfc3339

NAME = "k_sink"


@dataclass(frozen=True, slots=True)
class CloudEventsSink:
    """The sink of a SinkBinding: `overrides` are the extensions of K_CE_OVERRIDES.

    Its address is the platform's, inside the cluster, so private ones are meant.
    """

    url: str
    overrides: Mapping[str, str] = field(default_factory=dict)
    name: str = NAME
    keeps_state: bool = field(default=False, init=False)

    @property
    def fingerprint(self) -> str:
        return notice_id_of("cloudevents", self.name, self.url, "")

    def request_of(self, message: Message, now: datetime) -> Request:  # noqa: ARG002 - a target's
        """Return the event in binary mode; its `id` is the same at each attempt."""
        from cloudevents.conversion import to_binary  # noqa: PLC0415 - most starts need none
        from cloudevents.http import CloudEvent  # noqa: PLC0415 - likewise

        attributes = {
            "id": message.notice_id,
            "source": SOURCE,
            "type": type_of(message),
            "time": rfc3339(message.at),
            "subject": message.uid,
            "datacontenttype": "application/json",
        }
        device_id = message.alert.get("device_id")
        if device_id is not None:
            attributes["partitionkey"] = str(device_id)
        event = CloudEvent({**attributes, **self.overrides}, data_of(message))
        headers, body = to_binary(event, data_marshaller=json_bytes)
        encoded = [(name, _header(str(value))) for name, value in headers.items()]
        return Request(self.url, encoded, body, allow_private=True)


def _header(value: str) -> str:
    """Percent-encode what a header cannot hold (HTTP binding of CloudEvents 1.0.2, 3.1.3.2)."""
    return "".join(one if _is_plain(one) else _escaped(one) for one in value)


def _is_plain(one: str) -> bool:
    return "!" <= one <= "~" and one not in '"%'


def _escaped(one: str) -> str:
    return "".join(f"%{byte:02X}" for byte in one.encode("utf-8", "backslashreplace"))
