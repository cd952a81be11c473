"""OTLP over HTTP, metrics in protobuf and JSON (OTLP 1.x): each number of a gauge or sum; pure.

A point is a reading, so that it is the same reading however a Collector cuts its batches.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags, Metric, NumberDataPoint

from functions.ingest.dialects.dialect import Dialect, DialectOptions, Law, method_response
from functions.ingest.dialects.otlp_law import JSON, JSON_LAW, PROTOBUF, PROTOBUF_LAW
from functions.ingest.dialects.posted_item import posted_item
from functions.ingest.dialects.sensor_names import sensor_name, sensor_of_metric
from functions.ingest.faults import Fault
from functions.ingest.request_body import Content, MalformedBody, OversizedBatch, json_value
from functions.ingest.request_headers import media_type_of
from shared.outcomes import Reason
from shared.serving.http import HttpRequest, HttpResponse, problem
from shared.times import epoch_time

MAX_BYTES: Final = 2 * 1_048_576  # decoded; two bytes can be a message, which takes 60 in memory
_NO_VALUE: Final = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK


def dialect_of(request: HttpRequest, options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect of the request's encoding: responses are in the same one."""
    given = (request.header(b"content-type") or "").encode("latin-1")
    media_type = media_type_of({b"content-type": given}) or ""
    refusal = method_response(request)
    if refusal is None and media_type not in _ENCODINGS:
        detail = f"send {PROTOBUF} or {JSON}"
        headers = [("accept", f"{PROTOBUF}, {JSON}")]
        refusal = problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers)
    if refusal is not None:
        return refusal
    parse, law = _ENCODINGS[media_type]
    return Dialect(partial(_content_of, parse=parse, options=options), law)


def _content_of(
    request: HttpRequest,
    parse: Callable[[bytes], ExportMetricsServiceRequest],
    options: DialectOptions,
) -> Content:
    if len(request.body) > MAX_BYTES:
        raise OversizedBatch(f"the body may have at most {MAX_BYTES} bytes when decoded")
    items = list(_items_of(parse(request.body), options.device_attributes))
    points = [item for item in items if item is not None]
    return Content(points, unsupported=len(items) - len(points))


def _of_protobuf(body: bytes) -> ExportMetricsServiceRequest:
    try:
        return ExportMetricsServiceRequest.FromString(body)
    except DecodeError as error:
        raise MalformedBody(f"the body is no ExportMetricsServiceRequest: {error}") from error


def _of_json(body: bytes) -> ExportMetricsServiceRequest:
    content = json_value(body)
    if not isinstance(content, dict):
        raise MalformedBody("the body is no ExportMetricsServiceRequest: it is no object")
    try:
        return ParseDict(content, ExportMetricsServiceRequest(), ignore_unknown_fields=True)
    except ParseError as error:
        raise MalformedBody(f"the body is no ExportMetricsServiceRequest: {error}") from error


_ENCODINGS: Final[dict[str, tuple[Callable[[bytes], ExportMetricsServiceRequest], Law]]] = {
    PROTOBUF: (_of_protobuf, PROTOBUF_LAW),
    JSON: (_of_json, JSON_LAW),
}


def _items_of(
    content: ExportMetricsServiceRequest, device_attributes: Sequence[str]
) -> Iterator[object]:
    """Yield an item for each point; None for one that is not supported."""
    for resource in content.resource_metrics:
        of_resource = _attributes_of(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in _points_of(metric):
                    yield _item_of(metric, point, of_resource, device_attributes)


def _points_of(metric: Metric) -> Iterable[NumberDataPoint | None]:
    """Return the points of a gauge or sum; None in place of each one of another kind."""
    kind = metric.WhichOneof("data")
    if kind is None:
        return ()
    points = getattr(metric, kind).data_points
    return points if kind in ("gauge", "sum") else [None] * len(points)


def _item_of(
    metric: Metric,
    point: NumberDataPoint | None,
    of_resource: dict[str, str],
    device_attributes: Sequence[str],
) -> object:
    value = None if point is None else point.WhichOneof("value")
    if point is None or value is None or point.flags & _NO_VALUE:
        return None
    of_point = _attributes_of(point.attributes)
    named = of_resource | of_point
    device = next((named[each] for each in device_attributes if each in named), None)
    if device is None:
        detail = f"is named by none of the attributes {', '.join(device_attributes)}"
        return Fault("device_id", Reason.MISSING, detail)
    # 64 bits of nanoseconds end in 2554, so every one is a time of the calendar
    ts = epoch_time(point.time_unix_nano // 1_000) if point.time_unix_nano else None
    further = [of_point[name] for name in sorted(of_point) if name not in device_attributes]
    sensor = sensor_name(sensor_of_metric(metric.name, metric.unit), *further)
    return posted_item(device, ts, [(sensor, float(getattr(point, value)))])


def _attributes_of(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {each.key: _text_of(each.value) for each in attributes}


def _text_of(value: AnyValue) -> str:
    kind = value.WhichOneof("value")
    is_plain = kind in ("string_value", "int_value", "bool_value", "double_value")
    return str(getattr(value, kind)) if kind is not None and is_plain else ""
