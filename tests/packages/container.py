"""Performs a Dockerfile without Docker and runs its server: each step in a root of its own, an overlay of this machine's files.

It needs root, for mounts and `chroot`, in a namespace of its own:
unshare --mount --propagation private --pid --fork --kill-child. The images that stages begin with are made up of this
machine's programs, with its Python or Node.js where theirs would be, and nothing else of it: no homes, no projects.

Once the server has been started, each line on stdin is a command that is run beside it, as a list in JSON, or `null` for
the health check; a line on stdout has its exit code and what it printed. The end of stdin stops the server as
`docker stop` does, and its exit code is that of this program.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

SYSTEM = {"usr", "bin", "sbin", "lib", "lib64", "libx32", "lib32", "etc", "var"}
SETTINGS = [".config/pip", ".config/uv", ".pip", ".npmrc", ".yarnrc", ".yarnrc.yml"]
NETWORK = (
    "PIP_",
    "UV_",
    "NPM_CONFIG_",
    "SSL_CERT_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "YARN_",
)


@dataclass
class Stage:
    """What a stage has come to: its layers, and what instructions have said."""

    layers: list[Path]
    env: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: tuple[int, int] = (0, 0)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


class Builder:
    """Performs instructions; everything lies in memory, in a namespace that goes with this process."""

    def __init__(
        self, place: Path, context: Path, ignored: list[str], secrets: dict[str, Path], replaced: dict[str, Path]
    ):
        self.place = place
        self.context = context
        self.ignored = ignored
        self.secrets = secrets
        self.replaced = replaced
        self.stages: dict[str, Stage] = {}
        self.roots: dict[str, Path] = {}
        self.count = 0
        self.current = ""

    def folder(self, name: str) -> Path:
        self.count += 1
        path = self.place / f"{self.count}-{name}"
        path.mkdir()
        return path

    def perform(self, instructions: list[tuple[str, str]]) -> tuple[Stage, Path]:
        for name, rest in instructions:
            if name == "FROM":
                self.begin(rest)
                continue
            if self.current in self.replaced:
                continue
            print(f"{name} {rest}", file=sys.stderr, flush=True)
            getattr(self, name.lower())(rest)
        return self.stage, self.root

    @property
    def stage(self) -> Stage:
        return self.stages[self.current]

    @property
    def root(self) -> Path:
        return self.roots[self.current]

    def begin(self, rest: str) -> None:
        image, _, name = rest.partition(" AS ")
        self.current = name or "last"
        base = self.stages.get(image)
        stage = replace(base, layers=list(base.layers), env=dict(base.env)) if base else Stage(layers=self.image(image))
        stage.env.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        if self.current in self.replaced:
            layer = self.folder("replaced")
            shutil.copytree(self.replaced[self.current], layer, dirs_exist_ok=True)
            stage.layers.insert(0, layer)
        self.stages[self.current] = stage
        self.roots[self.current] = self.mounted(stage)
        if not base:
            # What Python is linked with lies beside it, and not where it was built.
            subprocess.run(["ldconfig"], check=True, **self.process(stage, self.root, {}))

    def mounted(self, stage: Stage) -> Path:
        """A root with all layers of a stage, and a new one that takes what is written."""
        upper, work, root = self.folder("upper"), self.folder("work"), self.folder("root")
        upper.chmod(0o755)
        below = ":".join([*map(str, stage.layers), "/"])
        run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={below},upperdir={upper},workdir={work}", str(root)])
        stage.layers.insert(0, upper)
        run(["mount", "-t", "proc", "proc", str(root / "proc")])
        run(["mount", "--rbind", "/dev", str(root / "dev")])
        return root

    def image(self, name: str) -> list[Path]:
        """What an image of Python or Node.js begins with."""
        layer = self.folder("image")
        layer.chmod(0o755)
        for entry in os.scandir("/"):
            if entry.is_dir(follow_symlinks=False) and entry.name not in SYSTEM:
                opaque(layer / entry.name)
        for folder in ("app", "data", "opt", "root", "home", "proc", "dev", "tmp"):
            (layer / folder).mkdir(exist_ok=True)
        (layer / "tmp").chmod(0o1777)
        local = layer / "usr/local"
        local.mkdir(parents=True)
        opaque(local)
        for setting in SETTINGS:
            of_machine = Path.home() / setting
            if of_machine.exists():
                to = layer / "root" / setting
                to.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if of_machine.is_dir() else shutil.copy2)(of_machine, to)
        for program in (
            "node",
            "npm",
            "npx",
            "corepack",
            "yarn",
            "pnpm",
            "uv",
            "python3",
            "python",
            "pip",
            "pip3",
            "lgx",
        ):
            if Path("/usr/bin", program).exists():
                (layer / "usr/bin").mkdir(exist_ok=True)
                os.mknod(layer / "usr/bin" / program, stat.S_IFCHR, os.makedev(0, 0))
        (with_node if name.startswith("node:") else with_python)(local)
        return [layer]

    def env(self, rest: str) -> None:
        for word in rest.split(" "):
            name, _, value = word.partition("=")
            for known, known_value in self.stage.env.items():
                value = value.replace(f"${known}", known_value)
            self.stage.env[name] = value

    def workdir(self, rest: str) -> None:
        self.stage.folder = rest
        (self.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def user(self, rest: str) -> None:
        user, _, group = rest.replace("root", "0").partition(":")
        self.stage.user = (int(user), int(group or "0"))

    def expose(self, rest: str) -> None:
        assert rest.isdigit(), rest

    def cmd(self, rest: str) -> None:
        self.stage.command = json.loads(rest)

    def healthcheck(self, rest: str) -> None:
        self.stage.health = json.loads(rest.partition("CMD ")[2])

    def copy(self, rest: str) -> None:
        source = None
        if rest.startswith("--from="):
            option, _, rest = rest.partition(" ")
            source = self.roots[option.removeprefix("--from=")]
        words: list[str] = json.loads(rest) if rest.startswith("[") else rest.split(" ")
        *files, to = words
        target = self.root / to.lstrip("/")
        for file in files:
            at = source / file.lstrip("/") if source else self.context / file
            ignore = None if source else self.ignore
            if at.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                shutil.copytree(at, target, symlinks=True, dirs_exist_ok=True, ignore=ignore)
            elif not source and self.is_ignored(at):
                raise FileNotFoundError(f"{file} is not in the context")
            else:
                into = target / at.name if to.endswith("/") or target.is_dir() else target
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(at, into)

    def ignore(self, folder: str, names: list[str]) -> set[str]:
        return {name for name in names if self.is_ignored(Path(folder, name))}

    def is_ignored(self, path: Path) -> bool:
        seen = path.relative_to(self.context).as_posix()
        ignored = False
        for pattern in self.ignored:
            wanted = pattern.removeprefix("!")
            anywhere = wanted.removeprefix("**/")
            if fnmatch.fnmatchcase(seen, wanted) or (anywhere != wanted and fnmatch.fnmatchcase(path.name, anywhere)):
                ignored = not pattern.startswith("!")
        return ignored

    def run(self, rest: str) -> None:
        mounted = []
        while rest.startswith("--mount="):
            option, _, rest = rest.partition(" ")
            rest = rest.lstrip()
            mount = dict(pair.split("=") for pair in option.removeprefix("--mount=").split(","))
            target = self.root / mount["target"].lstrip("/")
            if mount["type"] == "cache":
                source = self.folder("cache")
                target.mkdir(parents=True, exist_ok=True)
            else:
                source = self.secrets[mount["id"]]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
            run(["mount", "--bind", str(source), str(target)])
            mounted.append(target)
        subprocess.run(
            ["sh", "-c", rest], check=True, stdout=sys.stderr, **self.process(self.stage, self.root, of_machine())
        )
        for target in reversed(mounted):
            run(["umount", str(target)])

    @staticmethod
    def process(stage: Stage, root: Path, further: dict[str, str]) -> dict:
        """How a process of a container is started."""

        def enter() -> None:
            os.chroot(root)
            os.chdir(stage.folder)
            user, group = stage.user
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)

        return {"env": {"HOME": "/root", **further, **stage.env}, "preexec_fn": enter, "stdin": subprocess.DEVNULL}


def of_machine() -> dict[str, str]:
    """How this machine reaches the network."""
    return {name: value for name, value in os.environ.items() if name.upper().startswith(NETWORK)}


def opaque(folder: Path) -> None:
    """Hides what lies below."""
    folder.mkdir(exist_ok=True)
    os.setxattr(folder, "trusted.overlay.opaque", b"y")


def with_python(local: Path) -> None:
    """This machine's Python, as images of it have theirs."""
    base = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (local / "bin").mkdir()
    (local / "lib").mkdir()
    shutil.copy2(Path(sys.base_prefix, "bin", version), local / "bin" / version)
    without = shutil.ignore_patterns("test", "site-packages", "dist-packages", "__pycache__", "config-*")
    shutil.copytree(base / "lib" / version, local / "lib" / version, symlinks=True, ignore=without)
    for library in (base / "lib").glob("libpython*"):
        shutil.copy2(library, local / "lib", follow_symlinks=False)
    for name in ("python3", "python"):
        (local / "bin" / name).symlink_to(version)
    packages = local / "lib" / version / "site-packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target"]
    run([*install, str(packages), "pip", "setuptools"])
    pip = local / "bin/pip"
    pip.write_text(f"#!/usr/local/bin/{version}\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n")
    pip.chmod(0o755)


