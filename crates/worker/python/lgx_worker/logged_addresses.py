"""Credentials in addresses that clients log, as HTTP clients do for each call: `?key=…` is told without its value."""

from __future__ import annotations

import re

_CREDENTIAL = re.compile(
    r"([?&](?:key|api[_-]?key|access_token|token|auth|authorization|client_secret|sig|signature"
    r"|x-(?:amz|goog)-(?:credential|security-token|signature))=)[^&\s\"'<>]+",
    re.IGNORECASE,
)


def without_credentials(text: str) -> str:
    """The text with stars for the values of parameters that are credentials."""
    return _CREDENTIAL.sub(r"\1***", text) if "?" in text else text
