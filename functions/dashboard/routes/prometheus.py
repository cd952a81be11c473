"""The part of Prometheus' HTTP API by which Grafana, promtool and others read windows and alerts.

https://prometheus.io/docs/prometheus/latest/querying/api/; GET, and POST with a form where that has
it. Errors are in its form too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import Response

from functions.dashboard.dependencies import Store, StoreOfRequest
from functions.dashboard.prometheus import catalogue, formats, request
from functions.dashboard.prometheus.alerting import firing, groups_of
from functions.dashboard.prometheus.errors import QueryError, wrong
from functions.dashboard.prometheus.labels import Labels
from functions.dashboard.prometheus.parser import selector_of
from functions.dashboard.queries import samples
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.promql import OPERATION, series_of, value_of
from functions.dashboard.queries.selector_reads import Warnings
from functions.dashboard.routes.compressed import respond_compressed
from shared.alerts.rules.history import RuleBook
from shared.outcomes import RETRY_AFTER_S, TemporaryError

_MAX_FORM: Final = 65_536
_MAX_FIELDS: Final = 1_000
_ALL: Final = '{__name__!=""}'
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its parameters by name, and what its response warns of."""

    store: Store
    parameters: Mapping[str, Sequence[str]]
    path: Mapping[str, str]
    warnings: Warnings


Answer = Callable[[Asked], Awaitable[str]]  # the data, as JSON; it may raise QueryError


async def _query(asked: Asked) -> str:
    """Evaluate a query at one time."""
    times = request.instant_of(asked.parameters, datetime.now(UTC))
    text = request.one(asked.parameters, "query")
    value = await value_of(asked.store, text, times, asked.warnings)
    return formats.instant(value, times.start)


async def _query_range(asked: Asked) -> str:
    """Evaluate a query at each step of a range of time."""
    times = request.range_of(asked.parameters)
    text = request.one(asked.parameters, "query")
    value = await value_of(asked.store, text, times, asked.warnings)
    return await asyncio.to_thread(formats.matrix, value, times.steps)


async def _found(asked: Asked) -> Sequence[Labels]:
    selectors = [text for text in asked.parameters.get("match[]", ()) if text] or [_ALL]
    span = request.span_of(asked.parameters, datetime.now(UTC))
    wanted = map(selector_of, selectors)
    return await series_of(asked.store.database, wanted, span, asked.warnings)


async def _series(asked: Asked) -> str:
    """List the series that match."""
    return formats.plain([dict(labels) for labels in await _found(asked)])


async def _labels(asked: Asked) -> str:
    """List the names of labels."""
    return formats.plain(sorted({name for one in await _found(asked) for name, _ in one}))


async def _label_values(asked: Asked) -> str:
    """List the values of a label."""
    found = await _found(asked)
    values = sorted({value for one in found for name, value in one if name == asked.path["name"]})
    return formats.plain(values[: request.limit_of(asked.parameters, len(values) or 1)])


async def _metadata(asked: Asked) -> str:
    """Say what each metric is."""
    async with bounded(OPERATION):
        sensors = await samples.sensors(asked.store.database)
    wanted = request.one(asked.parameters, "metric", "any")
    found = {
        name: [{"type": "gauge", "help": catalogue.HELP[suffix], "unit": ""}]
        for name, _, suffix in catalogue.metrics_of(sensors)
        if wanted in ("any", name)
    }
    most = request.limit_of(asked.parameters, len(found) or 1)
    return formats.plain(dict(list(found.items())[:most]))


async def _rules(asked: Asked) -> str:
    """List the rules that are in force, with the alerts that are open."""
    async with bounded(OPERATION):
        revisions = await samples.rule_revisions(asked.store.database)
        alerts = await samples.open_alerts(asked.store.database)
    histories = RuleBook.from_documents(revisions).histories_for("")
    return formats.plain({"groups": groups_of(histories, alerts)})


async def _alerts(asked: Asked) -> str:
    """List the alerts that are open."""
    async with bounded(OPERATION):
        found = await samples.open_alerts(asked.store.database)
    return formats.plain({"alerts": [firing(one) for one in found]})


async def _buildinfo(_asked: Asked) -> str:
    """Say whose API this is."""
    return formats.plain(_BUILD)


async def _query_exemplars(_asked: Asked) -> str:
    """There are none."""
    return formats.plain([])


def _route_of(answer: Answer) -> Callable[[Request, Store], Awaitable[Response]]:
    async def respond(asked: Request, store: StoreOfRequest) -> Response:
        warnings = Warnings()
        try:
            parameters = await _parameters(asked)
            data = await answer(Asked(store, parameters, asked.path_params, warnings))
        except QueryError as error:
            content = formats.failure(error.error_type, str(error))
            return Response(content, _STATUS[error.error_type], media_type=_JSON)
        except TemporaryError as outcome:
            content = formats.failure("timeout", outcome.detail)
            headers = {"retry-after": str(RETRY_AFTER_S)}
            return Response(content, HTTPStatus.SERVICE_UNAVAILABLE, headers, _JSON)
        return respond_compressed(asked, formats.success(data, list(warnings.told)), _JSON, {})

    return respond


async def _parameters(asked: Request) -> Mapping[str, Sequence[str]]:
    """Return the parameters of the query, and in their place those of the form that was posted."""
    body = b""
    async for chunk in asked.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise wrong(f"the form is over {_MAX_FORM} bytes")
    try:
        return {**_fields(asked.url.query), **_fields(body.decode("utf-8", "replace"))}
    except ValueError:
        raise wrong(f"there are more than {_MAX_FIELDS} parameters") from None


def _fields(text: str) -> Mapping[str, Sequence[str]]:
    return parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)


router = APIRouter(prefix="/prometheus/api/v1")
_READ: Final = ("GET",)
_READ_BY_A_FORM_TOO: Final = ("GET", "POST")
for _path, _answer, _methods in (
    ("/query", _query, _READ_BY_A_FORM_TOO),
    ("/query_range", _query_range, _READ_BY_A_FORM_TOO),
    ("/series", _series, _READ_BY_A_FORM_TOO),
    ("/labels", _labels, _READ_BY_A_FORM_TOO),
    ("/label/{name}/values", _label_values, _READ),
    ("/metadata", _metadata, _READ),
    ("/rules", _rules, _READ),
    ("/alerts", _alerts, _READ),
    ("/status/buildinfo", _buildinfo, _READ),
    ("/query_exemplars", _query_exemplars, _READ_BY_A_FORM_TOO),
):
    for _method in _methods:
        router.add_api_route(_path, _route_of(_answer), methods=[_method])
