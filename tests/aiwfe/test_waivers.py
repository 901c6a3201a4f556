"""Waivers: what they cover, when they end, and what is said of those that are wrong or idle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

import aiwfe.proofs
from aiwfe.check import check
from aiwfe.dist import Platform, load
from aiwfe.findings import Finding, Proof, Rule
from aiwfe.waivers import Waiver
from tests.aiwfe.dists import OBJECT, dist, run

NAMED = Rule("names/named", "Every object is called something else.")
SHORT = Rule("names/short", "Names are short.", "warning")
LINED = Rule("lines/lined", "Objects stand on other lines.")
DAY = dt.date(2027, 1, 31)
ENVIRONMENTS = ("dev", "production", "staging")


def names(platform: Platform) -> Iterator[Finding]:
    for item in platform.objects:
        yield NAMED(item, f"is called {item.name}", "call it something else")
        yield SHORT(item, f"is called {item.name}", "call it less")


def lines(platform: Platform) -> Iterator[Finding]:
    return (LINED(item, f"stands on line {item.line}", "move it") for item in platform.objects)


NAMES = Proof("names", "Names are good.", (NAMED, SHORT), names)
LINES = Proof("lines", "Lines are good.", (LINED,), lines)


@pytest.fixture(autouse=True)
def proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small proofs in place of the real ones."""
    monkeypatch.setattr(aiwfe.proofs, "PROOFS", (NAMES, LINES))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return dist(tmp_path, {f"{env}/apps/chat.yaml": OBJECT for env in ENVIRONMENTS})


def waiver(rule: Rule = NAMED, env: str = "dev", expires: dt.date = DAY, line: int = 1) -> Waiver:
    return Waiver(rule.id, f"{env}/ConfigMap/aiwfe-system/chat", "It is renamed in 1.4.", expires, line)


def idle(platform: Platform, waivers: list[Waiver], *chosen: Proof, today: dt.date = DAY) -> list[tuple[str, str, int]]:
    """Rule, severity and line of what is said about the waivers themselves."""
    report = check(platform, chosen or (NAMES, LINES), waivers, today=today)
    return [(found.rule, found.severity, found.line) for found in report.findings if found.rule.startswith("waivers/")]


def test_a_waiver_covers_findings_of_its_rule_about_its_object(folder: Path) -> None:
    report = check(load(folder), [NAMES, LINES], [waiver()], today=DAY)
    of_names, of_lines = report.results
    assert [(found.rule, found.object) for found, _ in of_names.waived] == [
        (NAMED.id, "dev/ConfigMap/aiwfe-system/chat")
    ]
    assert (len(of_names.findings), len(of_lines.findings), of_lines.waived) == (5, 3, ())
    assert not report.holds


def test_a_star_covers_the_object_in_all_environments(folder: Path) -> None:
    report = check(load(folder), [NAMES], [waiver(env="*")], today=DAY)
    assert [found.object.partition("/")[0] for found, _ in report.results[0].waived] == list(ENVIRONMENTS)
    assert report.holds  # warnings stand, and fail nothing


def test_a_waiver_holds_on_its_last_day_and_fails_after_it(folder: Path) -> None:
    platform = load(folder)
    waivers = [waiver(env="*"), waiver(LINED, "*", line=6)]
    assert check(platform, [NAMES, LINES], waivers, today=DAY).holds
    late = check(platform, [NAMES, LINES], waivers, today=DAY + dt.timedelta(days=1))
    assert not late.holds
    assert idle(platform, waivers, today=DAY + dt.timedelta(days=1)) == [
        ("waivers/expired", "error", 1),
        ("waivers/expired", "error", 6),
    ]
    assert [result.waived for result in late.results] == [(), (), ()]
    assert late.proofs == 2  # what is said of waivers is no third proof


def test_a_waiver_that_covers_nothing_is_a_warning(folder: Path) -> None:
    gone = Waiver(NAMED.id, "dev/ConfigMap/aiwfe-system/gone", "It is renamed.", DAY, 7)
    assert idle(load(folder), [waiver(), gone]) == [("waivers/unused", "warning", 7)]


def test_of_two_waivers_for_the_same_the_second_is_idle(folder: Path) -> None:
    assert idle(load(folder), [waiver(), waiver(line=6)]) == [("waivers/unused", "warning", 6)]


def test_a_narrowed_run_says_nothing_of_the_waivers_of_others(folder: Path) -> None:
    """It cannot know whether they are idle."""
    staging, other_proof = waiver(env="staging"), waiver(LINED)
    only_elsewhere = Waiver(LINED.id, "*/ConfigMap/aiwfe-system/gone", "It is in production.", DAY, 3)
    narrowed = load(folder, ["dev"])
    assert idle(narrowed, [staging, other_proof], NAMES) == []
    assert idle(narrowed, [only_elsewhere]) == []
    assert idle(load(folder), [only_elsewhere]) == [("waivers/unused", "warning", 3)]


def test_a_narrowed_run_says_what_ended_there(folder: Path) -> None:
    late = DAY + dt.timedelta(days=1)
    assert idle(load(folder, ["dev"]), [waiver(env="*"), waiver(env="staging")], today=late) == [
        ("waivers/expired", "error", 1)
    ]


def test_a_waiver_for_an_environment_that_is_gone_is_idle(folder: Path) -> None:
    for platform in (load(folder), load(folder, ["dev"])):
        assert idle(platform, [waiver(env="demo")]) == [("waivers/unused", "warning", 1)]


WAIVER = """\
- rule: names/named
  object: dev/ConfigMap/aiwfe-system/chat
  reason: It is renamed in 1.4.
  expires: 2027-01-31
"""


