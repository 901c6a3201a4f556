"""One Kubernetes object: a plain mapping, checked against its JSON Schema where it is made, as a cdk8s construct."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, cast, runtime_checkable

import cdk8s
import jsonschema_rs

if TYPE_CHECKING:
    from constructs import Construct

ROOT = Path(__file__).parent.parent
SCHEMAS = Path(__file__).parent / "schemas"
KUBERNETES = "1.36"  # the minor that the classes bind to; kubeconform also holds dist/ against its neighbours

# Frames of these folders pass a component's words on; the component itself is the caller to name.
_PLUMBING = tuple(str(ROOT / folder) + os.sep for folder in ("imports", "envs", "charts/constructs"))

_SCALARS = frozenset((str, int, bool, type(None)))


class ManifestError(ValueError):
    """What a component must not render: the message names its file and line, the object and every mistake."""


@runtime_checkable
class Holder(Protocol):
    """A scope that collects the manifests made in it (`charts.constructs.app.Chart`)."""

    def adopt(self, manifest: Manifest) -> None:
        """Take the manifest; refuse it where its like is there already."""
        ...


class Manifest(cdk8s.ApiObject):
    """A stock `ApiObject` whose JSON is `body`, as it was written: no copy per field, no field dropped in silence.

    The generated subclasses (`imports.k8s.Service`, `imports.cnpg.Cluster`, ...) give the kind, and their stubs the
    types. Raises ManifestError where the body breaks its schema or names no namespace where its kind needs one.
    """

    _api_version: ClassVar[str]
    _kind: ClassVar[str]
    _namespaced: ClassVar[bool]

    def __init__(self, scope: Construct, id: str, /, *, metadata: Mapping[str, object], **fields: object) -> None:
        self.body: dict[str, object] = {
            "apiVersion": self._api_version,
            "kind": self._kind,
            "metadata": metadata,
            **fields,
        }
        self.where = caller()
        self._named = metadata
        self.check()
        super().__init__(
            scope,
            id,
            api_version=self._api_version,
            kind=self._kind,
            metadata=cdk8s.ApiObjectMetadata(name=str(metadata["name"]), namespace=self.namespace),
        )
        if isinstance(scope, Holder):
            scope.adopt(self)

    @property
    def namespace(self) -> str | None:
        """The namespace of the object, None for a cluster-scoped kind."""
        namespace = self._named.get("namespace")
        return str(namespace) if namespace else None

    @property
    def identity(self) -> tuple[str, str, str | None, str]:
        """API group, kind, namespace and name: what the API server knows the object by, in whatever version."""
        return self._api_version.rpartition("/")[0], self._kind, self.namespace, str(self._named["name"])

    @property
    def title(self) -> str:
        """How messages call the object: `Service aiwfe-system/chat (v1)`."""
        name = "/".join(str(self._named[part]) for part in ("namespace", "name") if part in self._named)
        return f"{self._kind} {name or '(no name)'} ({self._api_version})"

    def check(self) -> None:
        """Raise ManifestError with every mistake of the body; cheap, so that it may be asked again before writing."""
        valid = is_json(self.body) and _validator(self._api_version, self._kind).is_valid(self.body)
        mistakes = [] if valid else self._explain()
        if self._namespaced and not self.namespace:
            mistakes.append(f"metadata.namespace: missing; a {self._kind} lives in a namespace (spec §4.1)")
        if not self._namespaced and self.namespace:
            mistakes.append(f"metadata.namespace: a {self._kind} belongs to the whole cluster; remove it")
        if mistakes:
            raise ManifestError("\n  ".join([f"{self.where}: {self.title} is not valid", *mistakes]))

    def to_json(self) -> object:
        """The body, for cdk8s's own `App.synth` and `Testing.synth`."""
        return self.body

    def _explain(self) -> list[str]:
        from .explain import explain  # only a mistake pays for the import

        return explain(self.body, _validator(self._api_version, self._kind), _schema(self._api_version, self._kind))


def is_json(value: object) -> bool:
    """Whether JSON has words for all of it. A schema does not look into the parts of which it says nothing (a chart's
    values in an Application), and there a set or a date would reach dist/ as YAML that the API server does not know.
    """
    kind = type(value)
    if kind is dict:
        items = cast("dict[object, object]", value).items()
        return all(type(key) is str and (type(child) in _SCALARS or is_json(child)) for key, child in items)
    if kind is list or kind is tuple:
        return all(type(child) in _SCALARS or is_json(child) for child in cast("Sequence[object]", value))
    return kind in _SCALARS or (kind is float and isfinite(cast("float", value)))


def caller() -> str:
    """`charts/apps/chat.py:23`: the component's statement that made the object, not the helpers in between."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back and (
        frame.f_code.co_filename.startswith(_PLUMBING) or "site-packages" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    file = Path(frame.f_code.co_filename)
    return f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name}:{frame.f_lineno}"


@cache
def _schema(api_version: str, kind: str) -> dict[str, object]:
    group, _, version = api_version.rpartition("/")
    name = f"{group or 'v1'}/{kind.lower()}_{version}.json"
    core = SCHEMAS / KUBERNETES / name
    return json.loads((core if core.exists() else SCHEMAS / "crds" / name).read_bytes())


@cache
def _validator(api_version: str, kind: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(_schema(api_version, kind))
