"""The life that a function has in a process: what application.py drives."""

from typing import Protocol

from shared.serving.http import HttpRequest, HttpResponse


class Resource(Protocol):
    """Something with a life: opened once in the serving process and its loop, closed once."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


class Function(Resource, Protocol):
    """A function: `name` is its folder, its Service and its label in logs."""

    name: str

    def not_ready(self) -> str | None:
        """Return None when it can do its job, else the reason; no round trip, no waiting."""
        ...


class HttpFunction(Function, Protocol):
    """A function that turns a whole request into a response."""

    async def respond(self, request: HttpRequest) -> HttpResponse: ...
