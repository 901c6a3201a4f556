"""Every rule of the conversion: an OpenAPI schema as upstream writes it, values that must pass and values that must not."""

from __future__ import annotations

from typing import Any, NamedTuple

import jsonschema_rs
import pytest

from imports import explain
from imports.generator import ImportsError
from imports.generator.crds import kinds
from imports.generator.schema import QUANTITY, QUANTITY_PATTERN, convert, portable
from tests.imports import upstream

Json = dict[str, Any]


class Rule(NamedTuple):
    """A schema, what it must accept and what it must refuse once it is strict."""

    source: Json
    accept: list[Any]
    reject: list[Any]


def thing(*required: str, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
KEEP = {"x-kubernetes-preserve-unknown-fields": True}
INT_OR_STRING: Json = {"x-kubernetes-int-or-string": True, "anyOf": [NUMBER, TEXT]}
QUANTITY_OF_CRDS: Json = {
    **INT_OR_STRING,
    "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$",
}
EITHER: Json = {**thing(a=TEXT, b=TEXT), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}

RULES: dict[str, Rule] = {
    "an object is closed": Rule(thing(a=TEXT), [{}, {"a": "x"}], [{"b": "x"}, {"a": "x", "A": "x"}]),
    "a nested object is closed": Rule(thing(a=thing(b=TEXT)), [{"a": {"b": "x"}}], [{"a": {"c": "x"}}]),
    "an object in a list is closed": Rule({"type": "array", "items": thing(a=TEXT)}, [[], [{"a": "x"}]], [[{"b": "x"}]]),
    "an object of which nothing is said is pruned": Rule({"type": "object"}, [{}], [{"a": 1}]),
    "an object that keeps what it does not know is open": Rule(
        {**thing(a=TEXT), **KEEP}, [{"b": 1}, {"a": "x", "b": {"c": []}}], [{"a": 1}, []]
    ),
    "below an open object, the known ones are closed": Rule({**thing(a=thing(b=TEXT)), **KEEP}, [{"c": 1}], [{"a": {"c": 1}}]),
    "a whole object in an object is open": Rule(
        {"type": "object", "x-kubernetes-embedded-resource": True, **KEEP}, [{"kind": "Pod", "spec": {}}], ["Pod"]
    ),
    "a whole object is open without the other mark too": Rule(
        {**thing(spec=thing()), "x-kubernetes-embedded-resource": True}, [{"apiVersion": "v1"}], [{"spec": {"a": 1}}]
    ),
    "a mapping takes any key, and values of its type": Rule(
        {"type": "object", "additionalProperties": TEXT}, [{}, {"a": "x", "b": "y"}], [{"a": 1}]
    ),
    "a mapping of anything is open": Rule({"type": "object", "additionalProperties": True}, [{"a": 1}], [[]]),
    "a mapping of values without a rule is open": Rule({"type": "object", "additionalProperties": {}}, [{"a": 1}], [[]]),
    "a mapping of nothing is closed": Rule({"type": "object", "additionalProperties": False}, [{}], [{"a": 1}]),
    "branches of oneOf only add conditions": Rule(EITHER, [{"a": "x"}, {"b": "x"}], [{}, {"a": "x", "b": "x"}, {"c": "x"}]),
    "branches of anyOf only add conditions": Rule(
        {**thing(a=TEXT, b=TEXT), "anyOf": [thing("a", a={"minLength": 1}), thing("b", b={})]},
        [{"a": "x", "b": "x"}, {"a": "", "b": "x"}], [{}, {"a": ""}],
    ),
    "branches of allOf only add conditions": Rule(
        {**thing(a=TEXT, b=TEXT), "allOf": [thing("a", a={}), thing("b", b={})]}, [{"a": "x", "b": "x"}], [{"a": "x"}]
    ),
    "not only takes away": Rule(
        {**thing(a=TEXT, b=TEXT), "not": thing("a", a={"enum": ["x"]})}, [{"b": "x"}, {"a": "y"}], [{"a": "x"}, {"a": "x", "b": "x"}]
    ),
    "conditions inside conditions are kept": Rule(
        {**thing(a=TEXT, b=TEXT), "oneOf": [{"not": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}}, {"required": ["a"]}]},
        [{}, {"a": "x"}, {"a": "x", "b": "x"}], [{"b": "x"}],
    ),
    "int-or-string": Rule(INT_OR_STRING, [80, "http", "25%"], [True, 0.5, None, [], {}]),
    "int-or-string with a pattern": Rule({**INT_OR_STRING, "pattern": "^[0-9]+%$"}, [1, "25%"], ["25"]),
    "int-or-string or nothing": Rule({**INT_OR_STRING, "nullable": True}, [80, "http", None], [True]),
    "a minimum that is excluded": Rule({**NUMBER, "minimum": 0, "exclusiveMinimum": True}, [1], [0, -1]),
    "a minimum that is not excluded": Rule({**NUMBER, "minimum": 0, "exclusiveMinimum": False}, [0, 1], [-1]),
    "a maximum that is excluded": Rule({"type": "number", "maximum": 1, "exclusiveMaximum": True}, [0.9], [1, 2]),
    "a required field": Rule(thing("a", a=TEXT), [{"a": ""}], [{}]),
    "a required field with a default may be left out": Rule(thing("a", "b", a=TEXT, b={**TEXT, "default": "x"}), [{"a": ""}], [{"b": ""}]),
    "so may all, where all have one": Rule(thing("a", a={**TEXT, "default": ""}), [{}], [{"a": 1}]),
    "nothing, where that is allowed": Rule(thing(a={**NUMBER, "nullable": True}), [{"a": None}, {"a": 1}, {}], [{"a": "1"}]),
    "nothing, where that is not allowed": Rule(thing(a=NUMBER), [{}], [{"a": None}]),
    "an object or nothing is closed": Rule({**thing(a=TEXT), "nullable": True}, [None, {"a": "x"}], [{"b": "x"}]),
    "bytes are base64": Rule({**TEXT, "format": "byte"}, ["", "YQ==", "YWI=", "YWJj"], ["a", "YQ=", "YQ", "Y Q==", "YQ==\n", "-_=="]),
    "a moment": Rule({**TEXT, "format": "date-time"}, ["2026-01-01T00:00:00Z"], ["2026-01-01", "tomorrow"]),
    "an address": Rule({"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}, ["10.0.0.1", "fd00::1"], ["10.0.0", "chat"]),
    "formats of Go are limits that JSON Schema does not know": Rule({**NUMBER, "format": "int32"}, [1, 2**40], [1.5]),
    "choices": Rule({**TEXT, "enum": ["a", "b"]}, ["a"], ["A", "c"]),
    "limits of text, lists and mappings": Rule(
        thing(
            a={**TEXT, "minLength": 1, "maxLength": 2, "pattern": "^x"},
            b={"type": "array", "items": NUMBER, "minItems": 1, "maxItems": 2, "uniqueItems": True},
            c={"type": "object", "additionalProperties": TEXT, "minProperties": 1, "maxProperties": 1},
            d={"type": "number", "multipleOf": 0.5},
        ),
        [{"a": "xy", "b": [1, 2], "c": {"k": "v"}, "d": 1.5}],
        [{"a": ""}, {"a": "xyz"}, {"a": "y"}, {"b": []}, {"b": [1, 1]}, {"b": [1, 2, 3]}, {"c": {}}, {"d": 0.3}],
    ),
    "a property's name is data, whatever it is": Rule(
        thing("default", description=TEXT, default=NUMBER, type=TEXT, properties=thing(items=TEXT), **{"$ref": TEXT, "not": TEXT}),
        [{"default": 1, "description": "x", "type": "x", "properties": {"items": "x"}, "$ref": "x", "not": "x"}],
        [{}, {"default": "1"}, {"default": 1, "description": 1}, {"default": 1, "properties": {"a": "x"}}],
    ),
    "a default is no rule": Rule(thing(a={**TEXT, "default": "x", "example": "y", "description": "z"}), [{"a": "other"}], []),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_a_rule_of_upstream_holds_for_the_same_values(name: str) -> None:
    rule = RULES[name]
    validator = jsonschema_rs.Draft7Validator(convert(rule.source, structural=True))
    assert [value for value in rule.accept if not validator.is_valid(value)] == []
    assert [value for value in rule.reject if validator.is_valid(value)] == []


RIGHT = "0 1 -1 +1 1. 1.5 .5 -.5 100m 0.5 1.5Gi 512Mi 8G 1k 1Ki 1e3 1E3 1e-3 1E+3 1E 1Ei 2P 3T 100n 100u -1Gi".split()
WRONG = [
    "", ".", "-", "m", "Gi", "100mm", "1e1.5", "1e", "8gb", "8GB", "8Gib", "1K", "1ki", "1mi", "1 Gi", " 1", "1 ", "1Gi\n",
    "1,5", "1.5.5", "--1", "0x10", "1_000", "1e3Gi", "NaN", "inf", "٣", "1Gi1",
]  # fmt: skip


@pytest.mark.parametrize("schema", [QUANTITY, convert(QUANTITY_OF_CRDS, structural=True)], ids=["core", "CRDs"])
def test_a_quantity_is_what_the_api_server_reads_as_one(schema: Json) -> None:
    validator = jsonschema_rs.Draft7Validator(schema)
    assert [text for text in RIGHT if not validator.is_valid(text)] == []
    assert [text for text in WRONG if validator.is_valid(text)] == []
    assert validator.is_valid(2)
    others: list[Any] = [None, True, [], {}]
    assert [value for value in others if validator.is_valid(value)] == []


def test_only_the_core_takes_a_fraction_without_quotes() -> None:
    """A CRD's quantity is int-or-string to the API server, which refuses `cpu: 0.5` there."""
    assert jsonschema_rs.Draft7Validator(QUANTITY).is_valid(0.5)
    assert not jsonschema_rs.Draft7Validator(convert(QUANTITY_OF_CRDS, structural=True)).is_valid(0.5)


def test_messages_know_a_quantity_by_its_pattern() -> None:
    assert explain.QUANTITY == QUANTITY_PATTERN


FOLDED = {
    "(?i)^(abort|warn)?$": "^([aA][bB][oO][rR][tT]|[wW][aA][rR][nN])?$",
    "^(?i)a$": "^[aA]$",
    "^a(?i)b$": "^a[bB]$",
    "((?i)a)b": "([aA])b",  # to the end of its group, no further
    "(?i)a(b)c": "[aA]([bB])[cC]",
    "(?i)(?:a|b)": "(?:[aA]|[bB])",
    r"(?i)\d+\.a{2}": r"\d+\.[aA]{2}",
    "(?i)[0-9]a": "[0-9][aA]",  # nothing to fold in digits
    "[a-z]((?i)x)": "[a-z]([xX])",  # outside the fold
    "^[a-z]+$": "^[a-z]+$",
}


@pytest.mark.parametrize("pattern", FOLDED)
def test_a_pattern_that_ignores_case_is_written_out(pattern: str) -> None:
    assert portable(pattern) == FOLDED[pattern]
    assert jsonschema_rs.Draft7Validator({"pattern": portable(pattern)})


@pytest.mark.parametrize(
    ("pattern", "token"), [("(?i)[a-z]+", "[a-z]"), (r"(?i)\pL", r"\p"), (r"(?i)\x41", r"\x"), ("(?i)(?P<a>b)", "(?P")]
)
def test_a_pattern_that_cannot_be_written_out_is_refused(pattern: str, token: str) -> None:
    with pytest.raises(ImportsError) as refused:
        convert({"type": "string", "pattern": pattern}, structural=True)
    assert str(refused.value) == f"cannot rewrite (?i) for {token} of the pattern {pattern}"


CORE: dict[str, Rule] = {
    "an object of which nothing is said is open": Rule({"type": "object"}, [{"a": 1}], ["a"]),
    "an object with fields is closed": Rule(thing(a=TEXT), [{"a": "x"}], [{"b": "x"}]),
    "a default of Go's zero value does not make a required field optional": Rule(
        thing("a", a={**TEXT, "default": ""}), [{"a": ""}], [{}]
    ),
}


@pytest.mark.parametrize("name", CORE)
def test_the_core_s_openapi_means_something_else_in_places(name: str) -> None:
    rule = CORE[name]
    validator = jsonschema_rs.Draft7Validator(convert(rule.source, structural=False))
    assert [value for value in rule.accept if not validator.is_valid(value)] == []
    assert [value for value in rule.reject if validator.is_valid(value)] == []


def whole(spec: Json, **root: Any) -> jsonschema_rs.Draft7Validator:
    """The validator of a kind `Thing` of example.org/v1."""
    (kind,) = kinds("example", [upstream.crd("Thing", spec, **root)], {"example.org/v1": ["Thing"]})
    return jsonschema_rs.Draft7Validator(kind.document())


def manifest(**changes: Any) -> Json:
    """A Thing, with fields changed, or removed where they are None."""
    fields = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {}, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def metadata(**fields: Any) -> Json:
    return manifest(metadata={"name": "a", **fields})


@pytest.mark.parametrize(
    "body",
    [
        manifest(),
        manifest(spec=None),
        metadata(namespace="b", labels={"app.kubernetes.io/name": "a", "x": ""}, annotations={"note": "any text, 1"}),
        metadata(finalizers=["resources-finalizer.argocd.argoproj.io"]),
    ],
)
def test_a_whole_object_has_its_own_kind_and_a_name(body: Json) -> None:
    assert whole(thing(a=TEXT)).is_valid(body)


@pytest.mark.parametrize(
    "body",
    [
        manifest(apiVersion="example.org/v2"),
        manifest(kind="Other"),
        *(manifest(**{field: None}) for field in ("apiVersion", "kind", "metadata")),
        manifest(metadata={}),
        manifest(status={}),
        manifest(spce={}),
        metadata(generateName="a-"),
        metadata(creationTimestamp=None, uid="1"),
        metadata(name=""),
        metadata(namespace="Not_A_Label"),
        metadata(labels={"a b": "c"}),
        metadata(labels={"a": "c d"}),
        metadata(labels={"a": "c" * 64}),
        metadata(labels={"a": 1}),
        metadata(annotations={"a": 1}),
    ],
)
def test_what_is_no_manifest_or_the_controller_s_to_write_is_refused(body: Json) -> None:
    assert not whole(thing(a=TEXT)).is_valid(body)


def test_a_status_that_is_required_is_the_controller_s() -> None:
    assert whole(thing(), required=["spec", "status"]).is_valid(manifest())
    assert not whole(thing(), required=["spec", "status"]).is_valid(manifest(spec=None))


def test_an_object_that_keeps_everything_stays_open() -> None:
    assert whole(thing(), **KEEP).is_valid(manifest(anything=1))
    assert not whole(thing(), **KEEP).is_valid(manifest(metadata={}))
