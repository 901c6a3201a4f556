"""Objects as calls of stock typed classes, those that `cdk8s import` makes, and the program that renders them."""

from __future__ import annotations

import enum
import importlib
import re
import sys
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from .baseline import Stock
from .programs import INDEX, Component, Object, literal, write_python

_MAIN = """\
import sys

import cdk8s
from objects import build

app = cdk8s.App(outdir=sys.argv[1])
build(app, int(sys.argv[2]))
app.synth()
"""


class NoStockClassError(LookupError):
    """Stock cdk8s has no class, or no such field, for an object."""


class TypedWriter:
    """Writes objects as stock typed constructor calls, by the type hints of the classes themselves."""

    def __init__(self, stock: Stock) -> None:
        self.path = stock.path
        for path in stock.path:
            if str(path) not in sys.path:
                sys.path.insert(0, str(path))
        self._core: Any = importlib.import_module("cdk8s_plus_36.k8s")
        self._imported = dict(stock.modules)
        self._aliases = {"cdk8s_plus_36.k8s": "k8s", "cdk8s": "cdk8s"}
        self._aliases |= {module: f"crd_{number}" for number, module in enumerate(sorted(set(stock.modules.values())))}

    def write(self, components: Sequence[Component], folder: Path) -> Path:
        """The program that renders `components`. Returns its `main`."""
        head = ["import cdk8s", "from cdk8s_plus_36 import k8s"]
        head += [f"import {module} as {alias}" for module, alias in self._aliases.items() if alias.startswith("crd_")]
        calls = [(part, [self.call(body, place) for place, body in enumerate(part.objects)]) for part in components]
        return write_python(folder, head, calls, _MAIN)

    def call(self, body: Object, place: int) -> str:
        """The constructor call of one object. Raises NoStockClassError where there is none for it."""
        kind = self._class(str(body["apiVersion"]), str(body["kind"]))
        hints = typing.get_type_hints(kind.__init__)
        fields = {key: value for key, value in body.items() if key not in ("apiVersion", "kind")}
        names = {_plain(name): name for name in hints}
        return f"{self._name(kind)}(chart, f'{place}-{{i}}', {self._arguments(fields, hints, names, kind)})"

    def _class(self, api_version: str, kind: str) -> Any:  # noqa: ANN401 - a class that no stub describes
        if module := self._imported.get((api_version, kind)):
            return getattr(importlib.import_module(module), kind)
        for suffix in ("", _version(api_version)):
            found = getattr(self._core, f"Kube{kind}{suffix}", None)
            if found and found.GVK.api_version == api_version:
                return found
        raise NoStockClassError(f"no class in {api_version}")

    def _name(self, kind: Any) -> str:  # noqa: ANN401 - a class that no stub describes
        return f"{self._aliases[kind.__module__]}.{kind.__name__}"

    def _arguments(self, fields: Object, hints: Mapping[str, Any], names: Mapping[str, str], kind: type[Any]) -> str:
        said: list[str] = []
        for key, value in fields.items():
            name = names.get(_plain(key))
            if name is None:
                raise NoStockClassError(f"{kind.__name__} has no field {key}")
            said.append(f"{name}={self._value(value, hints[name])}")
        return ", ".join(said)

    def _value(self, value: object, hint: Any) -> str:  # noqa: ANN401 - a type hint is any object
        origin = typing.get_origin(hint)
        if origin is typing.Union:
            options = [option for option in typing.get_args(hint) if option is not type(None)]
            # Union[Struct, Dict[str, Any]]: the struct is the typed way.
            return self._value(value, next((option for option in options if isinstance(option, type)), options[0]))
        if origin is not None and isinstance(value, Mapping):
            item = typing.get_args(hint)[1]
            pairs = cast("Mapping[str, object]", value).items()
            return "{" + ", ".join(f"{literal(key)}: {self._value(part, item)}" for key, part in pairs) + "}"
        if origin is not None and isinstance(value, list | tuple):
            item = typing.get_args(hint)[0]
            return "[" + ", ".join(self._value(part, item) for part in cast("Sequence[object]", value)) + "]"
        if not isinstance(hint, type):
            return literal(value)
        return self._instance(value, hint)

    def _instance(self, value: object, kind: Any) -> str:  # noqa: ANN401 - a class that no stub describes
        if hasattr(kind, "__jsii_name_mapping__") and isinstance(value, Mapping):
            names = {_plain(wire): name for name, wire in kind.__jsii_name_mapping__.items()}
            names |= {_plain(name): name for name in kind.__jsii_name_mapping__}
            hints = typing.get_type_hints(kind.__init__)
            return f"{self._name(kind)}({self._arguments(cast('Object', value), hints, names, kind)})"
        if issubclass(kind, enum.Enum):
            member = next((member for member in kind if _plain(member.name) == _plain(str(value))), None)
            if member is None:
                raise NoStockClassError(f"{kind.__name__} has no value {value!r}")
            return f"{self._name(kind)}.{member.name}"
        if hasattr(kind, "from_string"):
            maker = "from_string" if isinstance(value, str) else "from_number"
            return f"{self._name(kind)}.{maker}({literal(value)})"
        return literal(value)


def _plain(name: str) -> str:
    """`cluster_ip`, `clusterIp` and `clusterIP` are one name."""
    assert INDEX not in name, "a numbered field name"
    return re.sub("[^a-z0-9]", "", name.lower())


def _version(api_version: str) -> str:
    """The end of the class names of versions that are not v1: `V2Beta1`."""
    return re.sub(r"[a-z]+", lambda word: word[0].capitalize(), api_version.rpartition("/")[2])
