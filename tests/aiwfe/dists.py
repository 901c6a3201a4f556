"""Small dist/ folders of the tests' own, and what the command says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from aiwfe.cli import app
from imports.manifest import ROOT

COMMITTED = ROOT / "dist"

HEADER = "# Generated from charts/apps/chat.py: do not edit.\n"
OBJECT = HEADER + "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: chat\n  namespace: aiwfe-system\n"


class Said(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


def dist(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A dist/ with these files, named by their path in it."""
    for name, content in files.items():
        path = folder / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / "dist"


def run(*arguments: str | Path, **environment: str) -> Said:
    """`aiwfe ARGUMENTS...`, in this process. What is no clear end, such as a traceback, is raised."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment, catch_exceptions=False)
    return Said(done.exit_code, done.stdout, done.stderr)
