"""The errors that the routes promise, as OpenAPI describes them; the routers name them."""

from typing import Any, Final

from pydantic import BaseModel, Field

from shared.serving.http import PROBLEM

Responses = dict[int | str, dict[str, Any]]


class ParameterFault(BaseModel):
    """What is wrong with one parameter."""

    parameter: str
    detail: str


class Problem(BaseModel):
    """An error, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    parameter: str | None = None
    errors: list[ParameterFault] = []
    reason: str | None = Field(default=None, description="what failed, of a 503")


def _refusal(description: str) -> dict[str, Any]:
    # Written in place: a `model` would be promised as plain application/json.
    schema = Problem.model_json_schema()
    schema["properties"]["errors"]["items"] = schema.pop("$defs")["ParameterFault"]
    return {"description": description, "content": {PROBLEM: {"schema": schema}}}


ANY_ROUTE: Final[Responses] = {
    401: _refusal("Nothing proves who calls, and the dashboard is closed."),
    403: _refusal("The caller lacks the scope that the route needs."),
    422: _refusal("A parameter is wrong; `parameter` names it."),
    503: _refusal("The database does not respond; try again after `Retry-After` seconds."),
}
LIST: Final[Responses] = {400: _refusal("The cursor is not one of this list."), **ANY_ROUTE}
OF_AN_ALERT: Final[Responses] = {404: _refusal("There is no such alert."), **ANY_ROUTE}
EXPLAINING: Final[Responses] = {
    409: _refusal("What this alert was made of is not stored."),
    **OF_AN_ALERT,
}
WRITING: Final[Responses] = {
    **ANY_ROUTE,
    400: _refusal("The body cannot be read as JSON."),
    403: _refusal("The caller lacks the scope that the route needs, or a foreign page asks."),
    413: _refusal("The body is too large."),
    415: _refusal("The body is not application/json."),
}
MIXED: Final[Responses] = {207: {"description": "As 200; one of them is over, or unknown."}}
ACTING: Final[Responses] = {409: _refusal("The alert is over."), **OF_AN_ALERT, **WRITING}
OF_A_SILENCE: Final[Responses] = {404: _refusal("There is no such silence."), **WRITING}
OF_A_DEVICE: Final[Responses] = {404: _refusal("No reading of this device has been seen.")}
