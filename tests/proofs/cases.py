"""The cases of the proofs: for each rule a dist/ that it must reject and one that it must accept, as one diff.

A case is a file `fixtures/<proof>/<rule>[.<case>].diff`. What the rule rejects is the side of the lines with `-`, what
it accepts that of the lines with `+`: so a reader sees what the rule is about, and the two differ in nothing else.

    # Why that is so, where the lines alone do not say it.
    finds: dev/Deployment/aiwfe-system/chat: words of the finding
    +++ dist/dev/apps/chat.yaml
     kind: Deployment
    -  replicas: 9
    +  replicas: 1

`finds:` lines say all that the rule finds in the rejected side; what is found about a file as such is named
`dist/dev/apps/chat.yaml:LINE`. Each `+++` starts a file of dist/; one that has no line on a side is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiwfe.dist import Platform, load

FIXTURES = Path(__file__).parent / "fixtures"

Files = Mapping[str, str]
"""Path -> text: `dist/dev/apps/chat.yaml`."""


@dataclass(frozen=True)
class Expected:
    """A finding that a case must lead to."""

    about: str
    """The object's id, or `file:line`."""
    words: str
    """Words of the reason that the finding gives."""


@dataclass(frozen=True)
class Case:
    """Two nearly equal dists, and what the rule finds in the first."""

    rule: str
    name: str
    finds: tuple[Expected, ...]
    reject: Files
    accept: Files


def read_case(path: Path) -> Case:
    """The case of a file. Raises ValueError where it is not written as this module says."""
    head, *parts = path.read_text(encoding="utf-8").split("\n+++ ")
    finds: list[Expected] = []
    for line in head.splitlines():
        label, _, rest = line.partition(": ")
        about, _, words = rest.partition(": ")
        if label == "finds" and words:
            finds.append(Expected(about, words))
        elif not line.startswith("#"):
            raise ValueError(f"{path}: neither a comment nor a finding: {line!r}")
    sides: dict[str, dict[str, str]] = {"-": {}, "+": {}}
    for part in parts:
        name, _, lines = part.rstrip("\n").partition("\n")
        for line in lines.split("\n"):
            if line[:1] not in (" ", "-", "+"):
                raise ValueError(f"{path}: a line without a mark: {line!r}")
            for mark, files in sides.items():
                if line[0] in (" ", mark):
                    files[name] = files.get(name, "") + line[1:] + "\n"
    rule = f"{path.parent.name}/{path.stem.partition('.')[0]}"
    return Case(rule, f"{path.parent.name}/{path.stem}", tuple(finds), sides["-"], sides["+"])


def read_cases() -> Iterator[Case]:
    """The case of every file, proof by proof."""
    for path in sorted(FIXTURES.glob("*/*")):
        yield read_case(path)


def loaded(files: Files, folder: Path) -> Platform:
    """Writes a dist/ below `folder`, byte for byte, and reads it as `aiwfe check` does."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode())
    return load(folder / "dist")
