"""README and docs/ are true: what they link to and name exists, and what exists they name."""

from __future__ import annotations

import asyncio
import inspect
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import httpx
import pytest
from pydantic import BaseModel

from functions.dashboard.application import DashboardFunction
from shared import settings
from shared.times import rfc3339
from tests.support.pages import PAGES, ROOT, TOP, anchors_of, links_in, spans_in, text_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from shared.mongo.database import Database

LINKS = [(page, link) for page in PAGES for link in links_in(page)]
PATHS = [
    pytest.param(span.split()[0].partition("#")[0], id=f"{page}: {span}")
    for page in PAGES
    for span in sorted(set(spans_in(page)))
    if span.partition("/")[0] in TOP and "/" in span
]
ROOMS = ("functions", "shared", "knative", "local-dev/local_dev", "tests")
FOR_THE_MANIFESTS = {"MAX_RETRIES", "RETRY_BACKOFF"}  # KafkaSource's, by knative/wiring
SETTINGS = {
    name.upper(): field
    for _, kind in inspect.getmembers(settings, inspect.isclass)
    if issubclass(kind, BaseModel)
    for name, field in kind.model_fields.items()
}
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \| .*\|$", re.MULTILINE)
DOCUMENTED = {
    name: (default, span)
    for name, default, span in ROW.findall(
        text_of("docs/configuration.md").partition("## local-dev")[0]
    )
}


class NoDatabase:
    """A connection that no route of this test uses."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return None

    @property
    def database(self) -> Database:
        raise NotImplementedError


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting += [one for one in _pages_linked_from(page) if one not in reached]

    assert reached == set(PAGES)


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_to_a_file_and_to_a_heading_of_it(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page

    assert target.exists()
    assert not anchor or anchor in anchors_of(target.resolve().relative_to(ROOT).as_posix())


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_a_page_names_is_there(path: str) -> None:
    assert list(ROOT.glob(path.rstrip("/")))


@pytest.mark.parametrize("room", ROOMS)
def test_the_architecture_names_every_room(room: str) -> None:
    folders = {
        f"{room}/{each.name}/"
        for each in (ROOT / room).iterdir()
        if each.is_dir() and any(each.glob("[!_.]*")) and each.name != "__pycache__"
    }

    assert folders <= set(spans_in("docs/architecture.md"))


def test_the_configuration_has_every_setting_and_no_other() -> None:
    assert set(DOCUMENTED) == set(SETTINGS) | FOR_THE_MANIFESTS


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_setting_has_the_default_and_the_range_that_the_page_says(name: str) -> None:
    field = SETTINGS[name]

    assert DOCUMENTED[name] == (_default_of(field), _range_of(field))


@pytest.mark.parametrize("name", sorted(FOR_THE_MANIFESTS))
def test_a_value_of_the_manifests_has_the_default_that_the_page_says(name: str) -> None:
    lines = (ROOT / "knative" / "pipeline.env").read_text().splitlines()

    assert f"{name}={DOCUMENTED[name][0]}" in lines


def test_the_api_page_names_every_route_of_the_dashboard() -> None:
    described = asyncio.run(_openapi())["paths"]
    rows = re.findall(r"^\| `(/[^`]*)` ", text_of("docs/api.md"), re.MULTILINE)

    assert set(described) | {"/openapi.json"} == {row for row in rows if not _is_health(row)}


async def _openapi() -> dict[str, Any]:
    transport = httpx.ASGITransport(DashboardFunction(NoDatabase(), 60).application)
    async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
        content = (await client.get("/openapi.json")).json()
    assert isinstance(content, dict)
    return content


def _pages_linked_from(page: str) -> list[str]:
    targets = [link.partition("#")[0] for link in links_in(page)]
    paths = [((ROOT / page).parent / one).resolve() for one in targets if one.endswith(".md")]
    return [path.relative_to(ROOT).as_posix() for path in paths]


def _is_health(row: str) -> bool:
    return row.startswith(("/health", "/metrics"))


def _default_of(field: FieldInfo) -> str:
    secret = getattr(field.default, "get_secret_value", None)
    default = field.default if secret is None else secret()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, datetime):
        return rfc3339(default)
    text = ",".join(default) if isinstance(default, tuple) else str(default)
    return text or "–"  # noqa: RUF001 - the page's sign for an empty value


def _range_of(field: FieldInfo) -> str:
    least, most = (
        next((getattr(one, name) for one in field.metadata if hasattr(one, name)), None)
        for name in ("ge", "le")
    )
    least = rfc3339(least) if isinstance(least, datetime) else least
    if least is not None:
        return f"{least} or more" if most is None else f"{least} to {most}"
    if get_origin(field.annotation) is Literal:
        return ", ".join(one or "–" for one in get_args(field.annotation))  # noqa: RUF001 - as above
    if field.annotation is bool:
        return "true, false"
    return "number" if field.annotation is float else "text"
