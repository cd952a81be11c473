"""From a list's parameters to its page request, and from its page to the response."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response

from functions.dashboard.dependencies import Store
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.cursor import cursor_of, position_of
from functions.dashboard.queries.indexed_lists import Listing
from functions.dashboard.queries.pages import Page, PageRequest, page_of
from functions.dashboard.schemas.parameters import Paged, Ranged


def page_request_of(query: Paged, list_name: str) -> PageRequest:
    """Return the page that is wanted of a list.

    Raise WrongCursor where the cursor is not one of this list with these filters.
    """
    after = position_of(query.cursor, list_name + query.filters) if query.cursor else None
    if isinstance(query, Ranged):
        return PageRequest(query.limit, query.start, query.end, after)
    return PageRequest(query.limit, after=after)


class ListResponse:
    """The response to a request for a list: its body, and a link to the next page (RFC 8288)."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def body_of(self, page: Page, query: Paged, list_name: str) -> dict[str, Any]:
        """Return the rows and the cursor of the next page, which only this list accepts.

        Where there is a next page, the response links to it.
        """
        if page.next is None:
            return {"data": page.rows, "next_cursor": None}
        cursor = cursor_of(page.next, list_name + query.filters)
        self._response.headers["link"] = f'<{self._url_with(cursor)}>; rel="next"'
        return {"data": page.rows, "next_cursor": cursor}

    def _url_with(self, cursor: str) -> str:
        parameters = {**self._request.query_params, "cursor": cursor}
        # Without a host: that of the ingress is not known here.
        return f"{quote(self._request.scope['path'], safe='/:')}?{urlencode(parameters)}"


async def _list_response(request: Request, response: Response) -> ListResponse:
    return ListResponse(request, response)


ListResponseOfRequest = Annotated[ListResponse, Depends(_list_response)]


async def list_page(
    store: Store,
    listing: Listing,
    query: Paged,
    list_name: str,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Page:
    """Return the page of a list that is wanted; `start` and `end` win over those of the query.

    Raise WrongCursor as `page_request_of` does, and TemporaryError where the database fails.
    """
    wanted = page_request_of(query, list_name)
    wanted = replace(wanted, start=start or wanted.start, end=end or wanted.end)
    async with bounded(list_name):
        return await page_of(store.database, listing, wanted)


def filters_of(query: Paged, *names: str) -> dict[str, str]:
    """Return those of the named filters that are given."""
    given = {name: getattr(query, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}
