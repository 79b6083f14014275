#!/usr/bin/env python3
"""Fails for a file of a release that has grown too big: `packaging/check_sizes.py FILE…`."""

from __future__ import annotations

import sys
from pathlib import Path

MEGABYTE = 1_000_000
MOST = {".whl": 9.5 * MEGABYTE, "": 20 * MEGABYTE}
"""The most that a file of such a suffix may take; a binary has none."""


def main() -> None:
    """Say how big each file is; exit code 1 where one is too big."""
    files = [Path(name) for name in sys.argv[1:]]
    too_big = 0
    for file in files:
        size, most = file.stat().st_size, MOST[file.suffix]
        too_big += size > most
        sys.stderr.write(f"{file.name}: {size / MEGABYTE:.1f} MB of at most {most / MEGABYTE:.1f}\n")
    sys.exit(1 if too_big or not files else 0)


if __name__ == "__main__":
    main()
