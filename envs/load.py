"""envs/*.yaml -> Environments, or every mistake in them, each with file, line, field and what is allowed."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from imports.spelling import nearest

from .read import read
from .schema import Environment, Images, InputError, Mistake, Model, Source, Where

FOLDER = Path(__file__).parent
NAMES = ("dev", "staging", "production")  # in the order of promotion (spec §6.1)

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # a DNS label: it is part of the names of other things
_RESERVED = {"images", "pins"}  # images.yaml is for all environments; a pins.yaml belongs to imports/
_TYPES = {
    "string_type": "text", "int_type": "an integer", "bool_type": "true or false", "tuple_type": "a list",
    "dict_type": "a mapping", "model_type": "a mapping",
}  # fmt: skip

_Model = TypeVar("_Model", bound=Model)


def load(folder: Path = FOLDER) -> list[Environment]:
    """The environments of `folder`, in the order of promotion; others, by name, after them.

    Raises InputError with the mistakes of all files at once.
    """
    mistakes, meant = _misnamed(folder)
    images = _collect(mistakes, folder, "images", Images) if "images" not in meant else None
    found = {path.stem for path in folder.glob("*.yaml") if _NAME.fullmatch(path.stem)} - _RESERVED
    names = [name for name in (*NAMES, *sorted(found - set(NAMES))) if name not in meant or name in found]
    parsed = {name: entry for name in names if (entry := _collect(mistakes, folder, name, Environment))}
    mistakes += _shared_hosts(parsed)
    if mistakes or images is None:
        raise InputError(mistakes)
    images[0].attach(images[1])
    return [model.attach(name, images[0], source) for name, (model, source) in parsed.items()]


def _misnamed(folder: Path) -> tuple[list[Mistake], set[str]]:
    """A mistake for each file that looks like an environment and is none, and the names that are meant."""
    mistakes: list[Mistake] = []
    meant: set[str] = set()
    for path in sorted(folder.iterdir()):
        # Hidden files are editors' own.
        looks = path.suffix.lower() in (".yaml", ".yml") or (not path.suffix and path.is_file())
        if not looks or path.name.startswith(".") or path.name == "images.yaml":
            continue
        name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower())[:63].strip("-") or "demo"
        if path.stem == "pins":
            message = "no name for an environment: versions of CRDs are pinned, in imports/pins.yaml"
        elif not _NAME.fullmatch(path.stem):
            message = (
                f"{path.stem!r} is no name for an environment: write at most 63 lower-case letters, digits and '-', "
                f"as in {name}.yaml"
            )
        elif path.suffix != ".yaml":
            message = f"only .yaml files are read here: rename it to {name}.yaml, or move it elsewhere"
        else:
            continue
        meant.add(name)
        mistakes.append(Mistake(f"envs/{path.name}", 1, "", message))
    return mistakes, meant


def _shared_hosts(parsed: Mapping[str, tuple[Environment, Source]]) -> Iterator[Mistake]:
    """A host leads to one cluster: two environments cannot both answer to it."""
    owners: dict[str, str] = {}
    for name, (env, source) in parsed.items():
        hosts = (env.domain, f"api.{env.domain}")
        if taken := next((host for host in hosts if host in owners), None):
            yield source.mistake(
                ("domain",),
                f"{taken} is that of envs/{owners[taken]}.yaml already: a domain belongs to one environment",
            )
        owners = dict.fromkeys(hosts, name) | owners


def _collect(mistakes: list[Mistake], folder: Path, name: str, model: type[_Model]) -> tuple[_Model, Source] | None:
    try:
        return _parse(folder / f"{name}.yaml", model)
    except InputError as error:
        mistakes += error.mistakes
        return None


def _parse(path: Path, model: type[_Model]) -> tuple[_Model, Source]:
    value, source = read(path, f"envs/{path.name}")
    if not isinstance(value, dict):
        raise InputError([Mistake(source.file, 1, "", "not a mapping: write `field: value` lines")])
    try:
        return model.model_validate(value), source
    except ValidationError as error:
        raise InputError(_mistakes(error.errors(), model, source)) from None


def _mistakes(errors: list[ErrorDetails], model: type[BaseModel], source: Source) -> Iterable[Mistake]:
    """One mistake for each error; a field that is only misspelt is not missing too."""
    found = [(error, _mistake(error, model, source)) for error in errors]
    meant = " ".join(mistake.message for error, mistake in found if error["type"] == "extra_forbidden")
    for error, mistake in found:
        if error["type"] != "missing" or f"did you mean {error['loc'][-1]!r}" not in meant:
            yield mistake


def _mistake(error: ErrorDetails, model: type[BaseModel], source: Source) -> Mistake:
    where = error["loc"]
    value, context = error["input"], error.get("ctx", {})
    shown = _shown(value, source.written.get(where))
    match error["type"]:
        case "extra_forbidden":
            return source.mistake(where, f"unknown field{nearest(where[-1], _fields(model, where[:-1]))}")
        case "missing":
            return source.mistake(where, "required field is missing")
        case "literal_error":
            return source.mistake(
                where, f"{shown} is not one of {context['expected']}{_near(value, str(context['expected']))}"
            )
        case "value_error":
            rule = str(context["error"])  # speaks of the value as Python does
            return _of_rule(where, shown + rule[len(repr(value)) :] if rule.startswith(repr(value)) else rule, source)
        case "string_type" if isinstance(value, bool | int | float):
            return source.mistake(where, f"{shown} is not text: put it in quotes if it is meant")
        case "too_short":
            return source.mistake(where, f"{shown} must hold at least {context['min_length']}")
        case "too_long":
            return source.mistake(where, f"{shown} must hold at most {context['max_length']}")
        case wanted if wanted in _TYPES:
            return source.mistake(where, f"{shown} must be {_TYPES[wanted]}")
        case _:
            return source.mistake(where, f"{shown} must {error['msg'].removeprefix('Input should ')}")


def _shown(value: object, written: str | None) -> str:
    """The value as its file has it: text in quotes, what is plain (1.10, true) as it stands there."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, list):
        return f"a list of {len(cast(list[object], value))}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping"
    return written or "an empty value"


def _of_rule(where: Where, message: str, source: Source) -> Mistake:
    """A rule between fields names the field that it blames first, as in `zones: each zone once`."""
    named, colon, rest = message.partition(": ")
    if colon and all(part.isidentifier() for part in named.replace("-", "_").split(".")) and " " not in named:
        return source.mistake((*where, *named.split(".")), rest)
    return source.mistake(where, message)


def _near(value: object, expected: str) -> str:
    words = [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]
    hint = nearest(value, words)
    return hint if "did you mean" in hint else ""


def _fields(model: type[BaseModel], where: Where) -> Iterable[str]:
    """The fields that may stand at `where`."""
    at: object = model
    for step in where:
        if isinstance(at, type) and issubclass(at, BaseModel):
            at = at.model_fields[str(step)].annotation if str(step) in at.model_fields else None
        elif typing.get_origin(at) is Mapping:
            at = typing.get_args(at)[1]
        if typing.get_origin(at) in (types.UnionType, typing.Union):
            at = next(option for option in typing.get_args(at) if option is not type(None))
    return at.model_fields if isinstance(at, type) and issubclass(at, BaseModel) else ()
