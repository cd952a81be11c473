"""What does a device read in the answer? Pure."""

from http import HTTPStatus

from functions.ingest.acceptance import is_retry_recognisable
from functions.ingest.request_body import Posting, Refused
from shared.readings.reading import Reading
from shared.serving.http import HttpResponse, json_response, problem
from shared.times import rfc3339


def queued(posting: Posting) -> HttpResponse:
    """Respond with 202 where every item was queued, 207 with an entry for each refused one
    otherwise.
    """
    if not posting.is_batch:
        return json_response(
            HTTPStatus.ACCEPTED, {"status": "queued", **_receipt(posting.accepted[0][1])}
        )
    content: dict[str, object] = {
        "status": "partly queued" if posting.refused else "queued",
        "accepted": len(posting.accepted),
        "rejected": len(posting.refused),
        "readings": [{"index": index, **_receipt(reading)} for index, reading in posting.accepted],
    }
    if not posting.refused:
        return json_response(HTTPStatus.ACCEPTED, content)
    content["errors"] = [_error(item) for item in posting.refused]
    return json_response(HTTPStatus.MULTI_STATUS, content)


def all_bad(posting: Posting) -> HttpResponse:
    """Respond with 422 naming the fields: nothing of the request was queued."""
    first = posting.refused[0]
    detail = f"{first.field}: {first.detail}" if first.field else first.detail
    errors = [_error(item) for item in posting.refused]
    if posting.is_batch:
        detail = f"nothing was queued; item {first.index}: {detail}"
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, field=first.field, errors=errors)


def _receipt(reading: Reading) -> dict[str, object]:
    return {
        "device_id": reading.device_id,
        "reading_id": reading.reading_id,
        "ts": rfc3339(reading.ts),
        "retry_recognised": is_retry_recognisable(reading),
    }


def _error(item: Refused) -> dict[str, object]:
    return {
        "index": item.index,
        "field": item.field,
        "reason": item.reason,
        "detail": item.detail,
    }
