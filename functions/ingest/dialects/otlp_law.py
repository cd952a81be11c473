"""How senders of OTLP are told of failures (OTLP 1.x, "OTLP/HTTP Response"); pure.

They drop what is answered with 400 and send again what is answered with 429, 502, 503 or 504. A
part that is refused is told in a 200.
"""

import json
from http import HTTPStatus
from typing import Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)

from functions.ingest.request_body import Posting
from shared.serving.http import HttpResponse

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
_INVALID_ARGUMENT: Final = 3  # of google.rpc.Code
_CODES: Final = {
    HTTPStatus.UNAUTHORIZED: 16,
    HTTPStatus.FORBIDDEN: 7,
    HTTPStatus.TOO_MANY_REQUESTS: 8,
    HTTPStatus.SERVICE_UNAVAILABLE: 14,
}
_UNSUPPORTED: Final = "histograms, summaries and points without a value are not stored"


class OtlpLaw:
    """The law in one encoding."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding

    def queued(self, posting: Posting) -> HttpResponse:
        """Return 200, with the number of points that were rejected and why the first one was."""
        rejected = len(posting.refused) + posting.unsupported
        if not rejected:
            return self._response(HTTPStatus.OK, b"", {})
        reason = _first_fault(posting) if posting.refused else _UNSUPPORTED
        partial = ExportMetricsPartialSuccess(rejected_data_points=rejected, error_message=reason)
        content = {"rejectedDataPoints": str(rejected), "errorMessage": reason}
        body = ExportMetricsServiceResponse(partial_success=partial).SerializeToString()
        return self._response(HTTPStatus.OK, body, {"partialSuccess": content})

    def all_bad(self, posting: Posting) -> HttpResponse:
        """Return 400 with the first fault: nothing was stored."""
        return self._status(HTTPStatus.BAD_REQUEST, _first_fault(posting))

    def failed(self, plain: HttpResponse) -> HttpResponse:
        """Return the problem's status and headers, with its detail as google.rpc.Status."""
        response = self._status(plain.status, str(json.loads(plain.body)["detail"]))
        return HttpResponse(response.status, response.body, self._encoding, plain.headers)

    def _status(self, status: int, message: str) -> HttpResponse:
        code = _CODES.get(HTTPStatus(status), _INVALID_ARGUMENT)
        text = message.encode()
        body = bytes([0x08, code, 0x12]) + _varint(len(text)) + text  # its fields 1 and 2
        return self._response(status, body, {"code": code, "message": message})

    def _response(self, status: int, protobuf: bytes, content: dict[str, object]) -> HttpResponse:
        body = protobuf if self._encoding == PROTOBUF else json.dumps(content).encode()
        return HttpResponse(status, body, self._encoding)


def _first_fault(posting: Posting) -> str:
    first = posting.refused[0]
    fault = first.faults[0]
    return f"point {first.index}: {fault.field} {fault.detail}"


def _varint(number: int) -> bytes:
    """Return a number in protobuf's base-128 form."""
    parts = []
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


PROTOBUF_LAW: Final = OtlpLaw(PROTOBUF)
JSON_LAW: Final = OtlpLaw(JSON)
