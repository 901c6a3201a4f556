"""Kubernetes objects as they lie in dist/, and the questions that many proofs ask of them.

Fields are read through `at`, `mapping`, `mappings` and `text`, which answer with something empty where a field is
absent or of another type. So a malformed object is a finding of the schema proof, and never a traceback of another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

Value = Any
"""The value of a field: whatever YAML can hold."""

Body = dict[str, Value]
"""A mapping of fields."""

# Kinds whose body holds a pod template, and where.
POD_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Rollout": ("spec", "template"),
    "Pod": (),
}


def at(value: Value, *path: str | int) -> Value:
    """The value at a path of keys and indices, None where the path leads nowhere."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = cast(Body, value).get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(cast(list[Any], value)):
            value = cast(list[Any], value)[step]
        else:
            return None
    return value


def mapping(value: Value, *path: str | int) -> Body:
    """The mapping at a path, empty where there is none."""
    found = at(value, *path)
    return cast(Body, found) if isinstance(found, dict) else {}


def mappings(value: Value, *path: str | int) -> list[Body]:
    """The mappings in the list at a path, empty where there is no list."""
    found = at(value, *path)
    return (
        [cast(Body, item) for item in cast(list[Any], found) if isinstance(item, dict)]
        if isinstance(found, list)
        else []
    )


def values(value: Value, *path: str | int) -> list[Any]:
    """The list at a path, empty where there is none."""
    found = at(value, *path)
    return cast(list[Any], found) if isinstance(found, list) else []


def text(value: Value, *path: str | int) -> str:
    """The text at a path, empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def walk(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value below (and with) `value`, each with its path."""
    yield path, value
    if isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from walk(item, (*path, index))


def dotted(path: tuple[str | int, ...]) -> str:
    """A path as people write it: `spec.containers[0].image`, keys that hold dots or slashes in brackets."""
    written = ""
    for step in path:
        if isinstance(step, int):
            written += f"[{step}]"
        elif "." in step or "/" in step:
            written += f"[{step!r}]"
        else:
            written += f".{step}" if written else step
    return written or "(top)"


@dataclass(frozen=True, eq=False)
class Object:
    """One document of dist/: its body, and where it lies."""

    body: Body = field(repr=False)
    env: str
    application: str
    component: str
    file: str
    """Relative to the repository's root: dist/dev/apps/chat.yaml."""
    line: int
    """The line on which the document starts."""
    last_line: int
    api_version: str
    kind: str
    namespace: str
    """Empty for cluster-scoped objects."""
    name: str

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def local(self) -> str:
        """`Deployment/aiwfe-system/chat`: what the object is called in every environment."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def id(self) -> str:
        """What reports and waivers call the object: `dev/Deployment/aiwfe-system/chat`."""
        return f"{self.env}/{self.local}"

    @property
    def annotations(self) -> Body:
        """The annotations, empty where there are none."""
        return mapping(self.body, "metadata", "annotations")

    @property
    def labels(self) -> Body:
        """The labels, empty where there are none."""
        return mapping(self.body, "metadata", "labels")

    @cached_property
    def pod(self) -> PodTemplate | None:
        """The pod template of a workload, None for everything else."""
        path = POD_TEMPLATES.get(self.kind)
        template = mapping(self.body, *path) if path is not None else {}
        return PodTemplate(self, template) if template.get("spec") else None


@dataclass(frozen=True, eq=False)
class PodTemplate:
    """The pods that a workload makes."""

    owner: Object
    template: Body = field(repr=False)

    @property
    def namespace(self) -> str:
        """The namespace that the pods run in."""
        return self.owner.namespace

    @property
    def labels(self) -> Body:
        """The labels, empty where there are none."""
        return mapping(self.template, "metadata", "labels")

    @property
    def annotations(self) -> Body:
        """The annotations, empty where there are none."""
        return mapping(self.template, "metadata", "annotations")

    @property
    def spec(self) -> Body:
        """The spec of the pods."""
        return mapping(self.template, "spec")

    @property
    def containers(self) -> list[Body]:
        """The containers that run all the time."""
        return mappings(self.spec, "containers")

    @property
    def init_containers(self) -> list[Body]:
        """The init containers, sidecars among them."""
        return mappings(self.spec, "initContainers")

    @property
    def all_containers(self) -> list[Body]:
        """Init containers first, as they start."""
        return self.init_containers + self.containers

    @property
    def path(self) -> str:
        """Where the pod's spec stands in its owner, as people write it."""
        return dotted((*POD_TEMPLATES[self.owner.kind], "spec"))


def selects(selector: Body, labels: Mapping[str, Any]) -> bool:
    """Whether a LabelSelector (matchLabels and matchExpressions) selects `labels`; an empty one selects everything."""
    if any(labels.get(key) != value for key, value in mapping(selector, "matchLabels").items()):
        return False
    return all(_expression(expression, labels) for expression in mappings(selector, "matchExpressions"))


def _expression(expression: Body, labels: Mapping[str, Any]) -> bool:
    key, operator, allowed = text(expression, "key"), text(expression, "operator"), values(expression, "values")
    if operator == "In":
        return labels.get(key) in allowed
    if operator == "NotIn":
        return labels.get(key) not in allowed
    return (key in labels) == (operator == "Exists")
