"""Reports for people, through Rich: colour on a terminal, plain text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from aiwfe.check import Report, Result
from aiwfe.findings import Finding, Proof, Severity
from aiwfe.reports import visible

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def print_report(report: Report, console: Console) -> None:
    """One line for each proof, its findings below it, and a line that sums up."""
    for result in report.results:
        _line(console, _summary(result))
        for finding in result.findings:
            print_finding(console, finding)
        for finding, waiver in result.waived:
            waived = f"  waived until {waiver.expires}: {finding.rule} {finding.object} ({waiver.reason})"
            _line(console, Text(visible(waived), "dim"))
    verdict = "holds" if report.holds else "does not hold"
    counts = _plural(report.objects, "object"), _plural(report.proofs, "proof")
    end = f"dist/ {verdict}: {counts[0]} in {', '.join(report.environments)}; {counts[1]}"
    console.print()
    _line(console, Text(visible(end), "bold green" if report.holds else "bold red"))


def print_rules(proofs: Iterable[Proof], console: Console) -> None:
    """All rules with what they say."""
    for proof in proofs:
        _line(console, Text.assemble((proof.name, "bold"), "  ", visible(proof.statement)))
        for rule in proof.rules:
            mark = "" if rule.severity == "error" else f" ({rule.severity})"
            _line(console, Text.assemble("  ", (f"{rule.id:<34}", "cyan"), visible(rule.statement), mark))


def _summary(result: Result) -> Text:
    failed = bool(result.count("error"))
    severities: tuple[Severity, ...] = ("error", "warning", "note")
    counts = [_plural(result.count(severity), severity) for severity in severities if result.count(severity)]
    counts += [f"{len(result.waived)} waived"] if result.waived else []
    found = ", ".join(counts) or "no findings"
    return Text.assemble(
        ("FAIL" if failed else " ok ", "bold red" if failed else "green"),
        ("  " + f"{result.proof.name:<12}", "bold"),
        f"{found:<32} {result.seconds:6.2f} s",
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def print_finding(console: Console, finding: Finding) -> None:
    """One finding: what, about which object, where, why, and what to do."""
    place = f"{finding.file}:{finding.line}"
    about = "" if finding.object == finding.file else f"  {finding.object}"
    head = Text.assemble(
        (f"  {finding.severity}", _STYLES[finding.severity]),
        f" {finding.rule}{visible(about)}  ",
        (visible(place), "dim"),
    )
    _line(console, head)
    for prefix, text in (("", finding.why), ("-> ", finding.fix)):
        body = Text(visible(prefix + text))
        if console.is_terminal:
            console.print(Padding(body, (0, 0, 0, 6)))
        else:
            _line(console, Text("      ").append_text(body))


def _line(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)
