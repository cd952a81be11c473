"""From a list's parameters to its page request, and from its page to the response."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response

from functions.dashboard.queries.cursor import cursor_of, position_of
from functions.dashboard.queries.pages import Page, PageRequest
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


ListResponseOfRequest = Annotated[ListResponse, Depends()]
