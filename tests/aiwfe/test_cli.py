"""The `aiwfe` command: exit codes, narrowing, plain output, and help that teaches."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pytest

from aiwfe import proofs
from aiwfe.cli import app
from aiwfe.dist import Platform
from aiwfe.errors import ToolMissingError
from aiwfe.findings import Finding, Proof, Rule
from imports.manifest import ROOT
from tests.aiwfe.dists import COMMITTED, OBJECT, Said, dist, run

FORMATS = ("text", "json", "sarif", "github")
RULES = (
    Rule("names/error", "No object."),
    Rule("names/warning", "No object.", "warning"),
    Rule("names/note", "No object.", "note"),
)


def finding(rule: Rule) -> Proof:
    """A proof whose rule holds for no object."""

    def find(platform: Platform) -> Iterator[Finding]:
        return (rule(item, "is there", "remove it") for item in platform.objects)

    return Proof("names", "There are no objects.", RULES, find)


def without_a_tool(_: Platform) -> NoReturn:
    raise ToolMissingError("tools/checker/go.mod: no `tool` line\nand more")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return dist(tmp_path, {f"{env}/apps/chat.yaml": OBJECT for env in ("dev", "production")})


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("rule", "code"), [(RULES[0], 1), (RULES[1], 0), (RULES[2], 0)])
def test_only_errors_fail_the_check_whatever_the_format(
    rule: Rule, code: int, format: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "PROOFS", (finding(rule),))
    said = run("check", "--dist", folder, "--format", format)
    assert (said.code, said.err, said.out.count("is there")) == (code, "", 2)


def test_a_missing_tool_is_exit_code_3(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "PROOFS", (Proof("tooled", "Needs a tool.", RULES, without_a_tool),))
    assert run("check", "--dist", folder) == (3, "", "aiwfe: tools/checker/go.mod: no `tool` line\nand more\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("chekc",),
        ("check", "--evn", "dev"),
        ("check", "--format", "xml"),
        ("capacity", "--format", "sarif"),
        ("capacity", "references"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_points_to_the_help(arguments: tuple[str, ...]) -> None:
    said = run(*arguments)
    assert (said.code, said.out) == (2, "")
    assert re.search(r"Try '.* -h' for help", said.err)


def test_an_unknown_proof_is_named_with_the_nearest_and_all() -> None:
    known = "(there are: schema, references, ownership, capacity, parity, stability)"
    said = run("check", "refrences", "capacity", "vibes")
    assert said == (
        2,
        "",
        f"aiwfe: unknown proof 'refrences', did you mean 'references'? {known}\naiwfe: unknown proof 'vibes' {known}\n",
    )


@pytest.mark.parametrize("day", ["tomorrow", "31.01.2027", "2027-02-30", "20270131", "2027-W05", "2027-1-31", ""])
def test_a_day_that_is_none_is_refused(day: str, folder: Path) -> None:
    said = run("check", "ownership", "--dist", folder, "--today", day)
    assert said == (2, "", f"aiwfe: --today '{day}' is no date such as 2027-01-31\n")


def test_a_hostile_name_in_a_message_is_shown_and_does_not_act() -> None:
    said = run("check", "\x1b[31mred", "--dist", COMMITTED)
    assert said.err.startswith(r"aiwfe: unknown proof '\x1b[31mred' (there are:")
    assert run("capacity", "--env", "\x9b\u202e", "--dist", COMMITTED).err.startswith(
        r"aiwfe: unknown environment '\x9b\u202e' (there are:"
    )


def test_the_committed_dist_holds() -> None:
    said = run("check", "references", "ownership", "--dist", COMMITTED)
    assert (said.code, said.err) == (0, "")
    assert [line[:16].split() for line in said.out.splitlines()[:2]] == [["ok", "references"], ["ok", "ownership"]]
    environments = ", ".join(sorted(path.name for path in COMMITTED.iterdir()))
    assert re.search(rf"^dist/ holds: \d+ objects in {environments}; 2 proofs$", said.out, re.MULTILINE)


def test_proofs_run_in_their_own_order_and_once() -> None:
    said = run("check", "stability", "references", "stability", "--dist", COMMITTED, "--format", "json")
    assert [proof["name"] for proof in json.loads(said.out)["proofs"]] == ["references", "stability"]


def test_env_narrows_what_is_judged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "PROOFS", (finding(RULES[0]),))
    said = run("check", "--dist", folder, "-e", "production", "--format", "json")
    content = json.loads(said.out)
    assert (content["environments"], content["objects"]) == (["production"], 1)
    assert [found["object"] for found in content["proofs"][0]["findings"]] == ["production/ConfigMap/aiwfe-system/chat"]


def test_the_same_dist_gives_the_same_bytes() -> None:
    for name in ("json", "sarif", "github"):
        arguments = ("check", "capacity", "--dist", COMMITTED, "--format", name)
        assert run(*arguments) == run(*arguments)


def test_list_prints_every_rule_with_what_it_says() -> None:
    said = run("check", "--list", "--dist", "/nowhere")
    assert said.code == 0
    listed = re.findall(r"^  ([a-z-]+/[a-z-]+) +(\S.*)$", said.out, re.MULTILINE)
    marks = {"error": "", "warning": " (warning)", "note": " (note)"}
    assert listed == [(rule.id, rule.statement + marks[rule.severity]) for rule in proofs.all_rules().values()]


def test_list_is_narrowed_to_the_proofs_asked_for() -> None:
    said = run("check", "--list", "capacity")
    assert {line.split("/")[0].strip() for line in said.out.splitlines()[1:]} == {"capacity"}


def test_every_proof_and_rule_is_called_and_says_something() -> None:
    rules = proofs.all_rules()
    assert len(rules) == sum(len(proof.rules) for proof in proofs.PROOFS) + 2  # ids are there once
    for proof in proofs.PROOFS:
        assert proof.statement.endswith(".")
        for rule in proof.rules:
            assert re.fullmatch(rf"{proof.name}/[a-z]+(-[a-z]+)*", rule.id)
            assert rule.statement.endswith(".")


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == (0, f"aiwfe {version('aiwfe-platform')}\n", "")


COMMANDS = {command.callback.__name__: command for command in app.registered_commands if command.callback}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_that_works(name: str) -> None:
    said = run(name, "--help", COLUMNS="100")
    assert (said.code, said.err, run(name, "-h", COLUMNS="100").out) == (0, "", said.out)
    example = re.search(r"Example: aiwfe (.*)", said.out)
    assert example
    assert shlex.split(example[1])[0] == name
    assert "Exit codes: 0 " in said.out
    done = run(*shlex.split(example[1]), "--dist", COMMITTED)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    """An option whose help is empty ends its row with the type."""
    rows = re.findall(r"^│ +(--[a-z]+.*?) *│$", run(name, "--help", COLUMNS="200").out, re.MULTILINE)
    assert len(rows) >= 4
    assert [row for row in rows if not row.endswith((".", "]"))] == []


def test_without_a_command_the_commands_are_listed() -> None:
    said = run(COLUMNS="100")
    text = said.out + said.err
    assert said.code == 2
    assert [name for name in COMMANDS if not re.search(rf"^│ {name} +[A-Z]", text, re.MULTILINE)] == []


def process(*arguments: str, cwd: Path = ROOT, **environment: str) -> Said:
    done = subprocess.run(
        [sys.executable, "-m", "aiwfe", *arguments],
        cwd=cwd, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def test_a_process_finds_dist_and_prints_plain_lines_away_from_a_terminal() -> None:
    said = process("check", "references", cwd=ROOT / "docs", TERM="xterm-256color", COLUMNS="20")
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    assert said.out.splitlines()[0].startswith(" ok   references  no findings")


def test_a_process_ends_with_2_and_one_line_after_bad_input(tmp_path: Path) -> None:
    dist(tmp_path, {"dev/apps/chat.yaml": "a: b: c\n"})
    problem = "not YAML (mapping values are not allowed in this context)"
    assert process("check", cwd=tmp_path) == (
        2, "", f"aiwfe: dist/dev/apps/chat.yaml:1: {problem}: run `make synth` to write it anew\n"
    )  # fmt: skip


def test_a_name_that_the_encoding_cannot_show_does_not_end_the_report(tmp_path: Path) -> None:
    dist(tmp_path, {"dev/apps/chät.yaml": OBJECT, "dev/日本.txt": ""})
    said = process("check", "ownership", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (said.code, said.err) == (1, "")
    assert r"dist/dev/\u65e5\u672c.txt" in said.out
