"""The route that exports the readings of a device, however many: page by page, as they are read."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse

from functions.dashboard.dependencies import Store, StoreOfRequest
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.indexed_lists import device_telemetry
from functions.dashboard.queries.lookups import is_known, sensors_of
from functions.dashboard.queries.pages import Page, PageRequest, page_of
from functions.dashboard.refusals import UnknownDevice
from functions.dashboard.schemas import problems
from functions.dashboard.schemas.responses import Telemetry
from functions.dashboard.schemas.series import EXPORTED, ExportParameters
from functions.dashboard.series.formats import Cell, Format, accepted_format, csv_lines
from functions.dashboard.series.moments import moment_at
from shared.mongo.collections import Document
from shared.readings.reading import DeviceId

PAGE: Final = 1_000
_COLUMNS: Final = ("device_id", "ts", "sensor_type", "value", "reading_id", "received_at")

router = APIRouter(responses={**problems.ANY_ROUTE, **EXPORTED})


@router.get(
    "/devices/{device_id}/telemetry/export",
    response_class=StreamingResponse,
    responses=problems.OF_A_DEVICE,
)
async def export(
    request: Request,
    store: StoreOfRequest,
    device_id: DeviceId,
    query: Annotated[ExportParameters, Query()],
) -> Response:
    """Return all readings of one device in a range, newest first, as CSV or NDJSON.

    CSV has a row for each value, NDJSON one for each reading. Where the database fails in the midst
    of it, the connection is cut: a response that ends in order is whole.
    """
    now = datetime.now(UTC)
    start, end = (moment_at(moment, now) for moment in query.moments)
    if end <= start:
        fault = {"type": "range", "loc": ("query", "to"), "msg": "must be after `from`"}
        raise RequestValidationError([fault])
    async with bounded("export"):
        if not await is_known(store.database, device_id):
            raise UnknownDevice(device_id)
    wanted = PageRequest(PAGE, start, end)
    first = await _page(store, device_id, wanted)
    chosen = Format(query.format or accepted_format(request.headers.get("accept", ""), Format.CSV))
    chosen = Format.NDJSON if chosen == Format.NDJSON else Format.CSV
    texts = _texts(_pages(store, device_id, wanted, first), chosen)
    return StreamingResponse(texts, media_type=chosen.media_type, headers={"vary": "accept"})


async def _pages(
    store: Store, device_id: str, wanted: PageRequest, page: Page
) -> AsyncIterator[Page]:
    yield page
    while page.next is not None:
        following = PageRequest(PAGE, wanted.start, wanted.end, page.next)
        page = await _page(store, device_id, following)
        yield page


async def _page(store: Store, device_id: str, wanted: PageRequest) -> Page:
    async with bounded("export"):
        return await page_of(store.database, device_telemetry(device_id), wanted)


async def _texts(pages: AsyncIterator[Page], chosen: Format) -> AsyncIterator[str]:
    """Yield a text for each page."""
    if chosen == Format.CSV:
        yield next(csv_lines(_COLUMNS, ()))
    async for page in pages:
        yield _csv(page) if chosen == Format.CSV else _ndjson(page)


def _csv(page: Page) -> str:
    _header, *lines = csv_lines(_COLUMNS, (row for one in page.rows for row in _values_of(one)))
    return "".join(lines)


def _ndjson(page: Page) -> str:
    rows = (Telemetry.model_validate(one).model_dump_json() for one in page.rows)
    return "".join(f"{row}\n" for row in rows)


def _values_of(reading: Document) -> Iterator[tuple[Cell, ...]]:
    values = {**reading.get("measurements", {}), **reading}
    for name in sensors_of(reading):
        source = (reading["device_id"], reading["ts"], name, values[name])
        yield (*source, reading["_id"], reading["received_at"])
