"""Names, labels and sizes that the API server takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aiwfe.findings import Finding, Rule
from aiwfe.objects import Object, mapping

LABELS = Rule("stability/labels", "Labels and annotations are valid texts.")
SIZE = Rule("stability/size", "A ConfigMap or Secret holds at most 1 MiB, the API server's limit.")
NAME = Rule("stability/name", "Names are valid for their kind.")

KEYS = Rule("stability/keys", "The keys of a ConfigMap or Secret are valid.")

RULES = (LABELS, SIZE, NAME, KEYS)

_MEBIBYTE = 1024 * 1024
_DATA = ("data", "binaryData", "stringData")

_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_LABEL_KEY = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?", re.ASCII
)
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII)
_KEY = re.compile(r"(?!\.$|\.\.)[-._a-zA-Z0-9]{1,253}")  # each is a file where a pod mounts it
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)
_SERVICE = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?", re.ASCII)
# Longest names: pods, Jobs and the labels that controllers derive from a name must still be valid.
_LONGEST = {"Namespace": 63, "Service": 63, "Job": 63, "CronJob": 52, "StatefulSet": 52, "Deployment": 52}


def find(item: Object) -> Iterator[Finding]:
    """The findings about one object's names, labels, keys and size."""
    yield from _labels(item)
    yield from _size(item)
    yield from _name(item)
    yield from _keys(item)


def _labels(item: Object) -> Iterator[Finding]:
    where = [("metadata", mapping(item.body, "metadata"))]
    if item.pod:
        where.append(("the pod template", mapping(item.pod.template, "metadata")))
    for place, metadata in where:
        for field in ("labels", "annotations"):
            for key, value in mapping(metadata, field).items():
                if not isinstance(value, str):
                    yield LABELS(item, f"{field[:-1]} {key} of {place} is {value!r}, which is no text", "quote it")
                elif field == "labels" and not _LABEL_VALUE.fullmatch(value):
                    why = f"label {key} of {place} is {value!r}"
                    yield LABELS(item, why, "use at most 63 letters, digits, dashes, dots and underscores")
                if not _LABEL_KEY.fullmatch(key):
                    yield LABELS(item, f"{key!r} in the {field} of {place} is no valid key", "correct the key")


def _size(item: Object) -> Iterator[Finding]:
    if item.kind in ("ConfigMap", "Secret"):
        size = 0
        for field in _DATA:
            encoded = field == "binaryData" or (item.kind, field) == ("Secret", "data")
            for value in mapping(item.body, field).values():
                if isinstance(value, str):
                    size += _decoded(value) if encoded else len(value.encode())
        if size > _MEBIBYTE:
            yield SIZE(item, f"holds {size / _MEBIBYTE:.1f} MiB", "split it, or move it to a volume")


def _decoded(value: str) -> int:
    """How many bytes a text in base64 stands for."""
    return len(value.rstrip("=")) * 3 // 4


def _name(item: Object) -> Iterator[Finding]:
    if item.group == "rbac.authorization.k8s.io":
        good = not set("/%") & set(item.name) and item.name not in (".", "..")
    else:
        pattern = {"Service": _SERVICE, "Namespace": _DNS_LABEL}.get(item.kind, _SUBDOMAIN)
        good = bool(pattern.fullmatch(item.name))
    longest = _LONGEST.get(item.kind, 253)
    if not good or len(item.name) > longest:
        yield NAME(
            item, f"{item.name!r} is no valid name", f"use at most {longest} lower case letters, digits and dashes"
        )


def _keys(item: Object) -> Iterator[Finding]:
    if item.kind in ("ConfigMap", "Secret"):
        for field in _DATA:
            for key in mapping(item.body, field):
                if not _KEY.fullmatch(key):
                    fix = "use at most 253 letters, digits, dashes, dots and underscores; not '.', and no '..' in front"
                    yield KEYS(item, f"{key!r} in {field} is no valid key", fix)
