"""The result as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from .cases import Case, Question
from .rounds import Ratio, ratio


@dataclass(frozen=True)
class Row:
    """One answer, and whether it is good enough; None where nothing is asked of it."""

    case: str
    says: str
    value: Ratio
    rounds: int
    limit: float | None
    stretch: float | None

    @property
    def passed(self) -> bool | None:
        """Whether the median keeps the limit."""
        return None if self.limit is None else self.value.median <= self.limit

    @property
    def verdict(self) -> str:
        """In a word: `ok`, `ok, stretch` or `MISSED`."""
        if self.passed is None:
            return ""
        if not self.passed:
            return "MISSED"
        return "ok, stretch" if self.stretch is not None and self.value.median <= self.stretch else "ok"


def rows(name: str, case: Case, measured: Mapping[str, Sequence[float]]) -> list[Row]:
    """The answers to the questions of a case."""
    return [_row(name, question, measured) for question in case.questions]


def _row(name: str, question: Question, measured: Mapping[str, Sequence[float]]) -> Row:
    of = measured[question.of]
    value = ratio(of, measured[question.to] if question.to else [1.0] * len(of))
    return Row(name, question.says, value, len(of), question.limit, question.stretch)


def as_json(found: Sequence[Row], seconds: Mapping[str, Mapping[str, Sequence[float]]], notes: Sequence[str]) -> str:
    """Everything, for programs."""
    return json.dumps(
        {
            "rows": [{**asdict(row), "passed": row.passed} for row in found],
            "seconds": seconds,
            "notes": list(notes),
        },
        indent=2,
    )


def print_table(
    console: Console,
    found: Sequence[Row],
    seconds: Mapping[str, Mapping[str, Sequence[float]]],
    notes: Sequence[str],
) -> None:
    """For people: the answers, then the times that they come from."""
    table = Table("measure", "what", title="Ratios: the median of the rounds' own ratios", title_justify="left")
    for head in ("median", "lowest", "highest", "rounds", "allowed"):
        table.add_column(head, justify="right")
    table.add_column("verdict", no_wrap=True)
    for row in found:
        allowed = "" if row.limit is None else f"{row.limit:g}" + (f" ({row.stretch:g})" if row.stretch else "")
        style = "red" if row.passed is False else ""
        values = [_number(value) for value in (row.value.median, row.value.low, row.value.high)]
        table.add_row(row.case, row.says, *values, str(row.rounds), allowed, row.verdict, style=style)
    console.print(table)
    times = Table("measure", "program", title="Seconds, here and now", title_justify="left")
    times.add_column("median", justify="right")
    for case, programs in seconds.items():
        for program, each in programs.items():
            times.add_row(case, program, f"{median(each):.2f}")
    console.print(times)
    for note in notes:
        console.print(f"Note: {note}", highlight=False, markup=False, soft_wrap=True)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"
