"""Every rule of every proof rejects what it must reject and accepts the nearest thing that it must accept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from aiwfe.dist import Platform
from aiwfe.findings import Finding
from aiwfe.proofs import PROOFS
from tests.proofs.cases import Case, Expected, loaded, read_cases
from tests.proofs.made import MADE

CASES = {case.name: case for case in (*read_cases(), *MADE)}
PROOF_OF = {rule.id: proof for proof in PROOFS for rule in proof.rules}


def found(case: Case, platform: Platform) -> list[Finding]:
    """What the case's rule finds; other rules may find something there too."""
    return [finding for finding in PROOF_OF[case.rule].find(platform) if finding.rule == case.rule]


def unmatched(findings: Iterable[Finding], expected: Iterable[Expected]) -> tuple[list[Finding], list[Expected]]:
    """Findings that nothing expects, and expectations that no finding meets."""
    left, unmet = list(findings), list[Expected]()
    for one in expected:
        for finding in left:
            about = f"{finding.file}:{finding.line}" if finding.object == finding.file else finding.object
            if about == one.about and one.words in finding.why:
                left.remove(finding)
                break
        else:
            unmet.append(one)
    return left, unmet


def starts_there(finding: Finding, folder: Path) -> bool:
    """Whether the object that the finding names starts in the file and line that it names."""
    lines = (folder / finding.file).read_text(encoding="utf-8").splitlines(keepends=True)
    if any(line[0] not in "#-" for line in lines[: finding.line - 1][-1:]):
        return False
    document = next(yaml.load_all("".join(lines[finding.line - 1 :]), Loader=yaml.CSafeLoader))
    _, kind, *_, name = finding.object.split("/")
    return (document["kind"], document["metadata"]["name"]) == (kind, name)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_finds_exactly_what_it_must_reject(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    findings = found(case, loaded(case.reject, tmp_path))
    assert unmatched(findings, case.finds) == ([], [])
    for finding in findings:
        assert finding.fix
        assert finding.object == finding.file or starts_there(finding, tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_accepts_the_nearest_thing_to_what_it_rejects(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    assert case.reject != case.accept
    assert found(case, loaded(case.accept, tmp_path)) == []


def test_every_rule_has_a_case_and_every_case_a_rule_and_a_finding() -> None:
    assert {case.rule for case in CASES.values()} == set(PROOF_OF)
    assert all(case.finds for case in CASES.values())
