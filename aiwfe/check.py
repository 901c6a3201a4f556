"""Runs proofs over dist/ and applies the waivers: what `aiwfe check` reports."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiwfe import waivers as waiving
from aiwfe.dist import Platform
from aiwfe.findings import Finding, Proof, Severity
from aiwfe.waivers import Waiver

WAIVERS = Proof("waivers", "Waivers are current, and each covers a finding.", waiving.RULES, lambda _: ())
"""Stands in reports like a proof, for what is found about the waivers themselves."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one proof found."""

    proof: Proof
    findings: tuple[Finding, ...]
    """Those that stand, errors first, then by object."""
    waived: tuple[tuple[Finding, Waiver], ...]
    seconds: float

    def count(self, severity: Severity) -> int:
        """How many findings of a severity stand."""
        return sum(finding.severity == severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one check."""

    environments: tuple[str, ...]
    objects: int
    results: tuple[Result, ...]

    @property
    def findings(self) -> list[Finding]:
        """Every finding that stands, proof by proof."""
        return [finding for result in self.results for finding in result.findings]

    @property
    def proofs(self) -> int:
        """How many proofs ran; what is said about waivers is none."""
        return sum(result.proof is not WAIVERS for result in self.results)

    @property
    def holds(self) -> bool:
        """Whether no error stands."""
        return not any(result.count("error") for result in self.results)


def check(
    platform: Platform,
    proofs: Sequence[Proof],
    waivers: Sequence[Waiver] = (),
    *,
    waivers_file: str = "aiwfe/waivers.yaml",
    today: dt.date,
    started: Callable[[Proof], None] = lambda _: None,
) -> Report:
    """Runs the proofs in order; `started` is told of each before it runs.

    Raises what a proof raises: ToolMissingError where a tool cannot be had, BadInputError where its own input (the
    schemas) cannot be read.
    """
    results: list[Result] = []
    for proof in proofs:
        started(proof)
        start = time.perf_counter()
        findings = sorted(proof.find(platform), key=_order)
        standing, waived = waiving.apply(waivers, findings, today)
        results.append(Result(proof, tuple(standing), tuple(waived), time.perf_counter() - start))
    about = waiving.judge(
        [waiver for waiver in waivers if _concerns(waiver, platform, proofs, today)],
        {waiver for result in results for _, waiver in result.waived},
        waivers_file,
        today,
    )
    if about:
        results.append(Result(WAIVERS, tuple(about), (), 0.0))
    names = tuple(environment.name for environment in platform.environments)
    return Report(names, sum(1 for _ in platform.objects), tuple(results))


def _concerns(waiver: Waiver, platform: Platform, proofs: Sequence[Proof], today: dt.date) -> bool:
    """Whether this run, which may be narrowed to some proofs and environments, can tell that the waiver is idle."""
    if waiver.rule not in {rule.id for proof in proofs for rule in proof.rules}:
        return False
    env = waiver.object.partition("/")[0]
    elsewhere = set(platform.known) - {environment.name for environment in platform.environments}
    if env == "*":
        return not elsewhere or waiver.expires < today
    return env not in elsewhere


def _order(finding: Finding) -> tuple[int, str, int, str, str]:
    rank = {"error": 0, "warning": 1, "note": 2}[finding.severity]
    return rank, finding.file, finding.line, finding.rule, finding.why
