"""The part of Prometheus' HTTP API by which Grafana, promtool and others read windows and alerts.

https://prometheus.io/docs/prometheus/latest/querying/api/; GET, and POST with a form where that has
it. Errors are in its form too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import Response

from functions.dashboard.dependencies import Store, StoreOfRequest
from functions.dashboard.prometheus import catalogue, formats, request
from functions.dashboard.prometheus.alerting import firing, groups_of
from functions.dashboard.prometheus.errors import QueryError, undefined, wrong
from functions.dashboard.prometheus.evaluator import Steps, evaluate
from functions.dashboard.prometheus.labels import Labels
from functions.dashboard.prometheus.parser import parsed, selector_of
from functions.dashboard.prometheus.selection import (
    MAX_SERIES,
    Collected,
    Need,
    Wanted,
    alert_labels,
    alert_samples,
    devices_that_match,
    milliseconds,
    needs_of,
    wanted_of,
)
from functions.dashboard.prometheus.syntax import Selector
from functions.dashboard.prometheus.values import Samples, Scalar, Vector
from functions.dashboard.queries import samples as stored
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.routes.compressed import respond_compressed
from shared.alerts.rules.history import RuleBook
from shared.mongo.database import Database
from shared.outcomes import RETRY_AFTER_S, TemporaryError
from shared.readings.identity import EPOCH

MAX_WINDOWS: Final = 1_000_000  # of one query
MAX_RESULT: Final = 1_000_000  # points of all series
_MAX_FORM: Final = 65_536
_JSON: Final = "application/json"
_STATUS: Final = {"bad_data": HTTPStatus.BAD_REQUEST, "execution": HTTPStatus.UNPROCESSABLE_ENTITY}
_BUILD: Final = {
    "version": "2.50.1",  # whose API this is; without `features`, which would make it Mimir
    "revision": "",
    "branch": "",
    "buildUser": "",
    "buildDate": "",
    "goVersion": "",
}
Parameters = Mapping[str, Sequence[str]]
Answered = tuple[str, Sequence[str]]

router = APIRouter(prefix="/prometheus/api/v1")


async def _responded(
    asked: Request, store: Store, answer: Callable[[Store, Parameters], Awaitable[Answered]]
) -> Response:
    try:
        data, warnings = await answer(store, await _parameters(asked))
    except QueryError as error:
        content = formats.failure(error.error_type, str(error))
        return Response(content, _STATUS[error.error_type], media_type=_JSON)
    except TemporaryError as outcome:
        content = formats.failure("timeout", outcome.detail)
        headers = {"retry-after": str(RETRY_AFTER_S)}
        return Response(content, HTTPStatus.SERVICE_UNAVAILABLE, headers, _JSON)
    return respond_compressed(asked, formats.success(data, warnings), _JSON, {})


async def _parameters(asked: Request) -> Parameters:
    """Return the parameters of the form that was posted, and of the query."""
    found = parse_qs(asked.url.query, keep_blank_values=True, max_num_fields=1_000)
    body = b""
    async for chunk in asked.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise wrong(f"the form is over {_MAX_FORM} bytes")
    posted = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000)
    return {**found, **posted}


@router.get("/query")
@router.post("/query")
async def query(asked: Request, store: StoreOfRequest) -> Response:
    """Evaluate a query at one time."""

    async def answer(store: Store, parameters: Parameters) -> Answered:
        times = request.instant_of(parameters, datetime.now(UTC))
        value, warnings = await _value(store, parameters, times)
        return formats.instant(value, times.start), warnings

    return await _responded(asked, store, answer)


@router.get("/query_range")
@router.post("/query_range")
async def query_range(asked: Request, store: StoreOfRequest) -> Response:
    """Evaluate a query at each step of a range of time."""

    async def answer(store: Store, parameters: Parameters) -> Answered:
        times = request.range_of(parameters)
        value, warnings = await _value(store, parameters, times)
        return await asyncio.to_thread(formats.matrix, value, times.steps), warnings

    return await _responded(asked, store, answer)


@router.get("/series")
@router.post("/series")
async def series(asked: Request, store: StoreOfRequest) -> Response:
    """List the series that match."""

    async def answer(store: Store, parameters: Parameters) -> Answered:
        found, warnings = await _series(store.database, parameters)
        return formats.plain([formats.metric(labels) for labels in found]), warnings

    return await _responded(asked, store, answer)


@router.get("/labels")
@router.post("/labels")
async def labels(asked: Request, store: StoreOfRequest) -> Response:
    """List the names of labels."""

    async def answer(store: Store, parameters: Parameters) -> Answered:
        found, warnings = await _series(store.database, parameters)
        return formats.plain(sorted({name for one in found for name, _ in one})), warnings

    return await _responded(asked, store, answer)


@router.get("/label/{name}/values")
async def label_values(asked: Request, store: StoreOfRequest, name: str) -> Response:
    """List the values of a label."""

    async def answer(store: Store, parameters: Parameters) -> Answered:
        found, warnings = await _series(store.database, parameters)
        values = sorted({value for one in found for own, value in one if own == name})
        return formats.plain(values[: request.limit_of(parameters, len(values) or 1)]), warnings

    return await _responded(asked, store, answer)


@router.get("/metadata")
async def metadata(asked: Request, store: StoreOfRequest) -> Response:
    """Say what each metric is."""

    async def answer(store: Store, parameters: Parameters) -> Answered:
        async with bounded("prometheus"):
            sensors = await stored.sensors(store.database)
        wanted = request.one(parameters, "metric", "any")
        found = {
            name: [{"type": "gauge", "help": catalogue.HELP[suffix], "unit": ""}]
            for name, _, suffix in catalogue.metrics_of(sensors)
            if wanted in ("any", name)
        }
        most = request.limit_of(parameters, len(found) or 1)
        return formats.plain(dict(list(found.items())[:most])), ()

    return await _responded(asked, store, answer)


@router.get("/rules")
async def rules(asked: Request, store: StoreOfRequest) -> Response:
    """List the rules that are in force, with the alerts that are open."""

    async def answer(store: Store, _parameters: Parameters) -> Answered:
        async with bounded("prometheus"):
            revisions = await stored.rule_revisions(store.database)
            alerts = await stored.open_alerts(store.database)
        histories = RuleBook.from_documents(revisions).histories_for("")
        return formats.plain({"groups": groups_of(histories, alerts)}), ()

    return await _responded(asked, store, answer)


@router.get("/alerts")
async def alerts(asked: Request, store: StoreOfRequest) -> Response:
    """List the alerts that are open."""

    async def answer(store: Store, _parameters: Parameters) -> Answered:
        async with bounded("prometheus"):
            found = await stored.open_alerts(store.database)
        return formats.plain({"alerts": [firing(one) for one in found]}), ()

    return await _responded(asked, store, answer)


@router.get("/status/buildinfo")
async def buildinfo(asked: Request, store: StoreOfRequest) -> Response:
    """Say whose API this is."""
    return await _responded(asked, store, _always(_BUILD))


@router.get("/query_exemplars")
@router.post("/query_exemplars")
async def query_exemplars(asked: Request, store: StoreOfRequest) -> Response:
    """There are none."""
    return await _responded(asked, store, _always([]))


def _always(data: object) -> Callable[[Store, Parameters], Awaitable[Answered]]:
    async def answer(_store: Store, _parameters: Parameters) -> Answered:
        return formats.plain(data), ()

    return answer


async def _value(
    store: Store, parameters: Parameters, times: request.Times
) -> tuple[Scalar | Vector, Sequence[str]]:
    expression = parsed(request.one(parameters, "query"))
    width = store.window_seconds * 1_000
    # A gap of one window is a gap; a sample counts until the next one would.
    look_back = max(width, times.step if times.end > times.start else 0) - 1
    steps = Steps(times.steps, look_back)
    found: dict[Selector, Sequence[Samples]] = {}
    warnings: list[str] = []
    async with bounded("prometheus"):
        needs = needs_of(expression, steps)
        sensors = await stored.sensors(store.database) if needs else ()
        left = MAX_WINDOWS
        for need in needs:
            wanted = wanted_of(need.selector, sensors)
            read = await _read(store, need, wanted, warnings, left)
            left -= sum(len(one.times) for one in read)
            alerts = await _alerts(store, need) if wanted.alerts else ()
            found[need.selector] = [*alerts, *read]
    rows = sum(map(len, found.values()))
    if rows * len(steps.times) > MAX_RESULT:
        raise undefined(f"{rows} series at {len(steps.times)} steps are too much for one query")
    return await asyncio.to_thread(evaluate, expression, steps, found), warnings


async def _read(
    store: Store, need: Need, wanted: Wanted, warnings: list[str], most: int
) -> Sequence[Samples]:
    if not wanted.metrics:
        return ()
    collected = Collected(wanted)
    device_ids = await _devices(store.database, need.selector, wanted.device_id)
    most_devices = max(1, MAX_SERIES // len(wanted.metrics))
    if len(device_ids) > most_devices:
        warnings.append(f"only the first {most_devices} devices are shown: narrow the selector")
    span = (_moment(need.start), _moment(need.end))
    sources = (device_ids[:most_devices], collected.sensors)
    windows = stored.windows(store.database, sources, span, store.window_seconds, collected.fields)
    count = 0
    async for window in windows:
        count += 1
        if count > most:
            raise undefined(f"the query would load more than {MAX_WINDOWS} windows")
        collected.add(window)
    return collected.samples()


async def _devices(database: Database, selector: Selector, device_id: str | None) -> Sequence[str]:
    """Return the devices that match, one more than are shown at most."""
    found: list[str] = []
    after = ""
    while True:
        page = await stored.devices(database, device_id, after)
        found += devices_that_match(selector, page)
        if device_id is not None or not page or len(found) > MAX_SERIES:
            return found[: MAX_SERIES + 1]
        after = page[-1]


async def _alerts(store: Store, need: Need) -> Sequence[Samples]:
    span = (_moment(need.start), _moment(need.end))
    alerts = await stored.alerts(store.database, span)
    now = milliseconds(datetime.now(UTC))
    return alert_samples(need.selector, alerts, need, store.window_seconds * 1_000, now)


async def _series(
    database: Database, parameters: Parameters
) -> tuple[Sequence[Labels], Sequence[str]]:
    """Return the series that match, by what is kept of devices and sensors: no window is read."""
    selectors = [selector_of(text) for text in parameters.get("match[]", ()) if text]
    warnings: list[str] = []
    found: set[Labels] = set()
    async with bounded("prometheus"):
        sensors = await stored.sensors(database)
        for selector in selectors or [selector_of('{__name__!=""}')]:
            wanted = wanted_of(selector, sensors)
            device_ids = await _devices(database, selector, wanted.device_id)
            if len(device_ids) > MAX_SERIES:
                warnings.append(f"only the first {MAX_SERIES} devices are shown")
            for device_id in device_ids[:MAX_SERIES]:
                own = set(await stored.sensors(database, device_id))
                found |= {
                    catalogue.labels_of(name, device_id)
                    for name, sensor, _ in wanted.metrics
                    if sensor in own
                }
            if wanted.alerts:
                start, end = request.span_of(parameters, datetime.now(UTC))
                alerts = await stored.alerts(database, (_moment(start), _moment(end)))
                found |= {alert_labels(alert) for alert in alerts}
    return sorted(found), warnings


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(milliseconds=max(0, at))
