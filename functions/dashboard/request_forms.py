"""The forms of a request that mean the same: HEAD, a slash at the end, a cache buster; pure."""

from typing import Final

from shared.serving.application import Scope

_SENT_METHOD: Final = "dashboard.sent_method"
_CACHE_BUSTER: Final = b"_"  # the name that jQuery and many clients after it use


def plain_form(scope: Scope) -> Scope:
    """Return the GET for a path without its last slash, and without `_=...`, that is meant.

    The body of a HEAD's response has to be left out by the caller.
    """
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    path = scope["path"].removesuffix("/") or "/"
    query = scope["query_string"]
    if _CACHE_BUSTER in query:
        parts = query.split(b"&")
        query = b"&".join(one for one in parts if one.partition(b"=")[0] != _CACHE_BUSTER)
    sent = {_SENT_METHOD: scope["method"]}
    return {**scope, **sent, "method": method, "path": path, "query_string": query}


def is_head(scope: Scope) -> bool:
    """Return whether a HEAD was sent, of which the plain form is a GET."""
    return bool(scope[_SENT_METHOD] == "HEAD")
