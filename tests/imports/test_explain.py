"""What a mistake is called, keyword by keyword: the path, what is given, what is allowed, the nearest spelling.

How a manifest says it, with file and line, is in tests/charts/test_manifest.py.
"""

from __future__ import annotations

import datetime
import json
import math
from collections import OrderedDict
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from charts.constructs.app import App, Chart
from imports import argocd, k8s
from imports.explain import explain
from imports.generator.schema import QUANTITY
from imports.manifest import ManifestError, is_json
from imports.spelling import FEW, nearest

Json = dict[str, Any]


def said(rule: Json, value: object) -> list[str]:
    """What is said of `value` at spec.a, where `rule` holds."""
    schema: Json = {"properties": {"spec": {"properties": {"a": rule}}}}
    return explain({"spec": {"a": value}}, jsonschema_rs.Draft7Validator(schema), schema)


def closed(*names: str) -> Json:
    return {"additionalProperties": False, "properties": {name: {} for name in names}}


ONE: Json = {"oneOf": [{"required": ["simple"]}, {"required": ["hash"]}]}
NONE_OR_ONE: Json = {"oneOf": [{"not": {"anyOf": ONE["oneOf"]}}, *ONE["oneOf"]]}
SAID: dict[str, tuple[Json, object, str]] = {
    "unknown field, misspelled": (closed("replicas", "image"), {"replica": 1}, "unknown field 'replica' (did you mean 'replicas'?)"),
    "unknown field, in the wrong case": (closed("targetPort"), {"targetport": 1}, "unknown field 'targetport' (did you mean 'targetPort'?)"),
    "unknown field, far from the few": (closed("x", "y"), {"zone": 1}, "unknown field 'zone' (known: x, y)"),
    "unknown field, where there is none": (closed(), {"zone": 1}, "unknown field 'zone'"),
    "unknown fields": (closed("port"), {"prt": 1, "zone": 2}, "unknown field 'prt' (did you mean 'port'?); unknown field 'zone' (known: port)"),
    "choice, misspelled": ({"enum": ["Always", "Never"]}, "never", "'never' is not one of 'Always', 'Never' (did you mean 'Never'?)"),
    "choice, of another type": ({"enum": ["a", "b"]}, 1, "1 is not one of 'a', 'b' (known: a, b)"),
    "missing": ({"required": ["name"]}, {}, "required field 'name' is missing"),
    "text for a number": ({"type": "integer"}, "3", "'3' is text, must be an integer"),
    "a number for text": ({"type": "string"}, 3, "3 is an integer, must be text"),
    "a fraction for a whole number": ({"type": "integer"}, 1.5, "1.5 is a number, must be an integer"),
    "yes or no for text": ({"type": "string"}, True, "True is a boolean, must be text"),
    "nothing": ({"type": "object"}, None, "None is nothing, must be a mapping"),
    "a list for a mapping": ({"type": "object"}, [1], "[1] is a list, must be a mapping"),
    "a mapping for a list": ({"type": "array"}, {"b": 1}, "{'b': 1} is a mapping, must be a list"),
    "text for a boolean": ({"type": "boolean"}, "yes", "'yes' is text, must be a boolean"),
    "several types": ({"type": ["integer", "string"]}, [], "[] is a list, must be an integer or text"),
    "or nothing": ({"type": ["number", "null"]}, "1", "'1' is text, must be nothing or a number"),
    "quantity": (QUANTITY, "8gb", "'8gb' is not a Kubernetes quantity: write 250m, 2 or 512Mi"),
    "pattern": ({"pattern": "^[a-z]+$"}, "A", "'A' does not match ^[a-z]+$"),
    "neither of two": (ONE, {}, "set exactly one of hash, simple (here: none)"),
    "both of two": (ONE, {"simple": 1, "hash": 2}, "set exactly one of hash, simple (here: hash, simple)"),
    "both, where none would do too": (NONE_OR_ONE, {"simple": 1, "hash": 2}, "set exactly one of hash, simple (here: hash, simple)"),
    "none of several": ({"anyOf": ONE["oneOf"]}, {"other": 1}, "set at least one of hash, simple (here: none)"),
    "alternatives of another sort": ({"oneOf": [{"minLength": 3}, {"maxLength": 1}]}, "ab", '"ab" is not valid under any of the schemas listed in the \'oneOf\' keyword'),
    "a limit": ({"minimum": 1}, 0, "0 is less than the minimum of 1"),
    "too long": ({"maxLength": 2}, "abc", '"abc" is longer than 2 characters'),
    "too few": ({"minItems": 1}, [], "[] has less than 1 item"),
    "a moment": ({"format": "date-time"}, "today", '"today" is not a "date-time"'),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_a_mistake_is_called(name: str) -> None:
    rule, value, message = SAID[name]
    assert said(rule, value) == [f"spec.a: {message}"]


def test_the_path_leads_to_the_item_of_a_list() -> None:
    rule: Json = {"items": {"properties": {"env": {"items": {"required": ["name"]}}}}}
    assert said(rule, [{}, {"env": [{"name": "a"}, {}]}]) == ["spec.a[1].env[1]: required field 'name' is missing"]


def test_a_tuple_is_a_list() -> None:
    assert said({"type": "array", "items": {"type": "string"}}, ("a", 1)) == [
        "spec.a[1]: 1 is an integer, must be text"
    ]


def test_the_top_of_a_manifest_has_a_name() -> None:
    schema = closed("spec")
    assert explain({"spce": {}}, jsonschema_rs.Draft7Validator(schema), schema) == [
        "(top): unknown field 'spce' (did you mean 'spec'?)"
    ]


def test_known_fields_are_found_behind_a_reference() -> None:
    schema: Json = {"properties": {"spec": {"$ref": "#/$defs/core.v1.Spec"}}, "$defs": {"core.v1.Spec": closed("port")}}
    assert explain({"spec": {"prt": 1}}, jsonschema_rs.Draft7Validator(schema), schema) == [
        "spec: unknown field 'prt' (did you mean 'port'?)"
    ]


def test_all_mistakes_are_said_at_once() -> None:
    rule: Json = {**closed("b", "c"), "required": ["b"], "minProperties": 3}
    assert len(said(rule, {"d": 1})) == 3


class Level(StrEnum):
    """A Python name for text is no text to YAML."""

    INFO = "info"


FOREIGN: dict[str, tuple[object, str]] = {
    "set": ({1, 2}, "spec.a: Unsupported type: 'set'"),
    "bytes": (b"x", "spec.a: Unsupported type: 'bytes'"),
    "date": ({"day": datetime.date(2026, 1, 1)}, "spec.a.day: Unsupported type: 'date'"),
    "path": ([Path("a")], "spec.a[0]: Unsupported type: 'PosixPath'"),
    "member of an enum": (Level.INFO, "spec.a: Unsupported type: 'Level'"),
    "mapping that is no dict": (OrderedDict(b=1), "spec.a: Unsupported type: 'OrderedDict'"),
    "no number": (math.nan, "spec.a: nan is no number"),
    "no finite number": ((0.5, -math.inf), "spec.a[1]: -inf is no number"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_json_has_no_word_for_is_named_with_its_path(name: str) -> None:
    """Also where the schema lets anything pass, and would not look."""
    value, message = FOREIGN[name]
    assert not is_json({"spec": {"a": value}})
    assert said({}, value) == [f"{message}: write text, numbers, booleans, lists and mappings only"]


def test_a_key_is_text() -> None:
    assert not is_json({"spec": {"a": {80: "x"}}})
    assert said({}, {80: "x", True: "y", "b": {None: 1}}) == [
        "spec.a: the key 80 is an integer, must be text",
        "spec.a: the key True is a boolean, must be text",
        "spec.a.b: the key None is nothing, must be text",
    ]


def test_what_json_has_words_for_is_taken() -> None:
    body: Json = {"a": [1, 2.5, "x", True, None, (), {}], "b": {"c": ("d",)}}
    assert is_json(body)
    assert is_json(json.loads(json.dumps(body)))


def test_a_date_in_a_chart_s_values_does_not_reach_dist() -> None:
    with pytest.raises(ManifestError, match=r"spec\.source\.helm\.valuesObject\.since: Unsupported type: 'date'"):
        argocd.Application(
            Chart(App("dev"), "apps/chat"),
            "a",
            metadata={"name": "chat", "namespace": "gitops"},
            spec={
                "project": "apps",
                "destination": {},
                "source": {"repoURL": "x", "helm": {"valuesObject": {"since": datetime.date(2026, 1, 1)}}},
            },
        )


METADATA: dict[str, tuple[Json, str]] = {
    "no name": ({"namespace": "a"}, "metadata: required field 'name' is missing"),
    "generated name": ({"name": "a", "generateName": "a-"}, "metadata: unknown field 'generateName'"),
    "label": ({"name": "a", "labels": {"app": "a b"}}, "metadata.labels.app: 'a b' does not match"),
    "name of a label": ({"name": "a", "labels": {"a b": "c"}}, 'metadata.labels: "a b" does not match'),
    "annotation": ({"name": "a", "annotations": {"wave": 1}}, "metadata.annotations.wave: 1 is an integer, must be text"),
    "namespace": ({"name": "a", "namespace": "A_b"}, "metadata.namespace: 'A_b' does not match"),
    "name that is no text": ({"name": 5}, "metadata.name: 5 is an integer, must be text"),
}  # fmt: skip


@pytest.mark.parametrize("name", METADATA)
def test_metadata_is_checked_like_the_rest(name: str) -> None:
    fields, message = METADATA[name]
    metadata: Any = {"namespace": "aiwfe-system", **fields}
    with pytest.raises(ManifestError) as refused:
        k8s.ConfigMap(Chart(App("dev"), "apps/chat"), "a", metadata=metadata, data={})
    assert f"\n  {message}" in str(refused.value)


NEAREST: dict[str, tuple[object, list[object], str]] = {
    "a letter too many": ("portt", ["port", "host"], " (did you mean 'port'?)"),
    "another case": ("CLUSTERIP", ["ClusterIP", "NodePort"], " (did you mean 'ClusterIP'?)"),
    "nothing close": ("zzz", ["b", "a"], " (known: a, b)"),
    "nothing close among many": ("zzz", list("abcdefghijklmnop"[: FEW + 1]), ""),
    "nothing known": ("zzz", [], ""),
    "no text": (5, [15, 25], " (did you mean '15'?)"),
}


@pytest.mark.parametrize("name", NEAREST)
def test_the_nearest_spelling_or_the_few_that_there_are(name: str) -> None:
    word, known, hint = NEAREST[name]
    assert nearest(word, known) == hint
