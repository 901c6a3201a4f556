"""CRDs that are rebuilt from the committed schemas are structural, as the API server wants them, and mean the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiwfe.cluster import crds as module
from aiwfe.cluster.crds import (
    _rebuilt,  # pyright: ignore[reportPrivateUsage]
    _structural,  # pyright: ignore[reportPrivateUsage]
    crds,
)
from aiwfe.cluster.waiting import ClusterError
from aiwfe.errors import ToolMissingError
from aiwfe.objects import Body, mapping, text
from imports.generator import ImportsError, pins, sources
from imports.manifest import ROOT

PINS = pins.read(ROOT / "imports" / pins.PINS)
REBUILT = {
    f"{api}/{kind}": operator
    for operator in PINS.operators.values()
    if not operator.module
    for api, kinds in operator.kinds.items()
    for kind in kinds
}
KNOWN = json.loads((ROOT / "imports" / "schemas" / "kinds.json").read_bytes())
PRESERVE, INT_OR_STRING = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"
BRANCHES = ("oneOf", "anyOf", "allOf")

# What apiextensions.k8s.io/v1 knows of a schema, and what of it may stand in a branch of a union.
IN_BRANCHES = {
    *BRANCHES, "not", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength",
    "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern",
    "properties", "required", "uniqueItems",
}  # fmt: skip
ALLOWED = {
    *IN_BRANCHES, "additionalProperties", "default", "description", "nullable", "title", "type", PRESERVE, INT_OR_STRING,
    "x-kubernetes-embedded-resource", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
    "x-kubernetes-validations",
}  # fmt: skip


def complaints(schema: Body, place: str = "", *, branch: bool = False) -> Iterator[str]:
    """What the API server has against a schema, as its rules for structural schemas are documented."""
    if unknown := schema.keys() - (IN_BRANCHES if branch else ALLOWED):
        yield f"{place}: {', '.join(sorted(unknown))} is not allowed"
    if not branch and not (isinstance(schema.get("type"), str) or schema.get(PRESERVE) or schema.get(INT_OR_STRING)):
        yield f"{place}: no type"
    if "properties" in schema and "additionalProperties" in schema:
        yield f"{place}: properties and additionalProperties"
    for name, child in schema.get("properties", {}).items():
        yield from complaints(child, f"{place}.{name}", branch=branch)
    if "items" in schema:
        yield from complaints(schema["items"], f"{place}[]", branch=branch)
    if "additionalProperties" in schema:
        yield from complaints(schema["additionalProperties"], f"{place}.*")
    for key in BRANCHES:
        for number, child in enumerate(schema.get(key, ())):
            yield from complaints(child, f"{place}.{key}[{number}]", branch=True)
    if "not" in schema:
        yield from complaints(schema["not"], f"{place}.not", branch=True)


STRICT: Body = {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string", "minLength": 1}, {"type": "string", "minLength": 1}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["integer", "string"]}, {INT_OR_STRING: True}),
        ({"type": ["integer", "string", "null"]}, {INT_OR_STRING: True, "nullable": True}),
        ({"enum": ["a", "b"], "type": "string"}, {"enum": ["a", "b"], "type": "string"}),
        ({"const": "a", "type": "string"}, {"enum": ["a"], "type": "string"}),
        ({"type": "array", "items": {"type": ["string", "null"]}}, {"type": "array", "items": {"type": "string", "nullable": True}}),
        (STRICT, {"type": "object"}),
        ({"type": "object"}, {"type": "object", PRESERVE: True}),
        ({"type": ["object", "null"]}, {"type": "object", PRESERVE: True, "nullable": True}),
        ({"type": "object", "additionalProperties": True}, {"type": "object", PRESERVE: True}),
        ({}, {PRESERVE: True}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ({**STRICT, "propertyNames": {"pattern": "a"}}, {"type": "object"}),
        ({**STRICT, "properties": {"type": {"type": "string"}}}, {"type": "object", "properties": {"type": {"type": "string"}}}),
    ],
)  # fmt: skip
def test_a_strict_schema_says_the_same_in_the_api_servers_words(schema: Body, made: Body) -> None:
    assert _structural(schema) == made
    assert list(complaints(made)) == []


@pytest.mark.parametrize("key", BRANCHES)
def test_a_branch_says_only_what_holds_beside_the_types(key: str) -> None:
    branch = {**STRICT, "required": ["a"], "properties": {"a": {"type": "string", "const": "x"}}}
    made = _structural({**STRICT, "properties": {"a": {"type": "string"}}, key: [branch, {"not": branch}]})
    bare = {"required": ["a"], "properties": {"a": {"enum": ["x"]}}}
    assert made == {"type": "object", "properties": {"a": {"type": "string"}}, key: [bare, {"not": bare}]}
    assert list(complaints(made)) == []


def test_a_schema_is_not_changed_by_what_is_made_of_it() -> None:
    schema: Body = {**STRICT, "properties": {"a": {"const": 1, "type": "integer"}}}
    before = json.dumps(schema)
    _structural(schema)
    assert json.dumps(schema) == before


@pytest.mark.parametrize("name", REBUILT)
def test_every_rebuilt_crd_is_structural(name: str) -> None:
    api, kind = name.rsplit("/", 1)
    [version] = _rebuilt(api, kind, KNOWN)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    assert list(complaints(schema)) == []
    assert schema["type"] == "object"
    assert schema["properties"]["spec"]["type"] == "object"
    assert schema["properties"]["metadata"] == {"type": "object"}  # more of it the API server refuses


@pytest.mark.parametrize("name", REBUILT)
def test_a_rebuilt_crd_is_called_as_upstreams(name: str) -> None:
    api, kind = name.rsplit("/", 1)
    group, version = api.split("/")
    crd, facts = _rebuilt(api, kind, KNOWN), KNOWN[name]
    assert text(crd, "metadata", "name") == f"{facts['plural']}.{group}"
    assert (crd["spec"]["scope"] == "Namespaced") == facts["namespaced"]
    assert mapping(crd, "spec", "names") == {"kind": kind, "plural": facts["plural"], "singular": kind.lower()}
    [only] = crd["spec"]["versions"]
    assert (only["name"], only["served"], only["storage"], only["subresources"]) == (
        version,
        True,
        True,
        {"status": {}},
    )


def test_the_complaints_of_this_test_find_what_is_not_structural() -> None:
    wrong: Body = {
        "type": "object",
        "properties": {"a": {}, "b": {"type": "string", "const": 1}},
        "anyOf": [{"type": "object"}],
    }
    assert list(complaints(wrong)) == [".a: no type", ".b: const is not allowed", ".anyOf[0]: type is not allowed"]


UPSTREAM = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {plural}.{group}
  annotations: {{api-approved.kubernetes.io: yes-1, controller-gen: v1}}
spec:
  group: {group}
  names: {{kind: {kind}}}
  conversion: {{strategy: Webhook}}
  versions:
  - name: {version}
    schema: {{openAPIV3Schema: {{description: Long., properties: {{description: {{type: string}}}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: beside}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: unwanted.{group}}}
spec: {{group: {group}, names: {{kind: Unwanted}}, versions: [{{name: {version}}}]}}
"""


