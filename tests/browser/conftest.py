"""The page in a real browser, Debian's Chromium by Playwright, on the real MongoDB.

Skipped with its reason where there is no Chromium; in CI Debian's package is installed, as root.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx
import pytest
from playwright.sync_api import sync_playwright
from pymongo import MongoClient

from local_dev.paths import CHARTS_JARS, CHARTS_LOCK
from local_dev.servers.chart_files import unpack_charts
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.free_port import free_port
from shared.mongo.indexes import INDEXES
from tests.support.availability import is_ci, no_server
from tests.support.plain_http import NO_TLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, ViewportSize
    from pymongo.database import Database

CHROMIUM = Path("/usr/bin/chromium")
APT_INSTALL = ["sh", "-c", "apt-get update && apt-get install --yes chromium"]
INSTALL_S = 240.0
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
START_S = 40.0
Document = dict[str, Any]


@dataclass(slots=True)
class Dashboard:
    """A dashboard as a process on one port, and its database."""

    root: Path
    environment: dict[str, str]
    port: int
    stored: Database[Document]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it responds."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "functions", "dashboard"],
            cwd=self.root,
            env={**os.environ, **self.environment, "HOST": "127.0.0.1", "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready", verify=NO_TLS).is_success:
                    return
            time.sleep(0.1)
        raise AssertionError("the dashboard does not respond")

    def kill(self) -> None:
        """End it as a crash does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder with uPlot's files."""
    folder = tmp_path_factory.mktemp("charts")
    try:
        unpack_charts(CHARTS_LOCK, CHARTS_JARS, folder, lambda _: None)
    except ServerFailedError as error:
        no_server(error)
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give a browser, for one module: while it is there, its thread has a running event loop.

    Tests of other modules that call asyncio.run in the same worker would be refused.
    """
    if is_ci() and not CHROMIUM.exists():
        subprocess.run(APT_INSTALL, check=True, stdout=subprocess.DEVNULL, timeout=INSTALL_S)
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM} (Debian: package chromium)")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def make_dashboard(mongo_url: str, root: Path) -> Iterator[Callable[..., Dashboard]]:
    """Give a function that starts a dashboard on an empty database of its own."""
    made: list[Dashboard] = []
    with MongoClient[Document](mongo_url, tz_aware=True) as client:

        def make(**environment: str) -> Dashboard:
            name = f"browser-{uuid.uuid4().hex}"
            for collection, indexes in INDEXES.items():
                client[name][collection].create_indexes(indexes)
            settings = {"MONGO_URL": mongo_url, "MONGO_DB": name, **environment}
            made.append(Dashboard(root, settings, free_port(), client[name]))
            made[-1].start()
            return made[-1]

        yield make
        for one in made:
            one.kill()
            client.drop_database(one.stored.name)


@pytest.fixture
def dashboard(make_dashboard: Callable[..., Dashboard], charts: Path) -> Dashboard:
    """Give a dashboard that is open and has charts."""
    return make_dashboard(CHARTS_FOLDER=str(charts))


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a page; in the end nothing may have been refused or failed."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_at(
        url: str, *, scheme: Literal["light", "dark"] = "light", width: int = 1200, **more: Any
    ) -> Page:
        viewport: ViewportSize = {"width": width, "height": 900}
        context = chromium.new_context(color_scheme=scheme, viewport=viewport, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_policy(said) else None)
        page.goto(url)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


def _is_policy(said: Any) -> bool:
    return "Content Security Policy" in said.text
