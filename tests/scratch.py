"""A copy of the repository in a folder of the test's own, to break and to extend."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from imports.manifest import ROOT

_COPIED = ("argocd", "charts", "envs", "dist", "main.py", "cdk8s.yaml")
_SHARED = ("imports", "aiwfe", "tools", "node_modules")


def scratch(folder: Path) -> Path:
    """What a change may touch is copied, the rest is linked."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    for name in _SHARED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python COMMAND...` in the copy, with its output as text."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "CDK8S_OUTDIR": "dist", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
