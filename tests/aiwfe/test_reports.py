"""The four formats of a report: the same findings in all, and nothing in a name that acts on who reads it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import pytest
from rich.console import Console

from aiwfe.check import Report, Result
from aiwfe.findings import Finding, Proof, Rule
from aiwfe.reports import visible
from aiwfe.reports.machine import as_github, as_json, as_sarif
from aiwfe.reports.text import print_report
from aiwfe.waivers import Waiver

RULES = (
    Rule("names/named", "Every object is called something else."),
    Rule("names/short", "Names are short.", "warning"),
    Rule("lines/lined", "Objects stand on other lines.", "note"),
)
NAMES = Proof("names", "Names are good.", RULES[:2], lambda _: ())
LINES = Proof("lines", "Lines are good.", RULES[2:], lambda _: ())

# What acts on a terminal, on a log of GitHub, on markup, or hides what stands beside it.
HOSTILE = (
    "a\n::error file=x::injected",
    "\x1b[31mred\x1b]0;title\x07",
    "100% %0A%25 %",
    "a:b,c::d",
    "\r::warning::over",
    "left\u202eright\u200bno-width",
    "\x9b31mC1\x85\u2028",
    "[red]markup[/red] [link=x]y[/]",
    "\udcff undecodable",
    "日本語 é",
)


def finding(rule: Rule, name: str = "chat", line: int = 3) -> Finding:
    file = f"dist/dev/apps/{name}.yaml"
    return Finding(rule.id, rule.severity, f"dev/ConfigMap/{name}", file, line, f"is called {name}", f"rename {name}")


def report_of(findings: list[Finding], waived: list[Finding] | None = None, seconds: float = 0.0) -> Report:
    waiver = Waiver(RULES[0].id, "dev/ConfigMap/chat", "It is \x1b[1mrenamed\n.", dt.date(2027, 1, 31), 1)
    named = tuple(found for found in findings if found.rule.startswith("names/"))
    lined = tuple(found for found in findings if found.rule.startswith("lines/"))
    covered = tuple((found, waiver) for found in waived or [])
    return Report(("dev",), 7, (Result(NAMES, named, covered, seconds), Result(LINES, lined, (), seconds)))


ALL = report_of([finding(rule, name) for rule in RULES for name in HOSTILE], [finding(RULES[0], "waived")])


def as_text(report: Report) -> str:
    console = Console(file=StringIO(), highlight=False, emoji=False, markup=False, width=400)
    print_report(report, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


# Each finding as (severity, rule, object, file, line, why, fix), with hidden characters written as escapes.
Read = tuple[str, str, str, str, str, str, str]


def shown(found: Finding) -> Read:
    severity, rule, *texts = (
        found.severity,
        found.rule,
        found.object,
        found.file,
        str(found.line),
        found.why,
        found.fix,
    )
    about, file, line, why, fix = (visible(text) for text in texts)
    return severity, rule, about, file, line, why, fix


def from_text(text: str) -> list[Read]:
    found = re.findall(
        r"^  (\w+) (\S+)  (.*?)  (dist/dev/apps/.*):(\d+)\n      (.*)\n      -> (.*)\n", text, re.MULTILINE
    )
    return [(severity, rule, about, file, line, why, fix) for severity, rule, about, file, line, why, fix in found]


def from_json(text: str) -> list[Read]:
    entries = [entry for proof in json.loads(text)["proofs"] for entry in proof["findings"]]
    return [shown(Finding(**entry)) for entry in entries]


def from_sarif(text: str) -> list[Read]:
    return [_from_sarif(result) for result in json.loads(text)["runs"][0]["results"] if "suppressions" not in result]


def _from_sarif(result: dict[str, Any]) -> Read:
    place = result["locations"][0]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    about = place["logicalLocations"][0]["fullyQualifiedName"]
    why, fix = result["message"]["text"].removeprefix(f"{about}: ").removesuffix(".").split(". To do: ")
    file, line = unquote(uri, errors="surrogateescape"), place["physicalLocation"]["region"]["startLine"]
    return shown(Finding(result["ruleId"], result["level"], about, file, line, why, fix))


def from_github(text: str) -> list[Read]:
    """As GitHub decodes its commands: %25 last."""
    read: list[Read] = []
    for line in text.splitlines():
        command = re.fullmatch(r"::(error|warning|notice) file=([^,:]*),line=(\d+),title=([^,:]*)::(.*)", line)
        assert command, line
        severity, file, number, rule, message = command.groups()
        for code, character in {"%3A": ":", "%2C": ",", "%0D": "\r", "%0A": "\n", "%25": "%"}.items():
            file, message = file.replace(code, character), message.replace(code, character)
        about, why = re.split(r": (?=is called)", message.rpartition("\n-> ")[0], maxsplit=1)
        fix = message.rpartition("\n-> ")[2]
        read.append(
            ({"notice": "note"}.get(severity, severity), rule, *map(visible, (about, file, number, why, fix)))  # pyright: ignore[reportArgumentType]
        )
    return read


def sarif(report: Report) -> str:
    return as_sarif(report, "1.0.0")


FORMATS: dict[str, tuple[Callable[[Report], str], Callable[[str], list[Read]]]] = {
    "text": (as_text, from_text),
    "json": (as_json, from_json),
    "sarif": (sarif, from_sarif),
    "github": (as_github, from_github),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_the_same_findings(name: str) -> None:
    write, read = FORMATS[name]
    assert read(write(ALL)) == [shown(found) for found in ALL.findings]


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_prints_what_acts_on_a_terminal(name: str) -> None:
    write, _ = FORMATS[name]
    hidden = re.sub(r"\n", "", write(ALL))
    assert re.findall(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u202e\udc80-\udfff]", hidden) == []


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_the_same_text_each_time(name: str) -> None:
    write, _ = FORMATS[name]
    slower = replace(ALL, results=tuple(replace(result, seconds=9.0) for result in ALL.results))
    assert write(ALL) == write(ALL)
    if name != "text":  # that one tells people how long it took
        assert write(ALL) == write(slower)


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_without_findings_is_whole(name: str) -> None:
    write, read = FORMATS[name]
    assert read(write(report_of([]))) == []


def test_github_commands_are_one_line_for_each_finding_and_waived_ones_are_none() -> None:
    assert as_github(report_of([finding(RULES[1], "a\nb%c:d,e")], [finding(RULES[0])])) == (
        "::warning file=dist/dev/apps/a%0Ab%25c%3Ad%2Ce.yaml,line=3,title=names/short::"
        "dev/ConfigMap/a%0Ab%25c:d,e: is called a%0Ab%25c:d,e%0A-> rename a%0Ab%25c:d,e\n"
    )


def test_text_sums_up() -> None:
    waived, note = finding(RULES[0]), finding(RULES[2])
    report = report_of([finding(RULES[0]), finding(RULES[0]), finding(RULES[1]), note], [waived], seconds=1.25)
    lines = as_text(report).splitlines()
    assert lines[0] == f"FAIL  names       {'2 errors, 1 warning, 1 waived':<32}   1.25 s"
    assert r"  waived until 2027-01-31: names/named dev/ConfigMap/chat (It is \x1b[1mrenamed\n.)" in lines
    assert f" ok   lines       {'1 note':<32}   1.25 s" in lines
    assert lines[-2:] == ["", "dist/ does not hold: 7 objects in dev; 2 proofs"]
    assert as_text(report_of([note])).splitlines()[-1] == "dist/ holds: 7 objects in dev; 2 proofs"


def test_a_finding_about_a_file_names_it_once() -> None:
    about_file = RULES[0].in_file("dist/notes.txt", "is a stray", "remove it")
    assert "  error names/named  dist/notes.txt:1\n" in as_text(report_of([about_file]))


def test_json_says_what_was_judged_and_what_was_waived() -> None:
    content = json.loads(as_json(report_of([], [finding(RULES[0])])))
    assert (content["environments"], content["objects"], content["holds"]) == (["dev"], 7, True)
    assert [(proof["name"], proof["statement"]) for proof in content["proofs"]] == [
        ("names", "Names are good."),
        ("lines", "Lines are good."),
    ]
    assert content["proofs"][0]["waived"] == [
        {
            "rule": "names/named",
            "severity": "error",
            "object": "dev/ConfigMap/chat",
            "file": "dist/dev/apps/chat.yaml",
            "line": 3,
            "why": "is called chat",
            "fix": "rename chat",
            "reason": "It is \x1b[1mrenamed\n.",
            "expires": "2027-01-31",
        }
    ]


def test_sarif_has_what_code_scanning_needs() -> None:
    """GitHub's "SARIF support for code scanning" lists the properties that it requires."""
    content = json.loads(sarif(ALL))
    assert content.keys() == {"$schema", "version", "runs"}
    assert content["version"] == "2.1.0"
    assert content["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = content["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("aiwfe check", "1.0.0")
    assert [(rule["id"], rule["defaultConfiguration"]) for rule in driver["rules"]] == [
        (rule.id, {"level": rule.severity}) for rule in RULES
    ]
    for rule in driver["rules"]:
        assert all(rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        uri = physical["artifactLocation"]["uri"]
        # Relative to the repository's root, and a valid URI whatever the file is called.
        assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        assert re.fullmatch(r"(?:[\w./~-]|%[0-9A-F]{2})+", uri, re.ASCII)
        assert not PurePosixPath(uri).is_absolute()
        assert physical["region"]["startLine"] >= 1


def test_sarif_holds_waived_findings_as_suppressed_ones() -> None:
    (result,) = json.loads(sarif(report_of([], [finding(RULES[0])])))["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "It is \x1b[1mrenamed\n."}]


def test_sarif_lines_start_at_one() -> None:
    (result,) = json.loads(sarif(report_of([finding(RULES[0], line=0)])))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain é 日本", "plain é 日本"),
        ("\x1b[0m", r"\x1b[0m"),
        ("a\nb\r\t", r"a\nb\r\t"),
        ("\u202e\u2066", r"\u202e\u2066"),
        ("\x9b", r"\x9b"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_hidden_characters_are_written_as_escapes(text: str, seen: str) -> None:
    assert visible(text) == seen
