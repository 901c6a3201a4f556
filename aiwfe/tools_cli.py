"""`aiwfe tools`: the pinned Go programs, built before something needs them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from aiwfe.console import clear_errors, plain_console, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiwfe.gotools import Family

_EXIT_CODES = "Exit codes: 0 all are built; 2 bad input or usage; 3 one could not be built."

# An app of its own and not a command of `aiwfe`: those read dist/.
app = typer.Typer(
    name="tools",
    epilog=_EXIT_CODES,
    invoke_without_command=True,
    subcommand_metavar="",
    context_settings={"help_option_names": ["-h", "--help"], "allow_interspersed_args": True},
)


@app.callback()
def tools(
    families: Annotated[
        list[str] | None, typer.Argument(metavar="FAMILY", help="Folders of tools/.  \\[default: all of them]")
    ] = None,
) -> None:
    """Build the pinned Go programs under tools/ that are not built yet, and show what there is.

    Whatever needs one builds it; this builds ahead, where minutes do not
    matter. All of them take a quarter of an hour on two cores, once.

    Example: aiwfe tools kubeconform kube
    """
    with clear_errors():
        from aiwfe import gotools
        from aiwfe.errors import BadInputError, ToolMissingError, nearest

        known = gotools.families(gotools.TOOLS)
        if unknown := [name for name in families or () if name not in known]:
            there = f"(there are: {', '.join(known)})"
            raise BadInputError(*(f"unknown family '{name}'{nearest(name, known)} {there}" for name in unknown))
        wanted = [name for name in known if not families or name in families]
        rows: list[tuple[Family, str]] = []
        failed: list[str] = []
        with progress() as say:
            for number, name in enumerate(wanted, start=1):
                count = f" [{number} of {len(wanted)}]" if len(wanted) > 1 else ""
                place = {"tools": gotools.TOOLS, "cache": gotools.CACHE}
                try:
                    family, started = gotools.describe(name, **place), time.monotonic()
                    new = gotools.build(name, **place, say=lambda message, count=count: say(f"{message}{count}"))
                    rows.append((family, f"built just now, {time.monotonic() - started:.0f} s" if new else "built"))
                except ToolMissingError as error:
                    failed.append(str(error))
        _print(rows)
        if failed:
            raise ToolMissingError(*dict.fromkeys(failed))  # without Go, all fail of the same


def _print(rows: Sequence[tuple[Family, str]]) -> None:
    from rich import box
    from rich.table import Table

    if not rows:
        return
    table = Table("Family", "module and version", "programs", "state", box=box.SIMPLE_HEAD, pad_edge=False)
    for family, state in rows:
        table.add_row(family.name, "\n".join(family.modules), "\n".join(family.programs), state)
    plain_console().print(table)
