"""What is written to dist/ is read back the same by every reader, whatever the strings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiwfe.gotools import tool
from charts.constructs.emit import dump
from tests.yaml_readers import Reader, api_server, pyyaml_c, pyyaml_python, ruamel_12

# Each is something else than text to some reader when it stands plain, or has ended a document somewhere.
HOSTILE = [
    *"y n Y N yes no Yes NO on off On OFF true false True FALSE null Null ~ nan .nan .inf -.inf = << - ? : !".split(),
    *"0 1 -1 +1 017 0o17 0x1F 0b101 1_000 1e3 1E3 1e+3 1.5e-3 .5 -.5 1. 12:30 12:30:45 190:20:30.15".split(),
    *"2001-01-01 2001-12-14t21:59:43.10-05:00 1d 250m 8Gi 1.5Gi 0.5m 00m 1Ei 5e 5m".split(),
    *"--- ... %YAML #x x# @a `a &a *a !a |a >a [a {a ,a ]a }a a: :a a:b -a ?a 'a \"a a' %a".split(),
    "", " ", "  a", "a  ", "a b", "a: b", "a #b", "a # b", "\t", "a\tb", "\ta", "\n", "a\n", "\na", "a\nb", "a\n\nb\n",
    "a\n b\n", " a\nb", "a \nb", "a\t\nb", "a\r\nb", "a\rb", "a\n---\nb\n", "a\n...\nb", "\x85", "a\u2028b", "\u2029",
    "\ufeffa", "\x00", "\x07bell", "\x1b[31m", "\x7f", "é", "日本語", "😀", "\ud7ff", "\ue000", "\uffff", "a\u00a0b",
    "key: |\n  block\n", "- list\n- of\n", "{a: b}", "[a, b]", "$(date)", "${A}", "{{ .Values }}", "<script>", "'", '"',
    "\\", "\\n", "a\\", "'a'", '"a"', "x" * 5000, "word " * 400,
]  # fmt: skip


def mismatches(reader: Reader, objects: Sequence[dict[str, object]]) -> list[tuple[object, object]]:
    read = reader([dump([item]) for item in objects])
    return [(wrote, got) for wrote, got in zip(objects, read, strict=True) if wrote != got]


@pytest.fixture(scope="session")
def readers() -> dict[str, Reader]:
    program: Path = tool("sigsyaml", "sigsyaml")
    return {"PyYAML (C)": pyyaml_c, "PyYAML": pyyaml_python, "ruamel": ruamel_12, "API server": api_server(program)}


@pytest.mark.parametrize("name", ["PyYAML (C)", "PyYAML", "ruamel", "API server"])
def test_hostile_strings_are_read_back_as_values_keys_and_items(name: str, readers: dict[str, Reader]) -> None:
    objects: list[dict[str, object]] = [{"value": text, text: "key", "items": [text, {text: text}]} for text in HOSTILE]
    assert mismatches(readers[name], objects) == []


text_of_any_kind = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.integers(-(2**53), 2**53) | st.booleans() | st.none()
values = st.recursive(
    text_of_any_kind | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text_of_any_kind, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(objects=st.lists(st.dictionaries(text_of_any_kind, values, max_size=4), min_size=5, max_size=20))
def test_any_object_is_read_back(objects: list[dict[str, object]], readers: dict[str, Reader]) -> None:
    for name, reader in readers.items():
        assert mismatches(reader, objects) == [], name


def test_shared_mappings_make_no_anchors() -> None:
    shared = {"app": "chat"}
    assert "&" not in dump([{"one": shared, "two": shared}])


def test_amounts_and_words_stand_plain_where_all_readers_agree() -> None:
    assert dump([{"cpu": "250m", "memory": "8Gi", "path": "/healthz", "port": "8080", "on": "y"}]) == (
        'cpu: 250m\nmemory: 8Gi\npath: /healthz\nport: "8080"\n"on": "y"\n'
    )
