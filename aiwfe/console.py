"""What the commands share: how they print, how they say what goes on, and how they end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from aiwfe.errors import BadInputError

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def progress() -> Generator[Callable[[str], None]]:
    """A line on the terminal that says what is going on; nothing where there is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda message: status.update(message)


@contextmanager
def clear_errors() -> Generator[None]:
    """Bad input is one line for each mistake and an exit code, never a traceback."""
    try:
        yield
    except BadInputError as error:
        from aiwfe.reports import visible

        for message in error.messages:
            print(f"aiwfe: {visible(message, keep=chr(10))}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from None


def plain_console() -> Console:
    """Colour on a terminal. Away from one nothing is wrapped or cut, whatever COLUMNS says: the lines are for grep."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 400
    return Console(highlight=False, emoji=False, markup=False, width=width)
