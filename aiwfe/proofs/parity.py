"""The environments hold the same objects and differ only where they are declared to differ.

Each environment is compared with production. The tables below are the declarations: to let environments differ in one
more field, add a line with the reason. A path covers everything below it; `*` stands for one key or list item.
Items of a list that have names are compared by name, so an item more does not shift the others; their order counts too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import cast

from aiwfe.dist import BASELINE, Environment, Platform
from aiwfe.findings import Finding, Proof, Rule
from aiwfe.objects import Body, Object, Value, at


@dataclass(frozen=True, slots=True)
class Field:
    """A field in which environments may differ."""

    kinds: str
    """Kinds, separated by blanks; `*` for all."""
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Presence:
    """Objects that exist in some environments only."""

    objects: str
    """`Kind/namespace/name`, where `*` stands for any text."""
    why: str


_WORKLOADS = "Deployment StatefulSet Rollout"

FIELDS = (
    Field("*", "metadata.annotations['aiwfe.io/quota']", "an environment declares quotas of the spec or fitting ones"),
    Field("ResourceQuota", "spec.hard", "quotas that fit are larger; the capacity proof holds them to the spec"),
    Field("ConfigMap", "data", "settings: domain, log level, sizes, retention; the name's hash follows"),
    Field(_WORKLOADS, "spec.replicas", "smaller environments run fewer replicas"),
    Field(_WORKLOADS, "spec.strategy", "surge is what the quota leaves room for"),
    Field(_WORKLOADS, "spec.template.spec.containers[*].resources", "sizes"),
    Field(_WORKLOADS, "spec.template.spec.containers[*].env[*].value", "settings: domain, log level, sizes"),
    Field(_WORKLOADS, "spec.template.spec.nodeSelector", "GPUs only where the environment has them"),
    Field(_WORKLOADS, "spec.template.spec.tolerations", "GPUs only where the environment has them"),
    Field(_WORKLOADS, "spec.template.spec.topologySpreadConstraints", "environments span different numbers of zones"),
    Field("StatefulSet", "spec.volumeClaimTemplates[*].spec.resources.requests.storage", "sizes"),
    Field("StatefulSet", "spec.volumeClaimTemplates[*].spec.storageClassName", "the provider's classes"),
    Field("PersistentVolumeClaim", "spec.resources.requests.storage", "sizes"),
    Field("PersistentVolumeClaim", "spec.storageClassName", "the provider's classes"),
    Field("HorizontalPodAutoscaler", "spec.minReplicas", "smaller environments run fewer replicas"),
    Field("HorizontalPodAutoscaler", "spec.maxReplicas", "smaller environments run fewer replicas"),
    Field("Cluster", "spec.instances", "smaller environments run fewer replicas"),
    Field("Cluster", "spec.resources", "sizes"),
    Field("Cluster", "spec.postgresql.parameters", "memory settings follow the size"),
    Field("Cluster", "spec.storage.size", "sizes"),
    Field("Cluster", "spec.storage.storageClass", "the provider's classes"),
    Field("Cluster", "spec.walStorage.size", "sizes"),
    Field("Cluster", "spec.walStorage.storageClass", "the provider's classes"),
    Field("NodePool", "spec.template.spec.requirements[*].values", "environments span different zones"),
    Field("Application", "spec.source.path", "each environment's Applications sync its own folder of dist/"),
    Field("Application", "spec.source.repoURL", "a cluster may reach only a mirror of the repository"),
    Field("AppProject", "spec.sourceRepos", "a cluster may reach only a mirror of the repository"),
)

# Here the registry and its folder may differ, and nothing else: name, tag and digest are production's.
IMAGES = (
    Field(_WORKLOADS, "spec.template.spec.containers[*].image", "a cluster may reach only a mirror of the registry"),
    Field(
        _WORKLOADS, "spec.template.spec.initContainers[*].image", "a cluster may reach only a mirror of the registry"
    ),
)

PRESENCES: tuple[Presence, ...] = (Presence("NodePool/gpu", "GPUs only where the environment has them"),)

OBJECTS = Rule("parity/objects", "Every environment holds the same objects as production.")
FIELDS_DIFFER = Rule("parity/fields", "Objects differ from production's only in fields that are declared to differ.")

_ABSENT = object()
_HASHED = re.compile(r"(?P<stem>.+)-[0-9a-f]{10}", re.ASCII)


def find(platform: Platform) -> Iterator[Finding]:
    """All undeclared differences from production."""
    if platform.baseline is None:
        return
    theirs = _Side(platform.baseline)
    for environment in platform.environments:
        if environment.name != BASELINE:
            yield from _compare(_Side(environment), theirs)


class _Side:
    """One environment's objects by the name that they have in every environment."""

    def __init__(self, environment: Environment) -> None:
        self.name = environment.name
        # A ConfigMap is called after its content, so that pods roll when it changes: that hash differs by right.
        self.stable_names: Mapping[str, str] = {
            item.name: f"{match['stem']}-<hash>"
            for item in environment.of_kind("ConfigMap", "Secret")
            if (match := _HASHED.fullmatch(item.name))
        }
        self.objects: dict[str, Object] = {}
        for item in environment.objects:
            key = self._key(item)
            while key in self.objects:  # two hashes of one name: neither may hide the other
                key += "+"
            self.objects[key] = item

    def _key(self, item: Object) -> str:
        stable = self.stable_names.get(item.name, item.name)
        return "/".join(part for part in (item.api_version, item.kind, item.namespace, stable) if part)

    def plain(self, value: object) -> object:
        return self.stable_names.get(value, value) if isinstance(value, str) else value


