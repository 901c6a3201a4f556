"""One OpenAPI v3 schema, as Kubernetes and its CRDs write them, becomes one strict JSON Schema (draft 7).

Strict means: what the API server would prune, refuse or read differently is refused here. Rules by CEL
(`x-kubernetes-validations`) have no counterpart in JSON Schema; only the real API server judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import ImportsError

Schema = dict[str, Any]

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ : the pattern that CRDs carry lets
# "100mm" and "1e1.5" pass, which the API server's parser refuses, and the core's OpenAPI accepts any string.
QUANTITY_PATTERN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
QUANTITY: Schema = {"type": ["string", "number"], "pattern": QUANTITY_PATTERN}
INT_OR_STRING: Schema = {"type": ["integer", "string"]}

# encoding/json of []byte: padded standard base64
BASE64_PATTERN = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_LABEL_VALUE = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
_LABEL_KEY = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
_DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"

# What a manifest may set of ObjectMeta; the rest belongs to the API server, and GitOps has no use for generateName.
EMBEDDED_OBJECT_META: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "labels": {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": 63, "pattern": _LABEL_VALUE},
            "propertyNames": {"pattern": _LABEL_KEY},
        },
        "name": {"type": "string", "minLength": 1, "maxLength": 253},
        "namespace": {"type": "string", "maxLength": 63, "pattern": _DNS_LABEL},
    },
}
OBJECT_META: Schema = {**EMBEDDED_OBJECT_META, "required": ["name"]}

# Keywords that mean the same in both languages. `default`, `description` and `example` say nothing about validity.
_KEYWORDS = (
    "type",
    "enum",
    "format",
    "pattern",
    "required",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)

_FORMATS = ("date-time", "ipv4", "ipv6")

# References to these types are replaced by what they accept.
_SCALARS = {"api.resource.Quantity": QUANTITY, "util.intstr.IntOrString": INT_OR_STRING}


@dataclass(frozen=True)
class Kind:
    """One kind in one version: its strict schema and what else the classes need to know."""

    group: str  # "" for the core group
    version: str
    name: str
    plural: str
    namespaced: bool
    schema: Schema
    definitions: Mapping[str, Schema] = field(default_factory=dict[str, Schema])

    @property
    def api_version(self) -> str:
        """`apps/v1`, and `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def file(self) -> str:
        """Where kubeconform looks: it calls the core group by its version, `v1/service_v1.json`."""
        return f"{self.group or self.version}/{self.name.lower()}_{self.version}.json"

    def document(self) -> Schema:
        """The JSON Schema of the whole object, self-contained."""
        definitions = {"$defs": dict(self.definitions)} if self.definitions else {}
        return {"$schema": "http://json-schema.org/draft-07/schema#", **self.schema, **definitions}


def convert(source: Mapping[str, Any], *, structural: bool, closed: bool = True) -> Schema:
    """The strict JSON Schema of an OpenAPI schema.

    `structural` is for CRDs: the API server fills in their defaults before it validates, and prunes an object of which
    nothing is said; the core's OpenAPI states Go's zero values as defaults, and leaves an object open in that way.
    `closed=False` is for the branches of oneOf, anyOf, allOf and not, which only add conditions.
    Raises ImportsError for a regular expression that the readers of the schemas would not understand.
    """
    if "$ref" in source:
        return _reference(source["$ref"])
    if _wraps_reference(source):  # core: a $ref with a default or a description beside it
        return _reference(source["allOf"][0]["$ref"])
    if source.get("x-kubernetes-int-or-string"):
        return _nullable(_int_or_string(source), source)
    schema: Schema = {keyword: source[keyword] for keyword in _KEYWORDS if keyword in source}
    _number_limits(schema)
    _formats_and_patterns(schema)
    if "required" in schema and structural:
        _required_without_defaults(schema, source.get("properties", {}))
    _children(schema, source, structural=structural, closed=closed)
    if closed and _prunes_unknown_fields(source, structural=structural):
        schema["additionalProperties"] = False
    return _nullable(schema, source)


def close_object(api_version: str, kind: str, schema: Schema) -> Schema:
    """The schema of a whole object: its apiVersion, kind and metadata are given, its status is the controller's."""
    properties = {
        **{name: value for name, value in schema.get("properties", {}).items() if name != "status"},
        "apiVersion": {"const": api_version},
        "kind": {"const": kind},
        "metadata": OBJECT_META,
    }
    required = {"apiVersion", "kind", "metadata", *schema.get("required", ())} - {"status"}
    return {**schema, "properties": properties, "required": sorted(required)}


def definition_name(reference: str) -> str:
    """`#/components/schemas/io.k8s.api.core.v1.PodSpec` -> `core.v1.PodSpec`."""
    return ".".join(reference.rsplit("/", 1)[-1].split(".")[-3:])


