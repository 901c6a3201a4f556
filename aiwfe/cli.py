"""The `aiwfe` command.

Exit codes of every command: 0 what was asked holds; 1 findings of severity error; 2 bad input or usage; 3 a tool is
missing and could not be built.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiwfe.cluster.cli import app as cluster
from aiwfe.console import clear_errors, plain_console, progress
from aiwfe.errors import BadInputError, nearest
from aiwfe.tools_cli import app as tools

if TYPE_CHECKING:
    from aiwfe.check import Report
    from aiwfe.findings import Proof

_EXIT_CODES = (
    "Exit codes: 0 what was asked holds; 1 findings of severity error; 2 bad input or usage; "
    "3 a tool is missing and could not be built."
)

app = typer.Typer(
    name="aiwfe",
    help="Tools that read dist/, the YAML that Argo CD applies: prove it, and see what it asks of the clusters.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cluster)
app.add_typer(tools)


class Format(StrEnum):
    """How `aiwfe check` prints what it finds."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


class TableFormat(StrEnum):
    """How `aiwfe capacity` prints its tables."""

    text = "text"
    json = "json"


_Env = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", metavar="ENV", help="Only this environment; may be given several times."),
]
_Dist = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The folder to read.  \\[default: dist/ of the repository one stands in]"),
]


def main() -> None:
    """Entry point of the `aiwfe` command."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding cannot show must not end the report.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"aiwfe {version('aiwfe-platform')}")
        raise typer.Exit


@app.callback()
def _options(
    asked: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Options before the command."""


@app.command(epilog=_EXIT_CODES)
def check(
    proofs: Annotated[list[str] | None, typer.Argument(metavar="PROOF", help="Only these proofs.")] = None,
    env: _Env = None,
    format: Annotated[Format, typer.Option(help="text for people; the others for programs.")] = Format.text,
    dist: _Dist = None,
    waivers: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Accepted findings.  \\[default: aiwfe/waivers.yaml]")
    ] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day on which waivers are judged.  \\[default: today]")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="Print every rule and what it says, and check nothing.")
    ] = False,
) -> None:
    """Prove that dist/ is valid, complete, owned, within its quotas, alike in all environments, and stable.

    Each finding names the rule, the object, the file, why, and what to do.
    One that is accepted for a while goes to aiwfe/waivers.yaml with a reason
    and a last day.

    Example: aiwfe check references capacity --env production
    """
    with clear_errors():
        from aiwfe.check import WAIVERS
        from aiwfe.reports import text

        selected = _select(proofs or [])
        if list_:
            text.print_rules(selected if proofs else [*selected, WAIVERS], plain_console())
            return
        report = _check(selected, env or [], dist, waivers, today)
        if format is Format.text:
            text.print_report(report, plain_console())
        else:
            from aiwfe.reports import machine

            writers: dict[Format, Callable[[], str]] = {
                Format.json: lambda: machine.as_json(report),
                Format.sarif: lambda: machine.as_sarif(report, version("aiwfe-platform")),
                Format.github: lambda: machine.as_github(report),
            }
            sys.stdout.write(writers[format]())
        if not report.holds:
            raise typer.Exit(1)


@app.command(epilog=_EXIT_CODES)
def capacity(
    env: _Env = None,
    format: Annotated[TableFormat, typer.Option(help="text for people, json for programs.")] = TableFormat.text,
    dist: _Dist = None,
) -> None:
    """Show what pods, sidecars, roll-outs and Jobs ask for against each quota, and how far each HPA can scale.

    steady is with HPAs at their minimum; surge is what all roll-outs at once
    add; left is what the quota still allows. An HPA reaches what the quota
    leaves it with the others at their minimum, here and with the figures of
    spec §4.2.

    Example: aiwfe capacity --env production
    """
    with clear_errors():
        from aiwfe.dist import find_dist, load
        from aiwfe.reports import capacity as tables

        platform = load(dist or find_dist(Path.cwd()), env or [], baseline=False)
        if format is TableFormat.json:
            sys.stdout.write(tables.as_json(platform))
        else:
            tables.print_capacity(platform, plain_console())


def _select(names: Sequence[str]) -> Sequence[Proof]:
    from aiwfe.proofs import PROOFS

    known = {proof.name: proof for proof in PROOFS}
    if unknown := [name for name in names if name not in known]:
        raise BadInputError(
            *(f"unknown proof '{name}'{nearest(name, known)} (there are: {', '.join(known)})" for name in unknown)
        )
    return [proof for proof in PROOFS if not names or proof.name in names]


def _check(
    selected: Sequence[Proof], env: Sequence[str], dist: Path | None, waivers: Path | None, today: str | None
) -> Report:
    from aiwfe import waivers as waiving
    from aiwfe.check import check as run
    from aiwfe.dist import REPOSITORY, find_dist, load
    from aiwfe.proofs import PROOFS

    day = _day(today)
    file = waivers or REPOSITORY / "aiwfe" / "waivers.yaml"
    accepted = waiving.load(file, {rule.id for proof in PROOFS for rule in proof.rules})
    with progress() as say:
        say("reading dist/")
        platform = load(dist or find_dist(Path.cwd()), env, baseline=any(proof.name == "parity" for proof in selected))
        shown = file.relative_to(REPOSITORY).as_posix() if file.is_relative_to(REPOSITORY) else str(file)
        return run(
            platform,
            selected,
            accepted,
            waivers_file=shown,
            today=day,
            started=lambda proof: say(f"proving {proof.name}"),
        )


def _day(written: str | None) -> dt.date:
    from aiwfe.waivers import day

    try:
        return dt.datetime.now(tz=dt.UTC).date() if written is None else day(written)
    except ValueError:
        raise BadInputError(f"--today '{written}' is no date such as 2027-01-31") from None
