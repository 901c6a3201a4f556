"""`aiwfe tools`: builds what is not built yet, shows what there is, and says what cannot be built."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from aiwfe import gotools
from aiwfe.gotools import Family, build, describe, families
from imports.manifest import ROOT
from tests.aiwfe.dists import run

MAIN = "package main\n\nfunc main() {}\n"

# A Go of two lines: it describes a module by the file `described` beside go.mod, and builds what `packages` there says.
FAKE_GO = """\
#!/bin/sh
echo "$1 ${PWD##*/}" >> LOG
case $1 in
  mod) cat described ;;
  list) cat packages ;;
  build)
    if [ -f broken ]; then echo "main.go:3:1: undefined: x" >&2; exit 1; fi
    for argument in "$@"; do case $argument in -o=*) out=${argument#-o=} ;; esac; done
    for package in $(cat packages); do touch "$out/${package##*/}"; done ;;
esac
"""


def module(name: str, packages: list[str], *require: tuple[str, str, bool]) -> dict[str, object]:
    """As `go mod edit -json` prints it."""
    return {
        "Module": {"Path": f"example.org/tools/{name}"},
        "Go": "1.24",
        "Require": [{"Path": path, "Version": version, "Indirect": indirect} for path, version, indirect in require],
        "Tool": [{"Path": path} for path in packages],
    }


def family(tools: Path, name: str, packages: list[str], *require: tuple[str, str, bool]) -> Path:
    folder = tools / name
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(f"module example.org/tools/{name}\n\ngo 1.24\n\ntool example.org/tools/{name}\n")
    (folder / "go.sum").touch()
    (folder / "main.go").write_text(MAIN)
    (folder / "described").write_text(json.dumps(module(name, packages, *require)))
    (folder / "packages").write_text("\n".join(packages))
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """tools/ with two families, and a Go that notes what it is asked."""
    tools = tmp_path / "tools"
    upstream = [
        ("example.com/kube", "v1.36.3", True),
        ("example.com/kube/api", "v0.1.0", True),
        ("a.b", "v1.0.0", True),
    ]
    family(tools, "kube", ["example.com/kube/cmd/apiserver", "example.com/kube/cmd/kubectl"], *upstream)
    family(tools, "own", ["example.org/tools/own"], ("example.com/redis/v2", "v2.40.0", False), ("c.d", "v1.0.0", True))
    (tools / "go.lock").touch()
    (tools / "no-family").mkdir()
    go = tmp_path / "machine" / "bin" / "go"
    go.parent.mkdir(parents=True)
    go.write_text(FAKE_GO.replace("LOG", str(tmp_path / "log")))
    go.chmod(0o755)
    (go.parent.parent / "VERSION").write_text("go1.26.8\n")
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.setattr(gotools, "TOOLS", tools)
    monkeypatch.setattr(gotools, "CACHE", tmp_path / "cache")
    return tools


def built(tools: Path) -> list[str]:
    """What was built, in its order."""
    log = tools.parent / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.removeprefix("build ") for line in lines if line.startswith("build ")]


def rows(text: str) -> list[list[str]]:
    """The table below its head, a list of cells for each line."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()[3:] if line.strip()]


def test_what_is_not_built_is_built_and_the_next_time_it_is_there(tools: Path) -> None:
    first = run("tools")
    assert (first.code, first.err, built(tools)) == (0, "", ["kube", "own"])
    table = rows(first.out)
    assert table[0][:3] == ["kube", "example.com/kube v1.36.3", "apiserver"]
    assert table[1] == ["kubectl"]
    assert table[2][:3] == ["own", "example.com/redis/v2 v2.40.0", "own"]
    assert all(re.fullmatch(r"built just now, \d+ s", row[3]) for row in (table[0], table[2]))
    again = run("tools")
    assert [row[3] for row in rows(again.out) if len(row) > 1] == ["built", "built"]
    assert built(tools) == ["kube", "own"]


def test_only_the_families_that_are_given_are_built(tools: Path) -> None:
    said = run("tools", "own", "own")
    assert (said.code, built(tools), [row[0] for row in rows(said.out)]) == (0, ["own"], ["own"])


def test_what_was_built_here_is_what_others_use(tools: Path, tmp_path: Path) -> None:
    run("tools", "kube")
    assert gotools.tool("kube", "kubectl", tools=tools, cache=tmp_path / "cache").is_file()
    assert built(tools) == ["kube"]


def test_a_family_that_is_not_there_is_named_with_the_nearest_and_all(tools: Path) -> None:
    assert run("tools", "kueb", "own", "x") == (
        2,
        "",
        "aiwfe: unknown family 'kueb', did you mean 'kube'? (there are: kube, own)\n"
        "aiwfe: unknown family 'x' (there are: kube, own)\n",
    )
    assert built(tools) == []


def test_a_build_that_fails_is_told_by_its_end_and_the_others_are_built(tools: Path) -> None:
    (tools / "kube" / "broken").touch()
    said = run("tools")
    assert (said.code, said.err) == (3, f"aiwfe: go build failed in {tools}/kube:\nmain.go:3:1: undefined: x\n")
    assert [row[0] for row in rows(said.out)] == ["own"]


def test_without_go_it_is_said_once(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    (tools / "go.lock").unlink()
    assert run("tools") == (3, "", f"aiwfe: {tools}/go.lock is missing, and no Go 1.24 or newer is on PATH\n")


def test_progress_is_told_of_what_is_built_only(tools: Path, tmp_path: Path) -> None:
    said: list[str] = []
    results = [build("own", tools=tools, cache=tmp_path / "cache", say=said.append) for _ in range(2)]
    assert (results, said) == ([True, False], ["building own (once, seconds to minutes)"])


def test_wrong_usage_is_exit_code_2_and_points_to_the_help(tools: Path) -> None:
    said = run("tools", "own", "--al")
    assert (said.code, said.out, built(tools)) == (2, "", [])
    assert re.search(r"Try 'aiwfe tools -h' for help|Try '.* tools -h' for help", said.err)


def test_the_help_has_an_example_of_families_that_there_are() -> None:
    said = run("tools", "--help", COLUMNS="100")
    assert (said.code, run("tools", "-h", COLUMNS="100").out) == (0, said.out)
    example = re.search(r"Example: aiwfe tools (.*)", said.out)
    assert example
    assert set(example[1].split()) <= set(families(ROOT / "tools"))
    assert "Exit codes: 0 " in said.out
    assert re.search(r"Usage: \S+ tools \[OPTIONS\] \[FAMILY\]\.\.\. *$", said.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("package", "program"),
    [
        ("example.com/a/cmd/server", "server"),
        ("example.com/a/server/v3", "server"),
        ("example.com/a/v3/cmd", "cmd"),
        ("v2ray", "v2ray"),
        ("example.com/a/v1beta1", "v1beta1"),
    ],
)
def test_a_program_is_called_after_the_last_part_of_its_package_that_is_no_version(
    package: str, program: str, tools: Path, tmp_path: Path
) -> None:
    family(tools, "named", [package], ("example.com/a", "v1.0.0", True))
    assert describe("named", tools=tools, cache=tmp_path / "cache").programs == (program,)


def test_a_version_is_of_the_module_that_holds_the_package(tools: Path, tmp_path: Path) -> None:
    """Not of one whose path only begins alike, nor of one around it."""
    around = [
        ("example.com/a", "v1.0.0", True),
        ("example.com/a/b", "v2.0.0", True),
        ("example.com/a/bc", "v3.0.0", True),
    ]
    family(tools, "nested", ["example.com/a/b/cmd", "example.com/a/bd"], *around)
    assert describe("nested", tools=tools, cache=tmp_path / "cache").modules == (
        "example.com/a/b v2.0.0",
        "example.com/a v1.0.0",
    )


@pytest.mark.skipif(shutil.which("go") is None, reason="this machine has no Go")
def test_a_real_module_is_described_by_its_go_mod(tmp_path: Path) -> None:
    folder = tmp_path / "tools" / "hello"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module example.org/tools/hello\n\ngo 1.24\n\ntool example.org/tools/hello\n")
    (folder / "go.sum").touch()
    (folder / "main.go").write_text(MAIN)
    place = {"tools": tmp_path / "tools", "cache": tmp_path / "cache"}
    assert describe("hello", **place) == Family("hello", (), ("hello",))
    (folder / "go.mod").write_text("modul\n")
    with pytest.raises(gotools.ToolMissingError, match=r"go.mod: no `go` line$"):
        describe("hello", **place)


@pytest.mark.skipif(shutil.which("go") is None, reason="this machine has no Go")
@pytest.mark.parametrize("name", families(ROOT / "tools"))
def test_every_family_of_the_repository_says_where_it_is_from(name: str) -> None:
    described = describe(name)
    assert (len(described.modules), described.programs != ()) == (1, True)
    assert all(re.fullmatch(r"\S+ v\d\S*", one) for one in described.modules)
