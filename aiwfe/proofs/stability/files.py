"""The bytes of a file: plain YAML with one form only."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from aiwfe.dist import File
from aiwfe.findings import Finding, Rule

HEADER = Rule("stability/header", "Every file says what it was generated from.")
BYTES = Rule(
    "stability/bytes", "Files are plain YAML: no anchors, tabs or carriage returns, and a line feed at the end."
)

RULES = (HEADER, BYTES)

_HEADER = re.compile(r"# Generated from (charts|argocd)/[\w/.-]+: do not edit\.\n", re.ASCII)
_SUSPICIOUS = re.compile(r"\t|(?:^|[\s,\[{])&\w", re.ASCII | re.MULTILINE)


def find(file: File) -> Iterator[Finding]:
    """The findings about one file's bytes."""
    if not _HEADER.match(file.text):
        yield HEADER.in_file(
            file.path, "does not start with `# Generated from <chart>: do not edit.`", "run `make synth`"
        )
    if file.text and not file.text.endswith("\n"):
        yield BYTES.in_file(file.path, "does not end with a line feed", "run `make synth`", file.text.count("\n") + 1)
    if "\r" in file.text:
        line = file.text[: file.text.index("\r")].count("\n") + 1
        yield BYTES.in_file(file.path, "holds a carriage return", "run `make synth`", line)
    if _SUSPICIOUS.search(file.text):
        yield from _tokens(file)


def _tokens(file: File) -> Iterator[Finding]:
    """Anchors, and tabs that stand between tokens rather than in a text."""
    ended = 0
    for token in yaml.scan(file.text, Loader=yaml.CSafeLoader):
        line = token.start_mark.line + 1
        if isinstance(token, yaml.AnchorToken):
            yield BYTES.in_file(file.path, f"has an anchor &{token.value}", "run `make synth`", line)
        # A comment may hold tabs; nothing else that is no token may.
        between = re.sub("#.*", "", file.text[ended : token.start_mark.index])
        if "\t" in between:
            yield BYTES.in_file(file.path, "is spaced with a tab", "run `make synth`", line)
        ended = max(ended, token.end_mark.index)
