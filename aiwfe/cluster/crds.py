"""Every CRD that the platform uses, without descriptions.

Upstream's own from the pinned Go modules, with their defaults and CEL rules; those that no module serves are rebuilt
from the committed schemas, which have neither.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from aiwfe.cluster.waiting import ClusterError
from aiwfe.dist import REPOSITORY
from aiwfe.gotools import go_command
from aiwfe.objects import Body, mapping, mappings, text
from imports.generator import ImportsError, pins, sources

_SCHEMAS = REPOSITORY / "imports" / "schemas"


def crds() -> list[Body]:
    """All of them, in the order of imports/pins.yaml. Raises ClusterError where a pinned source cannot be had."""
    known = json.loads((_SCHEMAS / "kinds.json").read_bytes())
    found: list[Body] = []
    try:
        with _go_on_the_path():
            for operator in pins.read(REPOSITORY / "imports" / pins.PINS).operators.values():
                wanted = {(api, kind) for api, kinds in operator.kinds.items() for kind in kinds}
                found += _upstream(operator, wanted) if operator.module else (_rebuilt(*one, known) for one in wanted)
    except ImportsError as error:
        raise ClusterError(f"a CRD that the box needs cannot be had: {error}") from None
    return sorted(found, key=lambda crd: text(crd, "metadata", "name"))


@contextmanager
def _go_on_the_path() -> Generator[None]:
    """The generator fetches modules with the Go on the PATH; where there is none, that is the pinned one."""
    before = os.environ.get("PATH", os.defpath)
    if not shutil.which("go"):
        os.environ["PATH"] = f"{go_command('kube').parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _upstream(operator: pins.Operator, wanted: set[tuple[str, str]]) -> Iterator[Body]:
    documents = (one for content in sources.crd_files(operator) for one in sources.documents(content, operator.source))
    for document in documents:
        spec = mapping(document, "spec")
        versions = [f"{text(spec, 'group')}/{text(one, 'name')}" for one in mappings(spec, "versions")]
        if document.get("kind") == "CustomResourceDefinition" and any(
            (version, text(spec, "names", "kind")) in wanted for version in versions
        ):
            metadata = mapping(document, "metadata")
            kept = {"name": metadata["name"], "annotations": _protected(mapping(metadata, "annotations"))}
            # Conversion webhooks run in the operators, which are not here.
            body = {key: value for key, value in spec.items() if key != "conversion"}
            yield {**_HEAD, "metadata": kept, "spec": sources.without_descriptions(body)}


_HEAD: Body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}


def _protected(annotations: Body) -> Body:
    """The approval that the API server asks for where a group ends in k8s.io."""
    return {key: value for key, value in annotations.items() if key.startswith("api-approved.kubernetes.io")}


def _rebuilt(api_version: str, kind: str, known: Mapping[str, Any]) -> Body:
    """A CRD of one committed schema: the same fields, types and limits, and a status that takes anything."""
    group, version = api_version.split("/")
    facts = known[f"{api_version}/{kind}"]
    schema = json.loads((_SCHEMAS / "crds" / group / f"{kind.lower()}_{version}.json").read_bytes())
    structural = _structural({key: value for key, value in schema.items() if key != "$schema"})
    structural["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    }
    structural["required"] = sorted(set(structural.get("required", ())) - {"apiVersion", "kind", "metadata"})
    return {
        **_HEAD,
        "metadata": {"name": f"{facts['plural']}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced" if facts["namespaced"] else "Cluster",
            "names": {"kind": kind, "plural": facts["plural"], "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": structural},
                    "subresources": {"status": {}},
                }
            ],
        },
    }


def _structural(schema: Body, *, condition: bool = False) -> Body:
    """The committed schemas are strict JSON Schema; the API server prunes instead, and has its own word for unions.

    `condition` is for the branches of oneOf, anyOf, allOf and not, which may only say what holds beside the types.
    """
    other = ("additionalProperties", "const", "propertyNames", "type")  # the API server has them otherwise, or not
    made = {key: value for key, value in schema.items() if key not in other}
    types, more = schema.get("type"), schema.get("additionalProperties")
    if "const" in schema:
        made["enum"] = [schema["const"]]
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            made[key] = [_structural(branch, condition=True) for branch in schema[key]]
    if "not" in schema:
        made["not"] = _structural(schema["not"], condition=True)
    if "properties" in schema:
        made["properties"] = {
            name: _structural(child, condition=condition) for name, child in schema["properties"].items()
        }
    if "items" in schema:
        made["items"] = _structural(schema["items"], condition=condition)
    if condition:
        return made
    listed = [types] if isinstance(types, str) else cast(list[str], types or [])
    named = [one for one in listed if one != "null"]
    if named != listed:
        made["nullable"] = True
    if len(named) == 1:
        made["type"] = named[0]
    elif named:  # an integer or a text; a Quantity may be any number
        made["x-kubernetes-int-or-string"] = True
    if isinstance(more, dict):
        made["additionalProperties"] = _structural(cast(Body, more))
    elif more is not False and named in ([], ["object"]):
        made["x-kubernetes-preserve-unknown-fields"] = True
    return made
