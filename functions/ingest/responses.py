"""What a device reads in a response; pure."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import chain
from typing import Final

from pydantic_core import to_json

from functions.ingest.acceptance import is_retry_recognisable
from functions.ingest.faults import MAX_FAULTS, Fault
from functions.ingest.request_body import MAX_BATCH, Posting
from shared.readings.reading import Reading
from shared.serving.http import HttpResponse, json_response, problem
from shared.times import rfc3339

_MAX_ENTRIES: Final = MAX_BATCH  # each refused item has at least one of them


class PlainLaw:
    """The law of plain JSON: 202, 207 for a part, 422 for none; a receipt or faults of each."""

    def queued(self, posting: Posting) -> HttpResponse:
        """Return 202 where every item was queued, else 207 with an entry for each fault."""
        return queued(posting)

    def all_bad(self, posting: Posting) -> HttpResponse:
        """Return 422 naming the fields."""
        return all_bad(posting)

    def failed(self, plain: HttpResponse) -> HttpResponse:
        """Return the problem as it is."""
        return plain


def queued(posting: Posting) -> HttpResponse:
    """Return 202 where every item was queued, else 207 with an entry for each fault."""
    if not posting.is_batch:
        return _all_queued({"status": "queued", **_receipt(posting.accepted[0][1])})
    content: dict[str, object] = {
        "status": "partly queued" if posting.refused else "queued",
        "accepted": len(posting.accepted),
        "rejected": len(posting.refused),
        "readings": [{"index": index, **_receipt(reading)} for index, reading in posting.accepted],
    }
    if posting.unsupported:
        content["unsupported"] = posting.unsupported
    if not posting.refused:
        return _all_queued(content)
    content["errors"] = list(_errors(posting))
    return json_response(HTTPStatus.MULTI_STATUS, content)


def _all_queued(content: Mapping[str, object]) -> HttpResponse:
    # Of what was accepted alone, so of texts that UTF-8 can say: a fault may name any field.
    return HttpResponse(HTTPStatus.ACCEPTED, to_json(content))


def all_bad(posting: Posting, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> HttpResponse:
    """Return a problem, 422, naming the fields: nothing of the request was queued."""
    first = posting.refused[0]
    fault = first.faults[0]
    detail = f"{fault.field}: {fault.detail}" if fault.field else fault.detail
    errors = list(_errors(posting))
    if posting.is_batch:
        detail = f"nothing was queued; item {first.index}: {detail}"
        return problem(status, detail, errors=errors)
    if len(errors) > 1:
        detail = f"{detail} (and {len(errors) - 1} more, in errors)"
    return problem(status, detail, field=fault.field, errors=errors)


def _receipt(reading: Reading) -> dict[str, object]:
    return {
        "device_id": reading.device_id,
        "reading_id": reading.reading_id,
        "ts": rfc3339(reading.ts),
        "retry_recognised": is_retry_recognisable(reading),
    }


def _errors(posting: Posting) -> Iterator[dict[str, object]]:
    """Yield an entry for each fault; of many bad items, fewer of each."""
    most = max(1, min(MAX_FAULTS, _MAX_ENTRIES // len(posting.refused)))
    return chain.from_iterable(
        (_error(item.index, fault) for fault in item.faults[:most]) for item in posting.refused
    )


def _error(index: int, fault: Fault) -> dict[str, object]:
    return {"index": index, "field": fault.field, "reason": fault.reason, "detail": fault.detail}
