"""dist/ is read as the API server reads it, or it is refused."""

from __future__ import annotations

from itertools import product

import pytest

from aiwfe.gotools import tool
from aiwfe.yamlreader import YamlError, read_documents, read_list
from tests.test_emit import HOSTILE
from tests.yaml_readers import api_server

# What a truth value, a number or a date may begin with, in one of the versions of YAML.
LETTERS = "01.-+_:exobnyN~=<"
WORDS = [
    *"true True TRUE false False FALSE yes Yes YES no No NO on On ON off Off OFF null Null NULL".split(),
    *"017 0o17 0x1F 0X1f 0b101 1_000 1e3 1E3 1e+3 1.5e-3 1.5e+3 1.0e+400 12:30 12:30:45 190:20:30.15 3.25 -0.5".split(),
    *"2001-01-01 2001-13-45 2001-12-14t21:59:43.10-05:00 250m 8Gi 1.1.0 0.1_0 -_1 0_x1 9223372036854775807 123456789012345".split(),
    *".nan .inf -.inf 99999999999999999999999 !!binary_x".split(),
    "!!binary aGk=", "!!float 1", "!!str 1", "!!set {a}", "!other {a: 1}", "!other a", "{<<: {a: 1}, b: 2}", "{y: 1}",
]  # fmt: skip


def read(text: str) -> object:
    """The value of the only document, or the error."""
    try:
        (document,) = read_documents(text)
    except YamlError as error:
        return error
    return document.value


def test_plain_scalars_mean_what_they_mean_to_the_api_server_or_are_refused() -> None:
    short = ["".join(letters) for length in (1, 2, 3) for letters in product(LETTERS, repeat=length)]
    texts = [f"value: {word}\n" for word in (*WORDS, *short, *(text for text in HOSTILE if text.isprintable()))]
    values = {text: value for text in texts if not isinstance(value := read(text), YamlError)}
    meant = api_server(tool("sigsyaml", "sigsyaml"))(list(values))
    assert [
        (text, value, other) for (text, value), other in zip(values.items(), meant, strict=True) if value != other
    ] == []
    assert len(values) > 1000  # so many are read, and compared


@pytest.mark.parametrize("word", ["y", "1e3", "12:30", "017", "1_000", "0_x1", ".nan", "="])
def test_a_scalar_that_readers_disagree_about_is_refused_and_its_line_named(word: str) -> None:
    error = read(f"a: b\nc: {word}\n")
    assert isinstance(error, YamlError)
    problem = f"{word!r} is read differently by different readers: put it in quotes if it is text"
    assert (error.line, error.problem) == (2, problem)
    assert read(f"a: b\nc: '{word}'\n") == {"a": "b", "c": word}


def test_the_items_of_a_list_know_their_lines() -> None:
    assert read_list("# why\n- a: 1\n  b: 2\n\n- c\n") == [(2, {"a": 1, "b": 2}), (5, "c")]
    assert read_list("[]\n") == []


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "not a list (an empty one is written [])"),
        ("# only a comment\n", 1, "not a list (an empty one is written [])"),
        ("a: b\n", 1, "not a list (an empty one is written [])"),
        ("- a\n---\n- b\n", 2, "not YAML (but found another document)"),
        ("- a\n- {b: 1, b: 2}\n", 2, "duplicate key 'b'"),
        ("[" * 100_000, 1, "nested too deeply"),
    ],
)
def test_what_is_no_single_list_is_refused(text: str, line: int, problem: str) -> None:
    with pytest.raises(YamlError) as refused:
        read_list(text)
    assert (refused.value.line, refused.value.problem) == (line, problem)


def test_objects_as_deep_as_schemas_in_crds_are_read() -> None:
    assert not isinstance(read("{a: " * 99 + "b" + "}" * 99 + "\n"), YamlError)
    assert not isinstance(read("".join(" " * depth + "a:\n" for depth in range(90))), YamlError)