def _compare(ours: _Side, theirs: _Side) -> Iterator[Finding]:
    for key in [*theirs.objects, *(key for key in ours.objects if key not in theirs.objects)]:
        mine, other = ours.objects.get(key), theirs.objects.get(key)
        if mine and other:
            yield from _fields(mine, other, ours, theirs)
        elif mine and not _may_be_absent(mine):
            yield OBJECTS(mine, "is not in production", _DECLARE_OBJECT)
        elif other and not _may_be_absent(other):
            yield OBJECTS(other, f"is not in {ours.name}", _DECLARE_OBJECT)


_DECLARE_OBJECT = "give both the object, or declare it in PRESENCES of aiwfe/proofs/parity.py with the reason"


def _may_be_absent(item: Object) -> bool:
    return any(fnmatchcase(item.local, presence.objects) for presence in PRESENCES)


def _fields(mine: Object, other: Object, ours: _Side, theirs: _Side) -> Iterator[Finding]:
    if (mine.application, mine.component) != (other.application, other.component):
        yield FIELDS_DIFFER(mine, f"lies in {mine.file}, production's in {other.file}", "write both to the same file")
    for path, left, right in _differences(mine.body, other.body, "", ours, theirs):
        if path == "metadata.name" or _declared(mine.kind, path, FIELDS):
            continue
        if _declared(mine.kind, path, IMAGES) and _without_registry(left) == _without_registry(right):
            continue
        yield FIELDS_DIFFER(
            mine,
            f"{path} is {_shown(left)}, in production {_shown(right)}",
            "make it the same, or declare it in FIELDS of aiwfe/proofs/parity.py with the reason",
        )


def _differences(
    left: Value, right: Value, path: str, ours: _Side, theirs: _Side
) -> Iterator[tuple[str, Value, Value]]:
    """Path and both values of each difference, as deep as both sides have the same shape."""
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = _pairs(cast(Body, left), cast(Body, right))
        step = _key_step
    elif isinstance(left, list) and isinstance(right, list):
        named_left, named_right = _named(cast(list[Value], left)), _named(cast(list[Value], right))
        pairs = _pairs(named_left, named_right)
        step = _item_step
        order, other_order = (
            [key for key in side if key in named_left and key in named_right] for side in (named_left, named_right)
        )
        if order != other_order:  # variables refer to earlier ones, and init containers run one after the other
            yield path, f"in the order {', '.join(order)}", f"in the order {', '.join(other_order)}"
    else:
        mine, other = ours.plain(cast(object, left)), theirs.plain(cast(object, right))
        if mine != other or isinstance(mine, bool) != isinstance(other, bool):
            yield path, left, right
        return
    for key, mine, other in pairs:
        yield from _differences(mine, other, step(path, key), ours, theirs)


def _pairs(left: Body, right: Body) -> Iterable[tuple[str, Value, Value]]:
    keys = [*left, *(key for key in right if key not in left)]
    return [(key, left.get(key, _ABSENT), right.get(key, _ABSENT)) for key in keys]


def _item_step(path: str, key: str) -> str:
    return f"{path}[{key}]"


def _key_step(path: str, key: str) -> str:
    if "." in key or "/" in key:
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key


def _named(items: list[Value]) -> Body:
    """A list as a mapping: by name where every item has its own, else by position."""
    names: list[object] = []
    for item in items:
        names.append(at(item, "name") or at(item, "metadata", "name"))
    if len(names) == len(items) == len(set(map(str, names))) and None not in names:
        return dict(zip(map(str, names), items, strict=True))
    return {str(index): item for index, item in enumerate(items)}


def _declared(kind: str, path: str, fields: Iterable[Field]) -> bool:
    return any(
        (field.kinds == "*" or kind in field.kinds.split()) and _pattern(field.path).match(path) for field in fields
    )


def _without_registry(image: Value) -> Value:
    return image.rpartition("/")[2] if isinstance(image, str) else image


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """A declared path as an expression that also matches every path below it."""
    expression = re.escape(path).replace(r"\[\*\]", r"\[[^\]]*\]").replace(r"\*", r"[^.\[\]]+")
    return re.compile(rf"{expression}(?=$|[.\[])")


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "absent"
    shown = repr(value)
    return shown if len(shown) <= 120 else f"{shown[:117]}..."


PROOF = Proof(
    "parity",
    "The environments hold the same objects and differ only in fields that are declared to differ.",
    (OBJECTS, FIELDS_DIFFER),
    find,
)
