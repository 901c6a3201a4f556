"""The kinds of an operator, from its CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .kinds import pick
from .schema import Kind, Schema, close_object, convert
from .sources import documents


def kinds(name: str, texts: Iterable[str], wanted: dict[str, list[str]]) -> list[Kind]:
    """The wanted kinds among the CRDs of some files, in the order of pins.yaml.

    `name` is the operator's, for messages. Raises ImportsError where a kind is not served in the wanted version.
    """
    served = {(api_version, kind): crd for text in texts for api_version, kind, crd in _served(name, text)}
    return [_kind(served[key], key[0]) for key in pick(name, wanted, served)]


def _served(name: str, text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for document in documents(text, name):
        if document.get("kind") == "CustomResourceDefinition":
            crd = document["spec"]
            for version in crd["versions"]:
                if version["served"]:
                    yield f"{crd['group']}/{version['name']}", crd["names"]["kind"], crd


def _kind(crd: dict[str, Any], api_version: str) -> Kind:
    group, version = api_version.split("/")
    source: Schema = next(v for v in crd["versions"] if v["name"] == version)["schema"]["openAPIV3Schema"]
    name: str = crd["names"]["kind"]
    return Kind(
        group=group,
        version=version,
        name=name,
        plural=crd["names"]["plural"],
        namespaced=crd["scope"] == "Namespaced",
        schema=close_object(api_version, name, convert(source, structural=True)),
    )
