"""The lgx binary, as Python packages find it: `find_lgx()` says where it was installed, `python -m lgx` runs it."""

from lgx._find_lgx import NotInstalledError, find_lgx

__all__ = ["NotInstalledError", "find_lgx"]
