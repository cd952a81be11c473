"""A stand-in function behind its autoscaler, for tests of what Knative Serving does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from local_dev.serving.autoscaler import Autoscaler
from local_dev.serving.instance import Launch
from local_dev.system.function_sink import FunctionSink
from local_dev.wire.event_request import EventRequest, TraceContext
from tests.support.manifests import a_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_dev.wire.http_parser import Response


class Scene:
    """A host for the stand-in function, and a bridge's way to it."""

    def __init__(self, root: Path, **limits: float) -> None:
        self.lines: list[str] = []
        service = a_service(
            "standin",
            concurrency=int(limits.get("concurrency", 10)),
            timeout_s=limits.get("timeout_s", 20),
            max_scale=int(limits.get("max_scale", 1)),
        )
        self.host = Autoscaler(
            service,
            Launch("standin", root, dict(os.environ), "/health/ready"),
            floor=int(limits.get("floor", 0)),
            idle_s=limits.get("idle_s", 60),
            first_port=None,
            on_line=self.lines.append,
        )
        self._sink = FunctionSink(self.host, "ns")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Scene]:
        self.host.start()
        try:
            yield self
        finally:
            await self.host.stop()

    async def post(self, wish: str = "", timeout_s: float = 20) -> Response:
        return await self._sink.send(EventRequest(b"", wish.encode(), TraceContext()), timeout_s)

    async def said(self, wish: str = "") -> dict[str, Any]:
        content: dict[str, Any] = json.loads((await self.post(wish)).body)
        return content

    async def until_instances(self, number: int) -> None:
        async with asyncio.timeout(10):
            while self.host.status()["instances"] != number:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)
