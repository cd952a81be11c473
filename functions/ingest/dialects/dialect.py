"""What a dialect is: how requests are read, and how senders are told what became of them; pure.

`Content` goes from here through the one door that all readings go through: acceptance, identity,
limits. A dialect has no other way in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from functions.ingest.request_body import Content, Posting
from shared.serving.http import HttpRequest, HttpResponse, problem

if TYPE_CHECKING:  # its models take 5 ms to build, which a start does not need
    from functions.ingest.dialects.mapping import JsonMapping

_METHODS: Final = [("allow", "OPTIONS, POST")]


class Law(Protocol):
    """How partial failure is told: by what the clients of a dialect do with each status."""

    def queued(self, posting: Posting) -> HttpResponse:
        """Return the response where Kafka has all that is accepted; there may be refused items."""
        ...

    def all_bad(self, posting: Posting) -> HttpResponse:
        """Return the response where there are refused items and nothing was queued."""
        ...

    def failed(self, plain: HttpResponse) -> HttpResponse:
        """Return a problem (RFC 9457) of the whole request in the form of the dialect."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: `content_of` reads a request whose body has no coding any more.

    It raises MalformedBody and OversizedBatch. `is_whole`: a request is queued whole or not at all.
    `token` is a credential that stands where only this dialect has one.
    """

    content_of: Callable[[HttpRequest], Content]
    law: Law
    is_whole: bool = False
    token: str | None = None


@dataclass(frozen=True, slots=True)
class DialectOptions:
    """What the settings say of dialects: where a device is named, and which mappings there are.

    `mappings` reads them when the first is asked for.
    """

    device_tags: Sequence[str] = ()
    plain_measurements: Sequence[str] = ()
    device_attributes: Sequence[str] = ()
    mappings: Callable[[], Mapping[str, "JsonMapping"]] = dict


NO_OPTIONS: Final = DialectOptions()


def method_response(request: HttpRequest) -> HttpResponse | None:
    """Return the response to a request that posts nothing: a 204 for OPTIONS, else a 405."""
    if request.method == "POST":
        return None
    if request.method == "OPTIONS":
        return HttpResponse(HTTPStatus.NO_CONTENT, headers=_METHODS)
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, "readings come by POST", _METHODS)
