"""Fixtures of pytest for a project that lgx serves.

`lgx_url` is the server's URL: of the one that `lgx exec -- pytest` has started, or of one that lives as long as the session.
`lgx_client` is a client of the SDK for it, and `lgx_reset` empties it before a test.
"""

from pytest_lgx.fixtures import lgx_client, lgx_reset, lgx_url, pytest_addoption

__all__ = ["lgx_client", "lgx_reset", "lgx_url", "pytest_addoption"]
