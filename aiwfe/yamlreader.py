"""YAML documents with the lines they stand on, and strictness that PyYAML alone does not have.

PyYAML keeps the last of two equal keys and follows aliases into exponential growth; here both are mistakes, as they
are to the readers that matter (Argo CD's is strict about the first). So is a plain scalar that PyYAML and the API
server read differently: `y`, `1e3`, `12:30`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import yaml

from aiwfe.objects import Value

_TAG = "tag:yaml.org,2002:"
_STR = f"{_TAG}str"
# Scalars that every reader reads alike: of each type, the way in which it is commonly written.
_PLAIN = {
    f"{_TAG}int": re.compile(r"-?(?:0|[1-9]\d{0,18})", re.ASCII),
    f"{_TAG}float": re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d{1,15}", re.ASCII),
    f"{_TAG}bool": re.compile(r"[a-zA-Z]+", re.ASCII),
    f"{_TAG}null": re.compile(r"~|null|Null|NULL|", re.ASCII),
}
# Text to PyYAML, but a truth value or a number to the API server, which drops the underscores of numbers.
_NO_TEXT = re.compile(r"[yYnN]|[-+]?(?:0[bBoOxX][\da-fA-F]+|(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?)", re.ASCII)
_DIFFERS = "{!r} is read differently by different readers: put it in quotes if it is text"
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

    Raises YamlError on text that does not parse, on a duplicate key, on an alias, on a key that is no text, and on a
    scalar that readers disagree about.
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
            raise YamlError("not a list (an empty one is written [])", 1)
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
        line = text.encode()[: error.position].count(b"\n") + 1  # libyaml counts bytes
        raise YamlError(f"not YAML (character U+{int(error.character):04X} is not allowed)", line) from None


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
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            raise YamlError(f"the tag {node.tag!r} is not read here", node.start_mark.line + 1)
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
        line = node.start_mark.line + 1
        if node.tag == _STR:
            # A style is a quote or the sign of a block; a plain scalar has none.
            if not node.style and _NO_TEXT.fullmatch(_without_underscores(node.value)):
                raise YamlError(_DIFFERS.format(node.value), line)
            return node.value
        if node.tag == f"{_TAG}timestamp":
            return node.value  # as the API server does, which knows no dates
        if node.tag in (f"{_TAG}merge", f"{_TAG}value"):  # `<<` and `=`
            raise YamlError(_DIFFERS.format(node.value), line)
        if node.tag not in _PLAIN:
            raise YamlError(f"the tag {node.tag!r} is not read here", line)
        if not _PLAIN[node.tag].fullmatch(node.value):
            raise YamlError(_DIFFERS.format(node.value), line)
        if node.tag == f"{_TAG}int":
            return int(node.value)
        return cast(Any, self.loader).construct_object(node)


def _without_underscores(value: str) -> str:
    return value.replace("_", "") if value[:1] in "+-.0123456789" else value
