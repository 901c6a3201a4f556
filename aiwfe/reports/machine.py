"""Reports for programs. The same dist/ gives the same bytes: no times, no paths of this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from aiwfe.check import Report
from aiwfe.findings import Finding
from aiwfe.reports import visible
from aiwfe.waivers import Waiver

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_GITHUB_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def as_json(report: Report) -> str:
    """One object: environments, number of objects, whether dist/ holds, and each proof with its findings."""
    content = {
        "environments": report.environments,
        "objects": report.objects,
        "holds": report.holds,
        "proofs": [
            {
                "name": result.proof.name,
                "statement": result.proof.statement,
                "findings": [_finding(finding) for finding in result.findings],
                "waived": [
                    {**_finding(finding), "reason": waiver.reason, "expires": waiver.expires.isoformat()}
                    for finding, waiver in result.waived
                ],
            }
            for result in report.results
        ],
    }
    return json.dumps(content, indent=2) + "\n"


def as_sarif(report: Report, version: str) -> str:
    """SARIF 2.1.0, for code scanning; waived findings are there as suppressed ones."""
    rules = [rule for result in report.results for rule in result.proof.rules]
    index = {rule.id: number for number, rule in enumerate(rules)}
    described = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.statement},
            # Code scanning wants these too, and shows the last beside each finding.
            "fullDescription": {"text": rule.statement},
            "help": {"text": f"{rule.statement} Each finding says what to do; `aiwfe check --list` prints all rules."},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in rules
    ]
    results = [
        _sarif_result(finding, waiver, index[finding.rule])
        for result in report.results
        for finding, waiver in [*((finding, None) for finding in result.findings), *result.waived]
    ]
    driver = {"name": "aiwfe check", "semanticVersion": version, "rules": described}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def as_github(report: Report) -> str:
    """GitHub workflow commands: one annotation for each finding, on the line where its object starts."""
    return "".join(f"{line}\n" for line in _github_lines(report))


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "object": finding.object,
        "file": finding.file,
        "line": finding.line,
        "why": finding.why,
        "fix": finding.fix,
    }


def _sarif_result(finding: Finding, waiver: Waiver | None, rule_index: int) -> dict[str, Any]:
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(os.fsencode(finding.file)), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": max(finding.line, 1)},
        },
        "logicalLocations": [{"fullyQualifiedName": finding.object, "kind": "resource"}],
    }
    suppressed = [{"kind": "external", "justification": waiver.reason}] if waiver else []
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": {"text": f"{finding.object}: {finding.why}. To do: {finding.fix}."},
        "locations": [location],
        **({"suppressions": suppressed} if suppressed else {}),
    }


def _github_lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        properties = {"file": finding.file, "line": str(finding.line), "title": finding.rule}
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        message = f"{finding.object}: {finding.why}\n-> {finding.fix}"
        yield f"::{_GITHUB_COMMANDS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    shown = visible(text, keep="\n\r")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
