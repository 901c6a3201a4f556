"""envs/*.yaml -> Environments, or every mistake in them, each with file, line, field and what is allowed."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from imports.spelling import nearest

from .read import read
from .schema import Environment, Images, InputError, Mistake, Model, Source, Where

FOLDER = Path(__file__).parent
NAMES = ("dev", "staging", "production")  # in the order of promotion (spec §6.1)

_Model = TypeVar("_Model", bound=Model)


def load(folder: Path = FOLDER) -> list[Environment]:
    """The environments of `folder`, in the order of promotion; others, by name, after them.

    Raises InputError with the mistakes of all files at once.
    """
    mistakes: list[Mistake] = []
    images = _collect(mistakes, folder, "images", Images)
    found = {path.stem for path in folder.glob("*.yaml")} - {"images", "pins"}
    names = [*NAMES, *sorted(found - set(NAMES))]
    parsed = {name: _collect(mistakes, folder, name, Environment) for name in names}
    if mistakes or images is None:
        raise InputError(mistakes)
    images[0].attach(images[1])
    return [entry[0].attach(name, images[0], entry[1]) for name, entry in parsed.items() if entry]


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
    match error["type"]:
        case "extra_forbidden":
            return source.mistake(where, f"unknown field{nearest(where[-1], _fields(model, where[:-1]))}")
        case "missing":
            return source.mistake(where, "required field is missing")
        case "literal_error":
            return source.mistake(
                where, f"{value!r} is not one of {context['expected']}{_near(value, str(context['expected']))}"
            )
        case "value_error":
            return _of_rule(where, str(context["error"]), source)
        case "string_type" if isinstance(value, bool | int | float):
            return source.mistake(where, f"{value!r} is not text: put it in quotes if it is meant")
        case _:
            said = (
                error["msg"]
                .removeprefix("Input should ")
                .replace("be a valid integer", "be an integer")
                .replace("be a valid", "be a")
            )
            return source.mistake(where, f"{value!r} must {said}")


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
