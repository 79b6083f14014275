"""Where the files of the agent are."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def folder_of(user: str | None, environment: Mapping[str, str]) -> Path:
    """The folder for this user's files, which is there afterwards; nobody's identity leads out of it."""
    folder = Path(environment.get("AGENT_FOLDER") or "workspace")
    if user is not None:
        folder /= f"user-{quote(user, safe='')}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
