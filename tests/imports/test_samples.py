"""Wrong manifests fail where they are written, before anything runs: the type checker names each line, and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from charts.constructs.app import App, Chart
from imports.manifest import ROOT
from tests.imports.samples import right

SAMPLES = Path(__file__).parent / "samples"
Lines = dict[str, list[str]]  # `wrong.py:13` -> what is said of it


def planted() -> dict[str, str]:
    """`wrong.py:13` -> what must be said of it, from the comment that marks the line."""
    return {
        f"{file.name}:{number}": line.partition("# wrong: ")[2]
        for file in SAMPLES.glob("*.py")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if "# wrong: " in line
    }


def reported() -> Lines:
    """What pyright finds in the samples; it is slow to start, so it is asked once for all of them."""
    done = subprocess.run(
        [str(ROOT / "node_modules" / ".bin" / "pyright"), "--outputjson", "--project", str(SAMPLES)],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},  # node is there
        capture_output=True,
        text=True,
        check=False,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["summary"]["filesAnalyzed"] == len(list(SAMPLES.glob("*.py")))
    found: Lines = defaultdict(list)
    for finding in answer["generalDiagnostics"]:
        place = f"{Path(finding['file']).name}:{finding['range']['start']['line'] + 1}"
        found[place].append(finding["message"])
    return found


def test_the_type_checker_reports_every_planted_mistake_and_nothing_else() -> None:
    mistakes, found = planted(), reported()
    assert len(mistakes) > 20
    assert {place: found[place] for place in sorted(found.keys() - mistakes.keys())} == {}, "right, but reported"
    missed = {place: said for place, said in mistakes.items() if not any(said in message for message in found[place])}
    assert missed == {}, "wrong, but not reported"


def test_what_the_type_checker_takes_the_schemas_take_too() -> None:
    chart = Chart(App("dev"), "apps/sample")
    right.make(chart)
    assert len(chart.manifests) > 10
