"""What a request is refused for, beside wrong parameters; `error_handlers` makes the responses."""

from http import HTTPStatus
from typing import Any, Final

MAX_SHOWN: Final = 100  # characters of a name or path that a client sent


class UnknownDevice(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """No reading of this device has been seen."""


class Refusal(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """A request that is refused as a whole: `detail` says why, `parameter` what is at fault."""

    def __init__(self, status: HTTPStatus, detail: str, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more: dict[str, Any] = {} if parameter is None else {"parameter": parameter}


def no_such_alert(alert_id: str) -> Refusal:
    """Return the refusal of a request about an alert that is not there."""
    return Refusal(HTTPStatus.NOT_FOUND, f"there is no alert {alert_id[:MAX_SHOWN]}", "alert_id")
