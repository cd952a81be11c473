"""A webhook, signed by the scheme of Standard Webhooks; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from functions.alert.notify.notices import notice_id_of
from functions.alert.notify.targets.signature import signed_headers
from functions.alert.notify.targets.target import Message, Request
from functions.alert.notify.targets.told import data_of, json_bytes, type_of
from shared.times import rfc3339


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of signed JSON; `keys` are signed with in their order while they rotate."""

    name: str
    url: str
    keys: Sequence[bytes] = field(repr=False)
    allow_private: bool = False
    keeps_state: bool = field(default=False, init=False)

    @property
    def fingerprint(self) -> str:
        return notice_id_of("webhook", self.name, self.url, "")

    def request_of(self, message: Message, now: datetime) -> Request:
        """Return the request of an attempt at `now`; `webhook-id` is the same at each attempt."""
        body = json_bytes(
            {"type": type_of(message), "timestamp": rfc3339(message.at), "data": data_of(message)}
        )
        headers = signed_headers(message.notice_id, now, body, self.keys)
        return Request(
            self.url, [("content-type", "application/json"), *headers], body, self.allow_private
        )