def upstream(operator: pins.Operator) -> Iterator[str]:
    """Stands in for the pinned Go modules."""
    for api, kinds in operator.kinds.items():
        group, version = api.split("/")
        for kind in kinds:
            yield UPSTREAM.format(group=group, version=version, kind=kind, plural=f"{kind.lower()}s")


def test_every_pinned_kind_has_its_crd_and_nothing_else_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "crd_files", upstream)
    made = crds()
    pinned = {
        (api.split("/")[0], kind)
        for operator in PINS.operators.values()
        for api, kinds in operator.kinds.items()
        for kind in kinds
    }
    assert {(one["spec"]["group"], one["spec"]["names"]["kind"]) for one in made} == pinned
    names = [text(one, "metadata", "name") for one in made]
    assert names == sorted(set(names))
    assert json.dumps(made) == json.dumps(crds())  # a base is kept under a hash of it


def test_of_upstreams_crd_goes_what_does_not_work_in_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "crd_files", upstream)
    crd = next(one for one in crds() if text(one, "spec", "names", "kind") == "Rollout")
    assert mapping(crd, "metadata")["annotations"] == {"api-approved.kubernetes.io": "yes-1"}
    assert "conversion" not in crd["spec"]
    assert crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == {
        "properties": {"description": {"type": "string"}}
    }


def test_a_source_that_cannot_be_had_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: pins.Operator) -> Iterator[str]:
        raise ImportsError("go could not fetch it")

    monkeypatch.setattr(sources, "crd_files", fails)
    with pytest.raises(ClusterError, match=r"^a CRD that the box needs cannot be had: go could not fetch it$"):
        crds()


def test_without_go_on_the_path_the_pinned_one_fetches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[str] = []

    def path(operator: pins.Operator) -> Iterator[str]:
        seen.append(os.environ["PATH"])
        return upstream(operator)

    def pinned(family: str) -> Path:
        assert family == "kube"
        return Path("/pinned/bin/go")

    monkeypatch.setattr(sources, "crd_files", path)
    monkeypatch.setattr(module, "go_command", pinned)
    monkeypatch.setenv("PATH", str(tmp_path))
    crds()
    assert (set(seen), os.environ["PATH"]) == ({f"/pinned/bin:{tmp_path}"}, str(tmp_path))

    def missing(_: str) -> Path:
        raise ToolMissingError("no Go")

    monkeypatch.setattr(module, "go_command", missing)
    with pytest.raises(ToolMissingError, match=r"^no Go$"):
        crds()


def test_the_kinds_that_are_rebuilt_are_those_that_no_module_serves() -> None:
    groups: dict[str, Any] = {name.split("/")[0]: None for name in REBUILT}
    assert list(groups) == ["external-secrets.io", "nvidia.com", "redis.redis.opstreelabs.in", "seaweed.seaweedfs.com"]