def judged(tmp_path: Path, folder: Path, text: str | bytes, *arguments: str) -> tuple[int, list[str]]:
    """Exit code, and what is said about a waivers file."""
    file = tmp_path / "waivers.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    said = run("check", "--dist", folder, "--waivers", file, "--today", "2027-01-31", *arguments)
    return said.code, [line.removeprefix(f"aiwfe: {file}") for line in (said.err or said.out).splitlines()]


def test_the_file_is_read_and_the_report_says_what_is_waived_and_why(tmp_path: Path, folder: Path) -> None:
    code, said = judged(tmp_path, folder, WAIVER + WAIVER.replace("dev/", "'*/").replace("chat", "chat'"), "names")
    assert code == 0
    assert said[0].startswith(" ok   names       3 warnings, 3 waived")
    assert said[-4:-2] == [
        f"  waived until 2027-01-31: names/named {env}/ConfigMap/aiwfe-system/chat (It is renamed in 1.4.)"
        for env in ("production", "staging")
    ]


def test_after_the_last_day_the_file_and_line_of_the_waiver_are_named(tmp_path: Path, folder: Path) -> None:
    code, said = judged(tmp_path, folder, "# why\n\n" + WAIVER, "names", "--env", "dev", "--today", "2027-02-01")
    assert code == 1
    at = said.index(f"  error waivers/expired  {tmp_path}/waivers.yaml:3")
    assert said[at + 1 : at + 3] == [
        "      the waiver of names/named for dev/ConfigMap/aiwfe-system/chat ended on 2027-01-31 (It is renamed in 1.4.)",
        "      -> mend what it covers, or agree on a later day",
    ]


OBJECT_IS = "is not env/Kind/namespace/name, as `aiwfe check` prints it"
MISTAKES = {
    "unknown-rule": (
        WAIVER.replace("names/named", "names/nmaed"),
        ":1: unknown rule 'names/nmaed', did you mean 'names/named'? (`aiwfe check --list` prints all)",
    ),
    "rule-about-waivers": (
        WAIVER.replace("names/named", "waivers/expired"),
        ":1: unknown rule 'waivers/expired' (`aiwfe check --list` prints all)",
    ),
    "unknown-field": (WAIVER + "  expire: 2027-01-31\n", ":1: unknown field 'expire', did you mean 'expires'?"),
    "no-reason": (WAIVER.replace("  reason: It is renamed in 1.4.\n", ""), ":1: field 'reason' is missing"),
    "empty-reason": (WAIVER.replace("It is renamed in 1.4.", "''"), ":1: field 'reason' is missing"),
    "blank-reason": (WAIVER.replace("It is renamed in 1.4.", "' '"), ":1: field 'reason' is no text"),
    "reason-is-no-text": (WAIVER.replace("It is renamed in 1.4.", "1.4"), ":1: field 'reason' is no text"),
    "no-such-day": (WAIVER.replace("01-31", "02-30"), ":1: expires '2027-02-30' is no date such as 2027-01-31"),
    "a-week": (WAIVER.replace("2027-01-31", "2027-W05"), ":1: expires '2027-W05' is no date such as 2027-01-31"),
    "a-moment": (
        WAIVER.replace("2027-01-31", "2027-01-31T10:00:00Z"),
        ":1: expires '2027-01-31T10:00:00Z' is no date such as 2027-01-31",
    ),
    "a-number": (WAIVER.replace("2027-01-31", "20270131"), ":1: expires '20270131' is no date such as 2027-01-31"),
    "no-environment": (WAIVER.replace("dev/", ""), f":1: object 'ConfigMap/aiwfe-system/chat' {OBJECT_IS}"),
    "kind-in-lower-case": (
        WAIVER.replace("ConfigMap", "configmap"), f":1: object 'dev/configmap/aiwfe-system/chat' {OBJECT_IS}"
    ),
    "second-entry": (WAIVER + "- later\n", ":5: a waiver has the fields rule, object, reason, expires"),
    "a-mapping": (WAIVER.replace("- ", "  "), ":1: not a list (an empty one is written [])"),
    "empty": ("", ":1: not a list (an empty one is written [])"),
    "key-twice": (WAIVER + "  rule: names/named\n", ":5: duplicate key 'rule'"),
    "not-yaml": (WAIVER + "  - a\n", ":5: not YAML (did not find expected key)"),
    "not-utf-8": (b"- \xff\n", ": not UTF-8 (byte 2)"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_waiver_is_one_line_and_exit_code_2(name: str, tmp_path: Path, folder: Path) -> None:
    text, message = MISTAKES[name]
    assert judged(tmp_path, folder, text) == (2, [message])


def test_all_mistakes_of_the_file_are_said_at_once(tmp_path: Path, folder: Path) -> None:
    wrong = WAIVER.replace("names/named", "other").replace("dev/", "/").replace("2027", "27")
    code, said = judged(tmp_path, folder, WAIVER + wrong)
    assert (code, [line[:3] for line in said]) == (2, [":5:", ":5:", ":5:"])


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path, folder: Path) -> None:
    said = run("check", "--dist", folder, "--waivers", tmp_path / "none.yaml")
    why = "cannot be read (No such file or directory): name the file with --waivers"
    assert said == (2, "", f"aiwfe: {tmp_path}/none.yaml: {why}\n")


def test_a_quoted_day_is_a_day(tmp_path: Path, folder: Path) -> None:
    code, _ = judged(tmp_path, folder, WAIVER.replace("2027-01-31", "'2027-01-31'"), "names", "--env", "dev")
    assert code == 0
