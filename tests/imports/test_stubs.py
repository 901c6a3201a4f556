"""JSON Schemas become types that an editor can complete: how they are named, shared, and what they say."""

from __future__ import annotations

import ast

import pytest

from imports.generator.schema import INT_OR_STRING, QUANTITY, Schema
from imports.generator.stubs import SharedTypes, TypedDicts, python_names, singular, wrap

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}


def thing(*required: str, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def type_of(schema: Schema) -> str:
    return TypedDicts(taken=set()).type_of(schema, ("Cluster", "Spec"))


def types(schema: Schema, *taken: str, path: tuple[str, ...] = ("Cluster", "Spec")) -> dict[str, str]:
    """The TypedDicts of a schema by their names."""
    dicts = TypedDicts(taken=set(taken))
    dicts.type_of(schema, path)
    return dicts.texts


EXPRESSIONS: dict[str, tuple[Schema, str]] = {
    "text": (TEXT, "str"),
    "whole number": (NUMBER, "int"),
    "number": ({"type": "number"}, "float"),
    "boolean": ({"type": "boolean"}, "bool"),
    "quantity of the core": (QUANTITY, "Quantity"),
    "quantity of a CRD": ({**INT_OR_STRING, "pattern": QUANTITY["pattern"]}, "Quantity"),
    "int-or-string": (INT_OR_STRING, "int | str"),
    "or nothing": ({"type": ["integer", "null"]}, "int | None"),
    "choices": ({**TEXT, "enum": ["a", 'b"c']}, r'Literal["a", "b\"c"]'),
    "choices that are no text": ({**NUMBER, "enum": [1, 2]}, "int"),
    "more choices than an editor can show": ({**TEXT, "enum": [str(number) for number in range(41)]}, "str"),
    "list": ({"type": "array", "items": TEXT}, "Sequence[str]"),
    "list of lists": ({"type": "array", "items": {"type": "array", "items": NUMBER}}, "Sequence[Sequence[int]]"),
    "list of anything": ({"type": "array"}, "Sequence[Any]"),
    "mapping": ({"type": "object", "additionalProperties": TEXT}, "Mapping[str, str]"),
    "mapping of anything": ({"type": "object"}, "Mapping[str, Any]"),
    "anything": ({}, "Any"),
    "object": (thing(a=TEXT), "ClusterSpec"),
    "list of objects": ({"type": "array", "items": thing(a=TEXT)}, "Sequence[ClusterSpec]"),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_type_is_as_narrow_as_its_schema(name: str) -> None:
    schema, expression = EXPRESSIONS[name]
    assert type_of(schema) == expression


def test_a_reference_is_never_met_in_a_crd() -> None:
    with pytest.raises(AssertionError, match=r"core\.v1\.Pod"):
        type_of({"$ref": "#/$defs/core.v1.Pod"})


def test_a_type_is_named_by_its_path_without_the_spec_inside() -> None:
    inner = thing(initdb=thing(database=TEXT))
    assert list(types(thing(bootstrap=inner))) == ["ClusterSpec", "ClusterBootstrap", "ClusterBootstrapInitdb"]


def test_an_item_is_named_in_the_singular() -> None:
    schema = thing(
        volumes={"type": "array", "items": thing(a=TEXT)}, policies={"type": "array", "items": thing(b=TEXT)}
    )
    assert list(types(schema)) == ["ClusterSpec", "ClusterVolume", "ClusterPolicy"]


def test_a_name_that_is_taken_gets_longer_and_then_a_number() -> None:
    schema = thing(backup=thing(a=TEXT))
    assert list(types(schema, "ClusterBackup")) == ["ClusterSpec", "ClusterSpecBackup"]
    assert list(types(schema, "ClusterBackup", "ClusterSpecBackup")) == ["ClusterSpec", "ClusterBackup2"]


def test_a_long_path_keeps_the_kind_and_its_last_fields() -> None:
    path = ("Cluster", "Spec", *("Intermediate",) * 6, "Wanted", "Name")
    (name,) = types(thing(a=TEXT), path=path)
    assert (name.startswith("Cluster"), name.endswith("WantedName"), len(name) <= 60) == (True, True, True)


def test_large_objects_of_one_shape_are_one_type() -> None:
    large = thing(**dict.fromkeys("abcde", TEXT))
    assert list(types(thing(one=large, other=large))) == ["ClusterSpec", "ClusterOne"]
    assert list(types(thing(one=large, other={**large, "required": ["a"]}))) == [
        "ClusterSpec",
        "ClusterOne",
        "ClusterOther",
    ]


def test_small_objects_of_one_shape_are_one_type_under_one_name_only() -> None:
    """`{name: ...}` is a secret here and a cluster there."""
    small = thing(name=TEXT)
    assert len(types(thing(secret=small, cluster=small))) == 3
    assert len(types(thing(a=thing(secret=small), b=thing(secret=small, other=NUMBER)))) == 4


def test_required_fields_are_marked() -> None:
    assert types(thing("a", a=TEXT, b=NUMBER))["ClusterSpec"] == (
        "class ClusterSpec(TypedDict, total=False):\n    a: Required[str]\n    b: int\n"
    )


@pytest.mark.parametrize("key", ["from", "import", "$schema", "x-y", "a.b", "1st"])
def test_a_field_that_python_could_not_name_is_a_key_of_a_mapping(key: str) -> None:
    text = types(thing(**{key: TEXT}))["ClusterSpec"]
    assert text.startswith('ClusterSpec = TypedDict(\n    "ClusterSpec",\n    {\n')
    assert f'"{key}": str,' in text
    ast.parse(text)


def shared(**definitions: Schema) -> SharedTypes:
    """Core types by their last names, as a Pod has them."""
    every = {f"core.v1.{name}": schema for name, schema in definitions.items()}
    return SharedTypes(every, python_names(every, ()))


def reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/core.v1.{name}"}


TOLERATION = thing(effect={**TEXT, "enum": ["NoSchedule", "NoExecute"]}, key=TEXT, seconds=NUMBER)
POD = thing(tolerations={"type": "array", "items": reference("Toleration")}, affinity=reference("Affinity"))
AFFINITY = thing(
    node=thing(terms={"type": "array", "items": reference("Toleration")}),
    keys={"type": "object", "additionalProperties": TEXT},
)
SHARED = shared(Pod=POD, Toleration=TOLERATION, Affinity=AFFINITY)
SHARES: dict[str, tuple[str, Schema, bool]] = {
    "the same": ("tolerations", TOLERATION, True),
    "part of it": ("tolerations", thing(effect=TEXT, key=TEXT), True),
    "choices of the core": ("tolerations", thing(effect={**TEXT, "enum": ["NoExecute"]}, key=TEXT), True),
    "choices of its own": ("tolerations", thing(effect={**TEXT, "enum": ["NoSchedule", "Never"]}, key=TEXT), False),
    "another field": ("tolerations", thing(effect=TEXT, key=TEXT, more=TEXT), False),
    "another type": ("tolerations", thing(effect=TEXT, key=NUMBER), False),
    "another name": ("exceptions", TOLERATION, False),
    "too little of it": ("tolerations", thing(key=TEXT), False),
    "nested": ("affinity", thing(node=thing(terms={"type": "array", "items": TOLERATION})), True),
    "nested otherwise": ("affinity", thing(node=thing(terms={"type": "array", "items": TEXT})), False),
    "a mapping": ("affinity", thing(keys={"type": "object", "additionalProperties": TEXT}), True),
    "a mapping of others": ("affinity", thing(keys={"type": "object", "additionalProperties": NUMBER}), False),
    "of which the CRD says nothing": ("affinity", thing(node={}, keys={}), True),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARES)
def test_an_operator_takes_the_core_s_type_where_it_has_room_for_all_that_the_operator_takes(name: str) -> None:
    field, schema, shares = SHARES[name]
    core = {"tolerations": "k8s.Toleration", "affinity": "k8s.Affinity"}
    assert SHARED(field, schema) == (core[field] if shares else None)


def test_a_core_type_that_requires_more_is_not_taken() -> None:
    core = shared(Pod=thing(tolerations=reference("Toleration")), Toleration=thing("key", key=TEXT))
    assert core("tolerations", thing(key=TEXT)) is None
    assert core("tolerations", thing("key", key=TEXT)) == "k8s.Toleration"


def test_core_types_are_named_apart_from_kinds_and_from_other_groups() -> None:
    names = "core.v1.PersistentVolumeClaim core.v1.Event events.v1.Event core.v1.Volume meta.v1.ObjectMeta"
    definitions: dict[str, Schema] = {name: {} for name in names.split()}
    assert list(python_names(definitions, ["PersistentVolumeClaim"]).values()) == [
        "EmbeddedPersistentVolumeClaim", "Event", "EventsEvent", "Volume", "EmbeddedObjectMeta",
    ]  # fmt: skip


SINGULARS = {
    "Tolerations": "Toleration", "Policies": "Policy", "Matches": "Match", "Prefixes": "Prefix", "Classes": "Class",
    "Ingress": "Ingress", "Databases": "Database", "Data": "Data",
}  # fmt: skip


@pytest.mark.parametrize("plural", SINGULARS)
def test_the_singular_of_a_field_is_english(plural: str) -> None:
    assert singular(plural) == SINGULARS[plural]


CHOICES = ", ".join(f'"a, choice number {number}"' for number in range(8))


@pytest.mark.parametrize(
    "line",
    [
        f"    field: Literal[{CHOICES}]",
        f"    field: Required[Literal[{CHOICES}]]",
        f"    field: Sequence[Literal[{CHOICES}]]",
        f"    field: Mapping[str, Literal[{CHOICES}]]",
        f"    field: Literal[{CHOICES}] | None",
    ],
)
def test_a_line_that_is_too_long_is_broken_and_says_the_same(line: str) -> None:
    text = wrap(line)
    assert max(map(len, text.splitlines())) <= 120
    assert ast.unparse(ast.parse(text.strip())) == ast.unparse(ast.parse(line.strip()))
