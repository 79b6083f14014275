#!/usr/bin/env python3
"""Writes the files of a release: an archive for each binary given, their checksums, the installer and the Homebrew formula.

packaging/release_files.py OUT --downloads https://github.com/OWNER/NAME/releases/download TARGET=BINARY [TARGET=BINARY …]
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import workspace

PACKAGING = workspace.ROOT / "packaging"


def main() -> None:
    """Write the files of the binaries that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the directory to write them to")
    parser.add_argument("binaries", nargs="+", type=workspace.binary_of, metavar="TARGET=BINARY")
    parser.add_argument(
        "--downloads", required=True, metavar="URL", help="where releases lie, each in a folder such as v0.1.0"
    )
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    checksums = {target: write_archive(out, target, binary) for target, binary in arguments.binaries}
    lines = [f"{checksum}  {archive_name(target)}\n" for target, checksum in sorted(checksums.items())]
    (out / "SHA256SUMS").write_text("".join(lines))
    downloads = arguments.downloads.rstrip("/")
    values = {
        "VERSION": workspace.version(),
        "DOWNLOADS": downloads,
        "HOMEPAGE": downloads.removesuffix("/releases/download"),
    }
    write_filled(PACKAGING / "install.sh.in", out / "install.sh", values)
    # Homebrew has no bottle for musl, and asks for the checksum of each that it has.
    for_homebrew = [target for target in workspace.TARGETS if not target.endswith("musl")]
    if all(target in checksums for target in for_homebrew):
        named = {f"SHA256_{target.upper().replace('-', '_')}": checksums[target] for target in for_homebrew}
        write_filled(PACKAGING / "homebrew/lgx.rb.in", out / "lgx.rb", values | named)


def archive_name(target: str) -> str:
    """The file's name; the installer, binstall and the formula know it too."""
    return f"lgx-{target}.tar.gz"


def write_archive(out: Path, target: str, binary: Path) -> str:
    """Write the archive of a binary, the same bytes each time, and give its checksum."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, file, mode in [
            ("lgx", binary, 0o755),
            ("LICENSE", workspace.ROOT / "LICENSE", 0o644),
            ("README.md", workspace.ROOT / "README.md", 0o644),
        ]:
            content = file.read_bytes()
            entry = tarfile.TarInfo(f"lgx-{target}/{name}")
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    (out / archive_name(target)).write_bytes(packed.getvalue())
    return hashlib.sha256(packed.getvalue()).hexdigest()


def write_filled(template: Path, file: Path, values: dict[str, str]) -> None:
    """Write a template with its `@NAME@`s filled in."""
    text = template.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    file.write_text(text)
    file.chmod(template.stat().st_mode)


if __name__ == "__main__":
    main()
