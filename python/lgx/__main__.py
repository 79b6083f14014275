"""`python -m lgx`: this process becomes the binary."""

from __future__ import annotations

import os
import sys

from lgx import NotInstalledError, find_lgx


def main() -> None:
    """Run the binary with the arguments of this process; does not return."""
    try:
        binary = find_lgx()
    except NotInstalledError as error:
        sys.exit(f"error: {error}")
    os.execv(binary, [str(binary), *sys.argv[1:]])  # noqa: S606 - the arguments are those that this command was given


if __name__ == "__main__":
    main()
