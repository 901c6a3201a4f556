"""The kinds of a Kubernetes release, from the OpenAPI description in its source tree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .kinds import Key, pick
from .schema import EMBEDDED_OBJECT_META, Kind, Schema, close_object, convert, definition_name

OPENAPI = "api/openapi-spec/v3"
GO_OPENAPI = "pkg/generated/openapi/zz_generated.openapi.go"

# POST on a collection: /apis/apps/v1/namespaces/{namespace}/deployments
_COLLECTION = re.compile(r"/apis?/[^{}]*?(?P<namespaced>/namespaces/\{namespace})?/(?P<plural>[a-z]+)")


@dataclass(frozen=True)
class _Resource:
    """A kind as one file of the OpenAPI description has it."""

    plural: str
    namespaced: bool
    definition: str  # the key of its schema
    definitions: Mapping[str, Schema]  # every type that it refers to


def kinds(release: Path, wanted: dict[str, list[str]]) -> list[Kind]:
    """The wanted kinds of a release's source tree, in the order of pins.yaml.

    Raises ImportsError for a kind that the release does not have.
    """
    resources: dict[Key, _Resource] = {}
    for file in sorted((release / OPENAPI).glob("*__v*_openapi.json")):
        resources |= _resources(json.loads(file.read_bytes()))
    enums = read_enums((release / GO_OPENAPI).read_text())
    return [_kind(*key, resources[key], enums) for key in pick("kubernetes", wanted, resources)]


def _resources(openapi: Mapping[str, Any]) -> dict[Key, _Resource]:
    """Every kind that can be created, by apiVersion and kind; each file repeats the types that it refers to."""
    schemas: dict[str, Schema] = openapi.get("components", {}).get("schemas", {})
    definitions = {definition_name(name): schema for name, schema in schemas.items()}
    by_kind = {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, schema in definitions.items()
        for gvk in schema.get("x-kubernetes-group-version-kind", ())
    }
    found: dict[Key, _Resource] = {}
    for path, operations in openapi.get("paths", {}).items():
        gvk = operations.get("post", {}).get("x-kubernetes-group-version-kind")
        collection = _COLLECTION.fullmatch(path)
        if gvk and collection:
            group, version, kind = gvk["group"], gvk["version"], gvk["kind"]
            found[f"{group}/{version}" if group else version, kind] = _Resource(
                plural=collection["plural"],
                namespaced=bool(collection["namespaced"]),
                definition=by_kind[group, version, kind],
                definitions=definitions,
            )
    return found


Enums = Mapping[str, Mapping[str, Schema]]  # type -> property -> the keywords to add


def read_enums(go: str) -> Enums:
    """The enums of the core types. The OpenAPI files have none; the Go file that they are made from has them."""
    found: dict[str, dict[str, Schema]] = {}
    name, field, in_items = "", "", False
    for line in go.splitlines():
        if match := re.match(r"func schema_\w+?_(\w+)_(v\d\w*?)_(\w+)\(", line):
            name = f"{match[1].rsplit('_', 1)[-1]}.{match[2]}.{match[3]}"
        elif match := re.match(r'\t{5}"([\w$-]+)": \{', line):
            field, in_items = match[1], False
        elif re.match(r"\t+Items: ", line):
            in_items = True
        elif match := re.search(r"Enum: +\[\]interface\{\}(\{.*\})", line):
            enum: Schema = {"enum": json.loads(f"[{match[1][1:-1]}]")}
            found.setdefault(name, {})[field] = {"items": enum} if in_items else enum
    return found


def _kind(api_version: str, name: str, resource: _Resource, enums: Enums) -> Kind:
    schema = _definition(resource.definition, resource.definitions, enums)
    closed = close_object(api_version, name, _require_spec(schema, resource, enums))
    group, _, version = api_version.rpartition("/")
    return Kind(
        group=group,
        version=version,
        name=name,
        plural=resource.plural,
        namespaced=resource.namespaced,
        schema=closed,
        definitions=dict(sorted(_referred(closed, resource, enums))),
    )


def _definition(name: str, definitions: Mapping[str, Schema], enums: Enums) -> Schema:
    """One type, strict, with its enums, without the status that only a controller writes."""
    if name == "meta.v1.ObjectMeta":
        return EMBEDDED_OBJECT_META
    schema = convert(definitions[name], structural=False)
    properties: dict[str, Schema] = schema.get("properties", {})
    if "x-kubernetes-group-version-kind" in definitions[name]:
        properties.pop("status", None)
    for field, keywords in enums.get(name, {}).items():
        if field in properties:
            _add_enum(properties[field], keywords)
    return schema


def _add_enum(schema: Schema, keywords: Schema) -> None:
    if "items" in keywords:
        _add_enum(schema["items"], keywords["items"])
    else:
        schema |= keywords


def _require_spec(schema: Schema, resource: _Resource, enums: Enums) -> Schema:
    """Without its spec, an object has none of the fields that the spec requires: then it requires its spec."""
    reference: str = schema["properties"].get("spec", {}).get("$ref", "")
    if not reference:
        return schema
    spec = _definition(definition_name(reference.replace("#/$defs/", "")), resource.definitions, enums)
    return {**schema, "required": [*schema.get("required", ()), "spec"]} if "required" in spec else schema


def _referred(schema: Schema, resource: _Resource, enums: Enums) -> Iterator[tuple[str, Schema]]:
    """Every definition that a schema refers to, directly or through others."""
    seen: set[str] = set()
    todo = references(schema)
    while todo:
        name = todo.pop()
        seen.add(name)
        definition = _definition(name, resource.definitions, enums)
        todo |= references(definition) - seen
        yield name, definition


def references(schema: Schema) -> set[str]:
    """The names behind `$ref`; JSONSchemaProps has a property of that name, whose value is a schema."""
    return set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(schema)))
