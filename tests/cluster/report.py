"""What a run has shown of each row of the specification: written by the run, from what it saw."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

ROWS = Path(__file__).with_name("specification.yaml")

LEVELS = {
    "B": "behaviour tested: the tests that the row names passed in this run",
    "C": "acted on by the real controller, and well as Argo CD judges it",
    "simulated": "accepted, synced; its controller does not run here, KWOK says that all is well",
    "A": "accepted by the real API server",
    "S": "rendered, and valid by its schema as `make check` proves",
    "failed": "a test that the row names failed in this run",
    "-": "not rendered yet",
}

# The kinds whose controllers do not run in the box: their health rests on aiwfe/cluster/simulated.
SIMULATED = {"Cluster", "NodePool", "StorageClass"}


@dataclass
class Seen:
    """What a run has seen so far."""

    rendered: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    """Environment -> the objects of its dist/."""
    accepted: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    """Environment -> those of them that are in the cluster."""
    settled: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    """Environment -> those of them that Argo CD calls synced, and not unhealthy."""
    tests: dict[str, bool] = field(default_factory=dict[str, bool])
    """Test -> whether it has passed, all its cases together."""


@dataclass(frozen=True)
class Row:
    """One row, and how it is proven."""

    section: str
    says: str
    objects: Sequence[str]
    level: str


def rows(seen: Seen) -> list[Row]:
    """Every row of the specification, with the level that all environments have reached."""
    content: list[Mapping[str, Any]] = yaml.safe_load(ROWS.read_text(encoding="utf-8"))
    return [_row(entry, seen) for entry in content]


def _row(entry: Mapping[str, Any], seen: Seen) -> Row:
    patterns, tests = entry["objects"], entry.get("behaviour", ())
    carried = {env: _matching(patterns, objects) for env, objects in seen.rendered.items()}
    names = sorted({name for found in carried.values() for name in found})
    return Row(entry["section"], entry["says"], names, _level(carried, patterns, tests, seen))


def _level(carried: Mapping[str, set[str]], patterns: Sequence[str], tests: Sequence[str], seen: Seen) -> str:
    if not carried or not all(_all_there(patterns, found) for found in carried.values()):
        return "-"
    if any(seen.tests.get(test) is False for test in tests):
        return "failed"
    if not all(found <= seen.accepted.get(env, set()) for env, found in carried.items()):
        return "S"
    if not all(found <= seen.settled.get(env, set()) for env, found in carried.items()):
        return "A"
    if tests and all(seen.tests.get(test) for test in tests):
        return "B"
    kinds = {name.partition("/")[0] for found in carried.values() for name in found}
    return "simulated" if kinds & SIMULATED else "C"


def _matching(patterns: Iterable[str], objects: Iterable[str]) -> set[str]:
    return {name for name in objects if any(fnmatchcase(name, pattern) for pattern in patterns)}


def _all_there(patterns: Iterable[str], found: set[str]) -> bool:
    return all(_matching([pattern], found) for pattern in patterns)


def markdown(found: Sequence[Row], about: str) -> str:
    """The table for a pull request."""
    lines = [f"# The specification, row by row ({about})", "", "| § | Row | Proven | Objects |", "|---|---|---|---|"]
    lines += [f"| {row.section} | {row.says} | {row.level} | {len(row.objects) or ''} |" for row in found]
    lines += ["", *(f"- **{level}**: {meaning}" for level, meaning in LEVELS.items()), ""]
    return "\n".join(lines)


def page(found: Sequence[Row], about: str) -> str:
    """The same as a page of its own, with the objects."""
    cells = [
        "<tr class='{}'><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>".format(
            "none" if row.level == "-" else row.level,
            *map(html.escape, (row.section, row.says, row.level, ", ".join(row.objects))),
        )
        for row in found
    ]
    legend = "".join(f"<li><b>{html.escape(level)}</b>: {html.escape(says)}</li>" for level, says in LEVELS.items())
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The specification, row by row</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top }}
td:last-child {{ color: #555; font-size: .85em }}
tr.none {{ color: #666 }}
tr.failed {{ background: #fdd }}
</style>
<h1>The specification, row by row</h1>
<p>{html.escape(about)}</p>
<table>
<thead><tr><th scope="col">§</th><th scope="col">Row</th><th scope="col">Proven</th><th scope="col">Objects</th></tr></thead>
<tbody>
{chr(10).join(cells)}
</tbody>
</table>
<ul>{legend}</ul>
</html>
"""
