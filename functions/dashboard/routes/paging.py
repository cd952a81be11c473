"""From a list's parameters to its page request, and from its page to the body of the response."""

from typing import Any

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


def body_of(page: Page, query: Paged, list_name: str) -> dict[str, Any]:
    """Return the rows, and the cursor of the next page, which only this list accepts."""
    more = None if page.next is None else cursor_of(page.next, list_name + query.filters)
    return {"data": page.rows, "next_cursor": more}
