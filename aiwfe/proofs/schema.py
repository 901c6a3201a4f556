"""Every object is valid, strictly, on three Kubernetes minors and for every CRD, as kubeconform reads it.

kubeconform gets each document as it stands in dist/, in a file of its own: so each of its answers belongs to one
object, and what is judged are the bytes that Argo CD will read, not what Python made of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiwfe.dist import Platform
from aiwfe.errors import ToolMissingError
from aiwfe.findings import Finding, Proof, Rule
from aiwfe.gotools import tool
from aiwfe.objects import Object, dotted, mappings, text

KUBERNETES = ("1.35", "1.36", "1.37")
"""The version that the clusters run, the one before, and the one that comes."""

_PROBLEM = re.compile(r"( +)- at '((?:[^'\\]|\\.)*)': ")

VALID = Rule("schema/valid", "Every object is valid against the schema of its kind, with no unknown field.")
KNOWN = Rule("schema/known-kind", "Every object is of a kind whose schema is in imports/schemas.")


@dataclass(frozen=True, slots=True)
class _Answer:
    index: int
    unknown_kind: bool
    problem: str


def find(platform: Platform) -> Iterator[Finding]:
    """All invalid objects; what several Kubernetes versions say alike is one finding.

    Raises ToolMissingError where kubeconform is not there and cannot be built.
    """
    objects = list(platform.objects)
    if not objects:
        return
    kubeconform = tool("kubeconform", "kubeconform", tools=platform.tools, cache=platform.cache)
    with tempfile.TemporaryDirectory(prefix="aiwfe-schema-") as scratch:
        _write_documents(platform, Path(scratch))
        with ThreadPoolExecutor(len(KUBERNETES)) as pool:
            runs = list(pool.map(partial(_ask, kubeconform, platform, Path(scratch)), KUBERNETES))
    versions: dict[_Answer, list[str]] = {}
    for version, answers in zip(KUBERNETES, runs, strict=True):
        for answer in answers:
            versions.setdefault(answer, []).append(version)
    for answer in sorted(versions, key=lambda one: one.index):
        yield _finding(objects[answer.index], answer, versions[answer])


def _write_documents(platform: Platform, folder: Path) -> None:
    index = 0
    for file in platform.files:
        # From one document's start to the next one's: whatever stands between is judged with the first of the two.
        lines = file.text.splitlines(keepends=True)
        starts = [item.line - 1 for item in file.objects]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            (folder / f"{index:05}.yaml").write_text("".join(lines[start:end]), encoding="utf-8")
            index += 1


def _ask(kubeconform: Path, platform: Platform, folder: Path, version: str) -> list[_Answer]:
    kind_file = "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json"
    command = [str(kubeconform), "-strict", "-output=json"]
    command += [f"-schema-location={platform.schemas / place / kind_file}" for place in (version, "crds")]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    try:
        resources = mappings(json.loads(done.stdout), "resources")
    except ValueError:
        raise ToolMissingError(f"{kubeconform} gave no answer: {done.stderr.strip() or done.stdout.strip()}") from None
    return [answer for resource in resources for answer in _answers(resource)]


def _answers(resource: dict[str, Any]) -> Iterator[_Answer]:
    index = int(Path(text(resource, "filename")).stem)
    message = text(resource, "msg")
    if "could not find schema" in message:
        yield _Answer(index, True, "")
        return
    for problem in dict.fromkeys(_problems(message)) or [message]:
        yield _Answer(index, False, problem)


def _problems(message: str) -> Iterator[str]:
    """The problems in kubeconform's message; its list of errors ends at the first level (`spec: validation failed`)."""
    _, *parts = _PROBLEM.split(message)
    depths = [len(spaces) for spaces in parts[::3]]
    for depth, deeper, pointer, problem in zip(depths, [*depths[1:], 0], parts[1::3], parts[2::3], strict=True):
        if depth >= deeper:  # what has deeper ones below it only sums them up
            steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
            yield f"{dotted(tuple(int(step) if step.isdecimal() else step for step in steps))}: {problem}"


def _finding(item: Object, answer: _Answer, versions: list[str]) -> Finding:
    where = "" if len(versions) == len(KUBERNETES) else f" (Kubernetes {', '.join(versions)})"
    if answer.unknown_kind:
        return KNOWN(
            item,
            f"{item.api_version} {item.kind} has no schema{where}",
            "correct apiVersion and kind, or pin the kind's source in imports/pins.yaml and run `make imports`",
        )
    return VALID(item, answer.problem + where, "correct the field where the chart writes it")


PROOF = Proof(
    "schema",
    f"Every object is valid, strictly, on Kubernetes {', '.join(KUBERNETES)} and for every CRD.",
    (VALID, KNOWN),
    find,
)
