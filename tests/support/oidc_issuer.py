"""An OpenID Connect issuer on loopback, which holds its clients to the RFCs 6749 and 7636.

It checks by itself what a real one does: the client's secret, its redirect address, the code and
that it is used once, and that who brings the code has the verifier of the challenge.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.support.credentials import SigningKey, base64url, key_set

CLIENT: Final = "dashboard"
SECRET: Final = "s3cret & more"
REDIRECT: Final = "http://localhost:8002/login/done"


class OidcIssuer:
    """What it says can be changed by a test; `asked` are the paths that were asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = SigningKey("people-1", "RS256")
        self.claims: dict[str, Any] = {"groups": ["operators"], "sub": "ada"}
        self.says: dict[str, Any] = {}
        self.responds: bytes | None = None  # instead of a token
        self.asked: list[str] = []
        self._begun: dict[str, dict[str, str]] = {}

    def log_in(self, address: str, **changed: str) -> dict[str, str]:
        """Do what a person does at the address; return what the browser brings back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert urlsplit(address)._replace(query="").geturl() == f"{self.url}/authorize"
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, REDIRECT)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._begun[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.url, **changed}

    def respond(self, path: str, headers: Any, body: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            own = {"token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/jwks"}
            own["authorization_endpoint"] = f"{self.url}/authorize"
            return 200, json.dumps({"issuer": self.url, **own, **self.says}).encode()
        if path == "/jwks":
            return 200, key_set(self.key).encode()
        if path == "/token":
            return self._token(headers, {name: v[0] for name, v in parse_qs(body).items()})
        return 404, b""

    def _token(self, headers: Any, given: dict[str, str]) -> tuple[int, bytes]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if headers["authorization"] != f"Basic {basic}":
            return 401, b'{"error": "invalid_client"}'
        begun = self._begun.pop(given.get("code", ""), None)
        challenge = base64url(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if begun is None or begun["code_challenge"] != challenge:
            return 400, b'{"error": "invalid_grant"}'
        if (given["grant_type"], given["redirect_uri"]) != ("authorization_code", REDIRECT):
            return 400, b'{"error": "invalid_request"}'
        if self.responds is not None:
            return 200, self.responds
        claims = {"iss": self.url, "aud": CLIENT, "nonce": begun["nonce"], **self.claims}
        made = {"token_type": "Bearer", "access_token": "x", "id_token": self.key.token(**claims)}
        return 200, json.dumps(made).encode()


@contextmanager
def oidc_issuer() -> Iterator[OidcIssuer]:
    """Yield an issuer that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, content = issuer.respond(self.path, self.headers, body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = OidcIssuer(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def encoded(response: dict[str, str]) -> str:
    return urlencode(response)
