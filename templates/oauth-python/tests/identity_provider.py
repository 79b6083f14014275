"""An identity provider for your own machine: people sign up, log in and out, and it says whose an access token is.

It answers as Supabase does, and as the userinfo endpoint of OpenID Connect. What it knows is in its memory, passwords
included: it is for trying things out and for tests, and never for real users.
"""

from __future__ import annotations

import argparse
import json
import secrets
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "local-api-key"
LIFETIME = 3600
"""Seconds that a token is said to be good for; this one keeps them until its end."""


class Denied(Exception):
    """A request that is not granted: the status of the answer, and what it says."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class IdentityProvider(ThreadingHTTPServer):
    """The provider, on any free port if none is given. Each request has a thread of its own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Requests)
        self.passwords: dict[str, str] = {}
        self.users: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def sign_up(self, email: str, password: str) -> dict[str, str]:
        """Make a user."""
        if email in self.users:
            raise Denied(422, "User already registered")
        self.passwords[email] = password
        self.users[email] = {"id": str(uuid.uuid4()), "email": email}
        return self.users[email]

    def log_in(self, email: str, password: str) -> dict[str, Any]:
        """Hand out an access token."""
        if self.passwords.get(email) != password:
            raise Denied(400, "Invalid login credentials")
        token = secrets.token_urlsafe(32)
        self.tokens[token] = email
        return {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME, "user": self.users[email]}

    def user_of(self, authorization: str) -> dict[str, str]:
        """Say whose the token of an `Authorization` header is."""
        email = self.tokens.get(authorization.removeprefix("Bearer "))
        if email is None:
            raise Denied(401, "Invalid token")
        return self.users[email]

    def log_out(self, authorization: str) -> None:
        """Take a token back."""
        self.tokens.pop(authorization.removeprefix("Bearer "), None)


class Requests(BaseHTTPRequestHandler):
    """One connection to it."""

    server: IdentityProvider
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else its small answers wait for each other

    def do_GET(self) -> None:
        self.answer({"/auth/v1/user": self.supabase_user, "/userinfo": self.userinfo})

    def do_POST(self) -> None:
        self.answer(
            {
                "/auth/v1/signup": self.sign_up,
                "/auth/v1/token?grant_type=password": self.log_in,
                "/auth/v1/logout": self.log_out,
            }
        )

    def answer(self, routes: dict[str, Any]) -> None:
        """Answer the request by the route that its path names."""
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        try:
            if self.path not in routes:
                raise Denied(404, "Not found")
            if self.path.startswith("/auth/v1/") and self.headers.get("apikey") != API_KEY:
                raise Denied(401, "Invalid API key")
            status, said = 200, routes[self.path](json.loads(body) if body else {})
        except Denied as denied:
            status, said = denied.status, {"msg": str(denied)}
        except (ValueError, KeyError) as error:
            status, said = 400, {"msg": f"Bad request: {error!r}"}
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def sign_up(self, body: dict[str, str]) -> dict[str, str]:
        return self.server.sign_up(body["email"], body["password"])

    def log_in(self, body: dict[str, str]) -> dict[str, Any]:
        return self.server.log_in(body["email"], body["password"])

    def log_out(self, _body: object) -> dict[str, str]:
        self.server.log_out(self.authorization)
        return {}

    def supabase_user(self, _body: object) -> dict[str, str]:
        return self.server.user_of(self.authorization)

    def userinfo(self, _body: object) -> dict[str, str]:
        user = self.server.user_of(self.authorization)
        return {"sub": user["id"], "email": user["email"]}

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request: the tests' own output is enough."""


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="An identity provider for your own machine.")
    parser.add_argument("--port", type=int, default=9999)
    with IdentityProvider(parser.parse_args().port) as provider:
        print(f"The identity provider answers on {provider.url}; its API key is {API_KEY}", flush=True)
        try:
            provider.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
