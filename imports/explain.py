"""What a JSON Schema finds wrong, said to the person who wrote it: path, what is allowed, the nearest spelling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from jsonschema_rs import Draft7Validator, ValidationError
from jsonschema_rs import ValidationErrorKind as Wrong

from .manifest import is_json
from .spelling import nearest

# resource.Quantity in the schemas (imports/generator writes this one pattern for all of them)
QUANTITY = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"

_TYPES = {
    "str": "text",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "NoneType": "nothing",
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def explain(body: Mapping[str, object], validator: Draft7Validator, schema: Mapping[str, object]) -> list[str]:
    """One line per mistake of `body`: `spec.ports[0]: unknown field 'prot' (did you mean 'port'?)`."""
    if foreign := list(_foreign(body, ())):
        return foreign  # the validator reads JSON only
    return [f"{_path(error.instance_path)}: {_say(error, schema)}" for error in validator.iter_errors(body)]


def _foreign(value: object, path: tuple[str | int, ...]) -> Iterator[str]:
    """One line per value that JSON has no word for: a set, a date, not-a-number, a number as a key."""
    if type(value) is dict:
        for key, child in cast("dict[object, object]", value).items():
            if type(key) is str:
                yield from _foreign(child, (*path, key))
            else:
                yield f"{_path(path)}: the key {key!r} is {_type(key)}, must be text"
    elif type(value) in (list, tuple):
        for position, child in enumerate(cast("Sequence[object]", value)):
            yield from _foreign(child, (*path, position))
    elif not is_json(value):
        said = f"{value} is no number" if type(value) is float else f"Unsupported type: {type(value).__name__!r}"
        yield f"{_path(path)}: {said}: write text, numbers, booleans, lists and mappings only"


def _type(value: object) -> str:
    name = type(value).__name__
    return _TYPES.get(name, name)


def _path(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".") or "(top)"


def _say(error: ValidationError, schema: Mapping[str, object]) -> str:
    match error.kind:
        case Wrong.AdditionalProperties(unexpected=unexpected):
            known = _mapping(_at(schema, [*error.schema_path[:-1], "properties"]))
            return "; ".join(f"unknown field {name!r}{nearest(name, known)}" for name in unexpected)
        case Wrong.Enum(options=options):
            allowed = ", ".join(map(repr, options))
            return f"{error.instance!r} is not one of {allowed}{nearest(error.instance, options)}"
        case Wrong.Required(property=name):
            return f"required field {name!r} is missing"
        case Wrong.Type(types=types):
            wanted = " or ".join(_TYPES.get(name, name) for name in types)
            return f"{error.instance!r} is {_type(error.instance)}, must be {wanted}"
        case Wrong.Pattern(pattern=pattern) if pattern == QUANTITY:
            return f"{error.instance!r} is not a Kubernetes quantity: write 250m, 2 or 512Mi"
        case Wrong.Pattern(pattern=pattern):
            return f"{error.instance!r} does not match {pattern}"
        case Wrong.OneOfNotValid() | Wrong.OneOfMultipleValid() | Wrong.AnyOf():
            return _alternatives(error, schema) or error.message
        case _:
            return error.message


def _alternatives(error: ValidationError, schema: Mapping[str, object]) -> str | None:
    """`set exactly one of consistentHash, simple (here: none)` where the branches differ by what they require."""
    branches = [_list(_mapping(branch).get("required")) for branch in _list(_at(schema, error.schema_path))]
    fields = sorted({str(name) for branch in branches for name in branch})
    if not fields:
        return None
    here = [name for name in fields if name in _mapping(error.instance)]
    count = "at least one" if isinstance(error.kind, Wrong.AnyOf) else "exactly one"
    return f"set {count} of {', '.join(fields)} (here: {', '.join(here) or 'none'})"


def _at(schema: object, path: Sequence[str | int]) -> object:
    """What stands at `path` of a JSON document, None where nothing does."""
    for step in path:
        schema = _list(schema)[step] if isinstance(step, int) else _mapping(schema).get(step)
    return schema


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, list) else ()
