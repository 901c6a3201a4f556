"""`python -m bench`: measure, print, and exit with 1 where a target is missed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from .cases import CASES, Case, Workshop
from .processes import FailedError
from .report import Row, as_json, print_table, rows
from .rounds import interleaved
from .same import DifferentError


class Format(StrEnum):
    """How the result is printed."""

    text = "text"
    json = "json"


Name = StrEnum("Name", list(CASES))


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each measure, but for those that take long.")] = 7,
    only: Annotated[list[Name] | None, typer.Option(help="This measure only; may be given several times.")] = None,
    format: Annotated[Format, typer.Option(help="A table for people, or JSON.")] = Format.text,
) -> None:
    """Measure this repository's synth against stock cdk8s in Python and in Node: whole processes, interleaved rounds.

    What counts are the ratios. Exit code 1: a target is missed; 2: the programs render different objects, or fail.
    """
    found: list[Row] = []
    measured: dict[str, dict[str, list[float]]] = {}
    seconds: dict[str, dict[str, list[float]]] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("preparing")
        shop = Workshop(lambda what: progress.update(task, description=f"preparing {what}"))
        for name in [only_name.value for only_name in only or Name]:
            try:
                case = CASES[name](shop)
                if case is None:
                    continue
                number = case.rounds or rounds
                progress.update(task, description=name, completed=0, total=len(case.programs) * (number + case.warm_up))
                measured[name] = interleaved(_gauges(name, case), number, case.warm_up, lambda: progress.advance(task))
            except (DifferentError, FailedError) as error:
                progress.console.print(str(error), highlight=False, markup=False)
                sys.exit(2)
            if name != "memory":
                seconds[name] = measured[name]
            found += rows(name, case, measured[name])
    if format is Format.json:
        print(as_json(found, measured, shop.notes))
    else:
        print_table(Console(width=None if sys.stdout.isatty() else 140), found, seconds, shop.notes)
    sys.exit(any(row.passed is False for row in found))


def _gauges(name: str, case: Case) -> dict[str, Callable[[], float]]:
    if name == "memory":
        return {key: program.megabytes for key, program in case.programs.items()}
    return {key: program.seconds for key, program in case.programs.items()}


if __name__ == "__main__":
    typer.run(main)
