"""How writers of line protocol are told of failures; pure.

Telegraf and Home Assistant drop a batch that is answered with 400, and send it again for almost
anything else. So good lines are stored whatever stands beside them, 204 is the answer to them, and
400 says that there was none. What was refused is counted (`iot_readings_rejected`).
"""

import json
from http import HTTPStatus
from typing import Final

from functions.ingest.request_body import Posting
from shared.serving.http import HttpResponse, json_response

_CODES: Final = {
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request too large",
    HTTPStatus.TOO_MANY_REQUESTS: "too many requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


class InfluxLaw:
    """The law of both versions; `version` is that of the errors' form, 1 or 2."""

    def __init__(self, version: int) -> None:
        self._version = version

    def queued(self, _posting: Posting) -> HttpResponse:
        """Return 204: Kafka has every good line."""
        return HttpResponse(HTTPStatus.NO_CONTENT)

    def all_bad(self, posting: Posting) -> HttpResponse:
        """Return 400 with the first fault: nothing was stored."""
        first = posting.refused[0]
        fault = first.faults[0]
        where = f"line {first.index + 1}: {fault.field} {fault.detail}".replace(":  ", ": ")
        dropped = len(posting.refused) + len(posting.accepted)
        if self._version == 1:
            return self._error(400, f"partial write: {where} dropped={dropped}")
        return self._error(400, f"nothing was stored of {dropped} lines; {where}")

    def failed(self, plain: HttpResponse) -> HttpResponse:
        """Return the problem's status and headers, with its detail in the form of Influx."""
        response = self._error(plain.status, str(json.loads(plain.body)["detail"]))
        return HttpResponse(response.status, response.body, headers=plain.headers)

    def _error(self, status: int, message: str) -> HttpResponse:
        if self._version == 1:
            return json_response(status, {"error": message})
        code = _CODES.get(HTTPStatus(status), "invalid")
        return json_response(status, {"code": code, "message": message})


V1_LAW: Final = InfluxLaw(1)
V2_LAW: Final = InfluxLaw(2)
