"""Reads one YAML file of envs/ into plain values and the line of each field, and refuses what people get wrong.

The dialect is small on purpose: UTF-8, one document, each key once, no anchors and no tags, and `yes`, `on`, `0o17` and
`12:30` are text as they look. PyYAML parses; the values of plain scalars are decided here.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from .schema import InputError, Mistake, Source, Where, dotted

LARGEST = 256 * 1024  # bytes; the files are pages, not data sets
DEEPEST = 20

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]


def read(path: Path, name: str) -> tuple[Value, Source]:
    """The values of `path`, which messages call `name`, and where each stands. Raises InputError."""
    text = _text(path, name)
    try:
        _refuse_anchors(text, name)
        node = yaml.compose(text, Loader=yaml.CBaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError([Mistake(name, line, "", f"not YAML: {error.problem or error.context}")]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError([Mistake(name, line, "", f"not YAML: {error.reason}")]) from None
    if node is None:
        raise InputError([Mistake(name, 1, "", "the file is empty")])
    builder = _Builder(name)
    value = builder.value(node, ())
    if builder.mistakes:
        raise InputError(builder.mistakes)
    return value, Source(name, builder.lines, builder.written)


def _text(path: Path, name: str) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError([Mistake(name, 1, "", "the file is missing")]) from None
    except OSError as error:
        raise InputError([Mistake(name, 1, "", f"cannot be read: {error.strerror}")]) from None
    if len(data) > LARGEST:
        raise InputError([Mistake(name, 1, "", f"{len(data)} bytes; at most {LARGEST} are read")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            [Mistake(name, line, "", f"not UTF-8 (byte 0x{data[error.start]:02x}): save it as UTF-8")]
        ) from None


def _refuse_anchors(text: str, name: str) -> None:
    """Anchors, aliases, tags and bottomless nesting, before anything is built from them."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InputError([Mistake(name, line, "", "anchors and aliases are not read here: write the value out")])
        if tag := getattr(event, "tag", None):
            raise InputError([Mistake(name, line, "", f"tags are not read here: remove {tag!r}")])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            raise InputError([Mistake(name, line, "", f"nested more than {DEEPEST} deep")])
        if documents > 1:
            raise InputError([Mistake(name, line, "", "a second document: one file, one document")])


class _Builder:
    """Plain values from YAML nodes, the line of each, and how plain scalars are written: `1.10` is more than 1.1."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Where, int] = {}
        self.written: dict[Where, str] = {}
        self.mistakes: list[Mistake] = []

    def value(self, node: yaml.Node, where: Where) -> Value:
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode) or node.style:
            return str(node.value)
        self.written[where] = node.value
        return _scalar(node.value)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Value]:
        built: dict[str, Value] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.mistakes.append(Mistake(self.name, line, dotted(where), "a key must be a word"))
                continue
            at = (*where, key.value)
            if key.value in built:
                first = self.lines[at]
                self.mistakes.append(
                    Mistake(self.name, line, dotted(at), f"given twice (first in line {first}): remove one")
                )
                continue
            self.lines[at] = line
            built[key.value] = self.value(item, at)
        return built


def _scalar(text: str) -> Value:
    """The value of a plain scalar: YAML 1.2's core words, decimal numbers, and text."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", text):
        return float(text)
    return text