def _reference(reference: str) -> Schema:
    name = definition_name(reference)
    return _SCALARS.get(name) or {"$ref": f"#/$defs/{name}"}


def _wraps_reference(source: Mapping[str, Any]) -> bool:
    parts = source.get("allOf", ())
    return len(parts) == 1 and "$ref" in parts[0]


def _int_or_string(source: Mapping[str, Any]) -> Schema:
    """The branches beside the mark (integer, string) say nothing new; the pattern of a Quantity is made exact."""
    pattern = source.get("pattern", "")
    if "numkMGTPE" in pattern:
        return {**INT_OR_STRING, "pattern": QUANTITY_PATTERN}
    return {**INT_OR_STRING, **({"pattern": portable(pattern)} if pattern else {})}


def _nullable(schema: Schema, source: Mapping[str, Any]) -> Schema:
    if not source.get("nullable") or "type" not in schema:
        return schema
    types: str | list[str] = schema["type"]
    return {**schema, "type": [*([types] if isinstance(types, str) else types), "null"]}


def _number_limits(schema: Schema) -> None:
    """`exclusiveMinimum: true` beside `minimum` (OpenAPI 3.0) is `exclusiveMinimum: <number>` (JSON Schema)."""
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive):
            schema[exclusive] = schema.pop(limit)


def _formats_and_patterns(schema: Schema) -> None:
    """`byte` becomes a pattern; of the others, those that JSON Schema has too are kept (not int32, int64, double)."""
    if schema.get("format") == "byte":
        schema.setdefault("pattern", BASE64_PATTERN)
    if schema.get("format") not in _FORMATS:
        schema.pop("format", None)
    if "pattern" in schema:
        schema["pattern"] = portable(schema["pattern"])


def _required_without_defaults(schema: Schema, properties: Mapping[str, Schema]) -> None:
    """A required field with a default may be left out, and none is left where all have one."""
    schema["required"] = sorted(name for name in schema["required"] if "default" not in properties.get(name, {}))
    if not schema["required"]:
        del schema["required"]


def _children(schema: Schema, source: Mapping[str, Any], *, structural: bool, closed: bool) -> None:
    """Convert what is nested. The keys of `properties` are data: a property may be called description or default.

    They are sorted, as in most sources, so that the stubs can be made again from the schemas that are committed.
    """

    def nested(child: Mapping[str, Any], closed: bool = closed) -> Schema:
        return convert(child, structural=structural, closed=closed)

    if "properties" in source:
        schema["properties"] = {name: nested(child) for name, child in sorted(source["properties"].items())}
    for keyword in ("items", "additionalProperties"):
        if isinstance(source.get(keyword), dict):
            schema[keyword] = nested(source[keyword])
    for keyword in ("oneOf", "anyOf", "allOf"):
        if keyword in source:
            schema[keyword] = [nested(branch, closed=False) for branch in source[keyword]]
    if "not" in source:
        schema["not"] = nested(source["not"], closed=False)


def _prunes_unknown_fields(source: Mapping[str, Any], *, structural: bool) -> bool:
    """Whether the API server drops the fields that the schema does not name."""
    if source.get("x-kubernetes-preserve-unknown-fields") or source.get("x-kubernetes-embedded-resource"):
        return False
    known = "properties" in source or structural
    return source.get("type") == "object" and known and source.get("additionalProperties", False) is False


def portable(pattern: str) -> str:
    r"""Go's `(?i)` holds to the end of its group; no other reader knows it there, so letters become classes (`[aA]`).

    Raises ImportsError where more than plain letters would have to be folded (a character class, `\x41`, `(?P<name>`):
    no CRD does that yet.
    """
    if "(?i)" not in pattern:
        return pattern
    folded: list[str] = []
    folding = [False]  # one entry per open group
    for token in re.findall(r"\(\?i\)|\(\?.|\\.|\[[^]]*]|.", pattern, re.DOTALL):
        if token == "(?i)":
            folding[-1] = True
            continue
        if token.startswith("("):
            folding.append(folding[-1])
        elif token == ")":
            folding.pop()
        if folding[-1] and re.fullmatch(r"\[.*[A-Za-z].*]|\\[pPux]|\(\?[^:]", token, re.DOTALL):
            raise ImportsError(f"cannot rewrite (?i) for {token} of the pattern {pattern}")
        folded.append(f"[{token.lower()}{token.upper()}]" if folding[-1] and token.isalpha() else token)
    return "".join(folded)
