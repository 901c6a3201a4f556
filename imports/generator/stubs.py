"""JSON Schemas become TypedDicts: what editors complete and type checkers hold the manifests against."""

from __future__ import annotations

import itertools
import json
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .schema import QUANTITY_PATTERN, Schema

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_MOST_LITERALS = 40  # a longer enum is of no help in an editor
_MANY_FIELDS = 5
_MOST_LETTERS = 60
_LINE = 120


def no_references(name: str) -> str:
    """CRDs are self-contained."""
    raise AssertionError(f"unexpected reference to {name}")


def no_shared_types(field_name: str, schema: Schema) -> str | None:
    """The core module has no other module to take types from."""
    del field_name, schema
    return None


Path = tuple[str, ...]  # of the fields down to a type: ("Cluster", "Spec", "Backup")


@dataclass
class TypedDicts:
    """The TypedDicts of one stub module, made on the way as `type_of` meets objects.

    `taken` are names that the module uses otherwise (its kinds). `referred` names the type behind a `$ref`. `shared`
    finds a type of the core that an object with this field name and schema can be typed by.
    """

    taken: set[str]
    referred: Callable[[str], str] = no_references
    shared: Callable[[str, Schema], str | None] = no_shared_types
    texts: dict[str, str] = field(default_factory=dict[str, str])
    _by_shape: dict[str, str] = field(default_factory=dict[str, str])

    def type_of(self, schema: Schema, path: Path, field_name: str = "") -> str:
        """The type expression of a schema; `path` names the TypedDict that is made where it is an object."""
        if "$ref" in schema:
            return self.referred(schema["$ref"].removeprefix("#/$defs/"))
        if schema.get("pattern") == QUANTITY_PATTERN:
            return "Quantity"
        kinds: str | list[str] = schema.get("type", "")
        if isinstance(kinds, list):
            parts = [self.type_of({**schema, "type": kind}, path, field_name) for kind in kinds if kind != "null"]
            return " | ".join([*parts, *(["None"] if "null" in kinds else [])])
        if literal := _literal(schema):
            return literal
        if schema.get("properties"):
            return self._object(schema, path, field_name)
        if "items" in schema:
            return f"Sequence[{self.type_of(schema['items'], _item(path), field_name)}]"
        if schema.get("additionalProperties"):
            return f"Mapping[str, {self.type_of(schema['additionalProperties'], _item(path))}]"
        if kinds == "array":
            return "Sequence[Any]"
        return "Mapping[str, Any]" if kinds == "object" else _SCALARS.get(kinds, "Any")

    def define(self, schema: Schema, name: str, path: Path | None = None) -> None:
        """Write the TypedDict of an object under exactly this name; the types of its fields are named from `path`."""
        self.taken.add(name)
        self.texts[name] = ""  # types stand in the order in which they are met
        required = set(schema.get("required", ()))
        fields: dict[str, str] = {}
        for key, child in schema["properties"].items():
            type_ = self.type_of(child, (*(path or (name,)), capitalised(key)), key)
            fields[key] = f"Required[{type_}]" if key in required else type_
        self.texts[name] = _typed_dict(name, fields)

    def _object(self, schema: Schema, path: Path, field_name: str) -> str:
        if shared := self.shared(field_name, schema):
            return shared
        shape = json.dumps(_shape(schema), sort_keys=True)
        if len(schema["properties"]) < _MANY_FIELDS:
            shape += path[-1]  # {name: ...} is a secret here and a cluster there: no name would fit both
        if shape not in self._by_shape:
            self._by_shape[shape] = next(name for name in _names(path) if name not in self.taken)
            self.define(schema, self._by_shape[shape], path)
        return self._by_shape[shape]


def _names(path: Path) -> Iterator[str]:
    """`ClusterBackup` for Cluster.spec.backup, then longer names and numbers, until one is free.

    A long path keeps the kind and as many of the last fields as stay readable.
    """
    kind, *fields = path
    inner = [name for position, name in enumerate(fields) if name != "Spec" or position == len(fields) - 1]
    while len(inner) > 1 and len(kind + "".join(inner)) > _MOST_LETTERS:
        inner.pop(0)
    short = kind + "".join(inner)
    yield short
    if len("".join(path)) <= _MOST_LETTERS:
        yield "".join(path)
    yield from (f"{short}{number}" for number in itertools.count(2))


def _item(path: Path) -> Path:
    """The path of the items of a list: `tolerations` is a list of Toleration."""
    return (*path[:-1], singular(path[-1]))


