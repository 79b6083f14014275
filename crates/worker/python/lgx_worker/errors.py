"""Errors that cross the connection: what a handler raises to answer a call with an ERROR frame."""

from __future__ import annotations

from typing import Any


class CallFailed(Exception):
    """A call that ends in an ERROR frame; raised by handlers here, and by `Connection.call` for the server's errors."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str = "CallFailed",  # the protocol's own word
        headers: dict[str, str] | None = None,
        diagnostic: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.headers = headers
        self.diagnostic = diagnostic

    def to_meta(self) -> dict[str, Any]:
        """The meta of the ERROR frame."""
        return {
            "type": self.type,
            "message": self.message,
            "status": self.status,
            "headers": self.headers,
            "diagnostic": self.diagnostic,
        }

    @classmethod
    def from_meta(cls, meta: dict[str, Any]) -> CallFailed:
        """The error that an ERROR frame carried."""
        return cls(
            str(meta.get("message") or ""),
            status=meta.get("status"),
            type=str(meta.get("type") or "Error"),
            headers=meta.get("headers"),
            diagnostic=meta.get("diagnostic"),
        )


class FrameTooLarge(Exception):
    """A frame over the protocol's limit; it fails the one call or run that wanted to send it."""


class ConnectionClosed(Exception):
    """The server has gone; calls that were waiting for it end with this."""
