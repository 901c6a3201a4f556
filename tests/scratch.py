"""A copy of the repository in a folder of the test's own, to break and to extend."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from imports.manifest import ROOT

_COPIED = ("argocd", "charts", "envs", "dist", "main.py", "cdk8s.yaml")
_SHARED = ("imports", "aiwfe", "tools", "node_modules")
_OF_TESTS = ("tests", "README.md", "Makefile", "pyproject.toml", "docs")

# As the Makefile does: npx, cdk8s and python are those that are installed here, whatever the shell's PATH.
_TOOLS = (str(Path(sys.executable).parent), str(ROOT / "node_modules" / ".bin"))
os.environ["PATH"] = os.pathsep.join((*_TOOLS, os.environ.get("PATH", os.defpath)))


def scratch(folder: Path, *, tests: bool = False) -> Path:
    """What a change may touch is copied, the rest is linked. With `tests`, pytest runs in the copy too."""
    for name in (*_COPIED, *(_OF_TESTS if tests else ())):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)  # its byte-code too: a copy starts as fast
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
        env={**_inherited(), "PYTHONPATH": str(folder), "CDK8S_OUTDIR": "dist", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`pytest ARGUMENTS...` in a copy that was made with `tests`."""
    return run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


def _inherited() -> dict[str, str]:
    """The environment without what this pytest tells its own workers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def files(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes a file of envs/ by its fields, whatever else stands in it; its comments are lost."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def without_own_images(folder: Path) -> Path:
    """The copy with no exceptions from the release, whatever the real images.yaml has just now."""
    file = folder / "envs" / "images.yaml"
    text = re.sub(
        r"^own:.*?(?=^upstream:)", "own: {}\n\n", file.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    file.write_text(text, encoding="utf-8")
    return folder


def remove_service(folder: Path, name: str) -> None:
    """Takes a service out of the copy: its module, and what envs/ says of it."""

    def forget(content: dict[str, Any]) -> None:
        for field in ("services", "own"):
            content.get(field, {}).pop(name, None)

    (folder / "charts" / "apps" / f"{name.replace('-', '_')}.py").unlink(missing_ok=True)
    for file in (folder / "envs").glob("*.yaml"):
        edit(file, forget)