def with_node(local: Path) -> None:
    """This machine's Node.js, as images of it have theirs."""
    node = Path(subprocess.check_output(["node", "-p", "process.execPath"], text=True).strip())
    npm = Path(subprocess.check_output(["npm", "root", "--global"], text=True).strip()) / "npm"
    if not npm.exists():
        npm = node.parent.parent / "lib/node_modules/npm"
    (local / "bin").mkdir()
    shutil.copy2(node, local / "bin/node")
    shutil.copytree(npm, local / "lib/node_modules/npm", symlinks=True)
    (local / "bin/npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")


def instructions_of(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", "").splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in whole)]


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)


def pairs(words: list[str]) -> dict[str, Path]:
    return {name: Path(path).absolute() for name, _, path in (word.partition("=") for word in words)}


def serve(stage: Stage, root: Path, more: list[str], variables: dict[str, str]) -> int:
    """Runs the server as a container would, and asks about it until nobody does any more."""
    how = Builder.process(stage, root, {})
    how["env"] |= variables
    server = subprocess.Popen([*stage.command, *more], **how)
    for line in sys.stdin:
        ran = subprocess.run(json.loads(line) or stage.health, check=False, stdout=subprocess.PIPE, text=True, **how)
        print(json.dumps({"code": ran.returncode, "printed": ran.stdout}), flush=True)
    server.send_signal(signal.SIGTERM)
    return server.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dockerfile", type=Path)
    parser.add_argument("context", type=Path)
    parser.add_argument("--secret", action="append", default=[], metavar="ID=FILE")
    parser.add_argument("--build-context", action="append", default=[], metavar="STAGE=FOLDER")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--argument", action="append", default=[], help="what is added to the command of the image")
    arguments = parser.parse_args()
    text = arguments.dockerfile.read_text()
    ignored = Path(f"{arguments.dockerfile}.dockerignore").read_text().splitlines()
    patterns = [line for line in ignored if line and not line.startswith("#")]
    run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"])
    place = Path("/mnt")
    builder = Builder(
        place, arguments.context.absolute(), patterns, pairs(arguments.secret), pairs(arguments.build_context)
    )
    stage, root = builder.perform(instructions_of(text))
    variables = dict(word.split("=", 1) for word in arguments.env)
    return serve(stage, root, arguments.argument, variables)


if __name__ == "__main__":
    sys.exit(main())
