#!/usr/bin/env python3
"""Writes the npm packages, ready for `npm publish`: one for each binary given, and `lgx`, which takes the one of its machine.

packaging/npm_packages.py OUT TARGET=BINARY [TARGET=BINARY …]
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import workspace

SCOPE = "@lgx"
WRAPPER = workspace.ROOT / "packaging/npm/lgx"


def main() -> None:
    """Write the packages that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the directory to write them to, each into one of its own")
    parser.add_argument("binaries", nargs="+", type=workspace.binary_of, metavar="TARGET=BINARY")
    arguments = parser.parse_args()
    by_target = {platform["target"]: platform for platform in workspace.PLATFORMS}
    for target, binary in arguments.binaries:
        write_platform(arguments.out, by_target[target], binary)
    write_wrapper(arguments.out)


def write_platform(out: Path, platform: dict[str, str], binary: Path) -> None:
    """Write the package of one platform: the binary, and what says for which machines it is."""
    name = platform["name"]
    folder = fresh(out / name)
    manifest: dict[str, Any] = {
        "name": f"{SCOPE}/{name}",
        "version": workspace.version(),
        "description": f"The binary of lgx for {platform['target']}; install `lgx`, which takes the right one",
        "license": "MIT",
        "os": [platform["os"]],
        "cpu": [platform["cpu"]],
        "files": ["bin"],
        "preferUnplugged": True,
    }
    if "libc" in platform:
        manifest["libc"] = [platform["libc"]]
    write_manifest(folder, manifest)
    shutil.copyfile(workspace.ROOT / "LICENSE", folder / "LICENSE")
    (folder / "bin").mkdir()
    shutil.copyfile(binary, folder / "bin/lgx")
    (folder / "bin/lgx").chmod(0o755)


def write_wrapper(out: Path) -> None:
    """Write `lgx` itself, which has the platform packages as optional dependencies of the very same version."""
    folder = fresh(out / "lgx")
    shutil.copytree(WRAPPER, folder, dirs_exist_ok=True)
    for file in ("README.md", "LICENSE"):
        shutil.copyfile(workspace.ROOT / file, folder / file)
    manifest = json.loads((WRAPPER / "package.json").read_text())
    version = workspace.version()
    manifest["version"] = version
    manifest["optionalDependencies"] = {f"{SCOPE}/{platform['name']}": version for platform in workspace.PLATFORMS}
    write_manifest(folder, manifest)


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a package.json."""
    (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