class SharedTypes:
    """The core types by the fields that have them: CRDs embed them under the same names (tolerations, affinity)."""

    def __init__(self, definitions: Mapping[str, Schema], python_names: Mapping[str, str]) -> None:
        """`python_names` are those of the definitions in the core's stubs."""
        self._definitions = definitions
        self._python_names = python_names
        self._by_field: dict[str, list[str]] = {}
        for definition in definitions.values():
            for name, child in definition.get("properties", {}).items():
                self._add(name, child.get("items", child).get("$ref", "").removeprefix("#/$defs/"))
        for candidates in self._by_field.values():
            candidates.sort(key=lambda name: (len(definitions[name]["properties"]), name))

    def _add(self, field_name: str, definition: str) -> None:
        candidates = self._by_field.setdefault(field_name, [])
        is_object = "properties" in self._definitions.get(definition, {})
        if is_object and definition not in candidates and definition != "meta.v1.ObjectMeta":
            candidates.append(definition)

    def __call__(self, field_name: str, schema: Schema) -> str | None:
        """The smallest core type of that field name that takes all that the schema takes; None where there is none."""
        for name in self._by_field.get(field_name, ()):
            fields = self._definitions[name]["properties"]
            if len(schema["properties"]) * 3 > len(fields) and self._takes({"$ref": f"#/$defs/{name}"}, schema):
                return f"k8s.{self._python_names[name]}"
        return None

    def _takes(self, core: Schema, schema: Schema) -> bool:
        """Whether the type of `core` has room for every value of `schema`: no right manifest is called wrong."""
        if "$ref" in core:
            core = self._definitions[core["$ref"].removeprefix("#/$defs/")]
        if not schema.keys() & {"type", "properties", "items", "additionalProperties"}:
            return True  # a CRD that says nothing of a core field means the core's (volumes in a Rollout)
        if _scalar(core) or _scalar(schema):
            # An operator that lists no choices means the core's; one that lists others needs a type of its own.
            choices: list[Any] = schema.get("enum", [])
            return _scalar(core) == _scalar(schema) and all(one in core.get("enum", choices) for one in choices)
        if "properties" in schema:
            fields: Mapping[str, Schema] = core.get("properties", {})
            return set(core.get("required", ())) <= set(schema.get("required", ())) and all(
                name in fields and self._takes(fields[name], child) for name, child in schema["properties"].items()
            )
        if "items" in schema or isinstance(schema.get("additionalProperties"), dict):
            inner = "items" if "items" in schema else "additionalProperties"
            return isinstance(core.get(inner), dict) and self._takes(core[inner], schema[inner])
        return core.get("type") == schema.get("type")


def _scalar(schema: Schema) -> object:
    """What kind of plain value a schema takes, None for lists and mappings."""
    if schema.get("pattern") == QUANTITY_PATTERN:
        return "quantity"
    kind: object = schema.get("type")
    return None if kind in ("object", "array", None) else kind


def _literal(schema: Schema) -> str | None:
    values: list[Any] = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if values and len(values) <= _MOST_LITERALS and all(isinstance(value, str) for value in values):
        return f"Literal[{', '.join(json.dumps(value) for value in values)}]"
    return None


def _typed_dict(name: str, fields: Mapping[str, str]) -> str:
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
        lines = [f"class {name}(TypedDict, total=False):", *(wrap(f"    {key}: {fields[key]}") for key in fields)]
    else:
        entries = (wrap(f"        {json.dumps(key)}: {fields[key]}", end=",") for key in fields)
        lines = [f"{name} = TypedDict(", f'    "{name}",', "    {", *entries, "    },", "    total=False,", ")"]
    return "\n".join(lines) + "\n"


def wrap(line: str, end: str = "") -> str:
    """A line that is too long is broken inside its outermost brackets."""
    if len(line + end) <= _LINE:
        return line + end
    head, inner, tail = _outermost(line)
    indent = " " * (len(line) - len(line.lstrip()))
    comma = "," if len(inner) > 1 else ""
    parts = (wrap(f"{indent}    {part}", comma) for part in inner)
    return "\n".join([head, *parts, f"{indent}{tail}{end}"])


def _outermost(line: str) -> tuple[str, list[str], str]:
    """The line up to its first opening bracket, what stands between commas inside, and the line from its closing one.

    Commas and brackets in quotes or in brackets further inside are nobody's but theirs.
    """
    head, tail, parts, depth = "", "", [""], 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|.', line):
        depth -= token == "]"
        if depth == 0 and (tail or token == "]"):
            tail += token
        elif depth == 0:
            head += token
        elif depth == 1 and token == ",":
            parts.append("")
        else:
            parts[-1] += token
        depth += token == "["
    return head, [part.strip() for part in parts], tail


def _shape(schema: Schema) -> object:
    """Names and types only: patterns and limits do not change the Python type."""
    if schema.get("pattern") == QUANTITY_PATTERN:
        return "quantity"
    shape: dict[str, object] = {key: schema[key] for key in ("type", "enum", "$ref", "const") if key in schema}
    if schema.get("properties"):
        shape["properties"] = {name: _shape(child) for name, child in schema["properties"].items()}
        shape["required"] = schema.get("required", [])
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            shape[key] = _shape(schema[key])
    return shape


def python_names(definitions: Mapping[str, Schema], kinds: Iterable[str]) -> dict[str, str]:
    """What the core definitions are called: by their last part, with the group where two groups have the same.

    The name of a kind is its class; where a definition has it too (the claims in a StatefulSet), it is `Embedded...`.
    """
    classes = set(kinds) | {"ObjectMeta"}
    last = [name.rsplit(".", 1)[1] for name in definitions]
    names: dict[str, str] = {}
    for definition in definitions:
        group, _, name = definition.split(".")
        if name in classes:
            names[definition] = f"Embedded{name}"
        elif last.count(name) > 1 and group != "core":
            names[definition] = f"{group.capitalize()}{name}"
        else:
            names[definition] = name
    return names


def capitalised(name: str) -> str:
    """`matchLabels` -> `MatchLabels`, for the name of a type."""
    return re.sub(r"[^0-9A-Za-z]", "", name[:1].upper() + name[1:])


def singular(name: str) -> str:
    """`ClusterTolerations` -> `ClusterToleration`, for the name of the type of an item."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith(("ches", "shes", "sses", "xes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
