"""What can become of a reading or an event besides success. Rules and stores raise these; serving
answers them.
"""

from typing import Final

RETRY_AFTER_S: Final = 2


class PermanentError(Exception):
    """The data is at fault: never retry, keep it as a dead letter (answered with 422).

    `reason` is a short word of a closed set (a metric label, the dead letter's reason), `detail` a
    sentence for people, `field` the path of the offending field, empty where it is the whole.
    """

    def __init__(self, reason: str, detail: str, field: str = "") -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.reason = reason
        self.detail = detail
        self.field = field


class TemporaryError(Exception):
    """The world is at fault: the same event may succeed later (answered with 503 and Retry-After).

    `operation` names what failed in a word of a closed set, `detail` says how.
    """

    def __init__(self, operation: str, detail: str) -> None:
        super().__init__(f"{operation}: {detail}")
        self.operation = operation
        self.detail = detail
