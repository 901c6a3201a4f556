"""YAML documents with the lines they stand on, and strictness that PyYAML alone does not have.

PyYAML keeps the last of two equal keys and follows aliases into exponential growth; here both are mistakes, as they
are to the readers that matter (Argo CD's is strict about the first).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import yaml

from aiwfe.objects import Value

_STR, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
_PLAIN_INT = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_MAX_DEPTH = 100
"""Deeper than any Kubernetes object (JSON schemas inside CRDs reach about 60), far below what breaks the parser."""
_DEEP_LINE = re.compile(rf"^[ ?-]{{{_MAX_DEPTH},}}", re.MULTILINE)


class YamlError(Exception):
    """Text that is not one or more plain YAML documents."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"line {line}: {problem}")
        self.problem = problem
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its value, and its first and last line."""

    value: Value
    line: int
    last_line: int


def read_documents(text: str) -> Iterator[Document]:
    """The documents of a YAML stream, in order.

    Raises YamlError on text that does not parse, on a duplicate key, on an alias, and on a key that is no text.
    """
    with _clear_errors(text):
        _check_depth(text)
        loader = yaml.CSafeLoader(text)
        while loader.check_node():
            node = cast(yaml.Node, loader.get_node())
            value = _Builder(loader).build(node)
            yield Document(value, node.start_mark.line + 1, node.end_mark.line)


def read_list(text: str) -> list[tuple[int, Value]]:
    """The items of a document that is one list, each with the line that it starts on.

    Raises YamlError as `read_documents` does, and on anything but one list.
    """
    with _clear_errors(text):
        _check_depth(text)
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.SequenceNode):
            raise YamlError("not a list", 1)
        builder = _Builder(loader)
        return [(item.start_mark.line + 1, builder.build(item)) for item in node.value]


@contextmanager
def _clear_errors(text: str) -> Generator[None]:
    """Turns PyYAML's errors into a YamlError with the line."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(f"not YAML ({error.problem or error.context})", mark.line + 1 if mark else 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"not YAML (character {error.character!r} is not allowed)", line) from None


def _check_depth(text: str) -> None:
    """The composer of libyaml recurses in C and takes the process down; its parser does not, so that one counts."""
    if text.count("[") + text.count("{") < _MAX_DEPTH and not _DEEP_LINE.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            mark = event.start_mark
            raise YamlError("nested too deeply", mark.line + 1 if mark else 1)


class _Builder:
    """Turns the nodes of one document into Python values."""

    def __init__(self, loader: yaml.CSafeLoader) -> None:
        self.loader = loader
        self.seen: set[int] = set()

    def build(self, node: yaml.Node) -> Value:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        # An alias is the same node once more. Scalars are left out: sharing them is harmless.
        if id(node) in self.seen:
            raise YamlError("an alias stands for another part of the document", node.start_mark.line + 1)
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item) for item in node.value]
        return self.mapping(node)

    def mapping(self, node: yaml.Node) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = self.build(key_node)
            line = key_node.start_mark.line + 1
            if key_node.tag != _STR:
                raise YamlError(f"the key {key!r} is no text", line)
            if key in made:
                raise YamlError(f"duplicate key {key!r}", line)
            made[key] = self.build(value_node)
        return made

    def scalar(self, node: yaml.ScalarNode) -> Value:
        if node.tag == _STR:
            return node.value
        if node.tag == _INT and _PLAIN_INT.fullmatch(node.value) and len(node.value) < 20:
            return int(node.value)
        try:
            return cast(Any, self.loader).construct_object(node)
        except ValueError as error:
            raise YamlError(f"not YAML ({error})", node.start_mark.line + 1) from None
