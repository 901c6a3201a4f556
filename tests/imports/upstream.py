"""A small upstream in a folder of the test's own: a Kubernetes release, an operator, and a `go` that serves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from imports.generator.sources import checksum

Json = dict[str, Any]


def crd(kind: str, spec: Json, *, served: tuple[str, ...] = ("v1",), gone: tuple[str, ...] = (), **root: Any) -> str:
    """The text of a CustomResourceDefinition of the group example.org; `gone` are versions that are no longer served."""
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": {"type": "object"}}, **root}}
    versions = [{"name": name, "served": name in served, "schema": schema} for name in (*served, *gone)]
    names = {"kind": kind, "plural": f"{kind.lower()}s"}
    return yaml.safe_dump(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{names['plural']}.example.org"},
            "spec": {"group": "example.org", "names": names, "scope": "Namespaced", "versions": versions},
        }
    )


SIZE: Json = {
    "type": "object",
    "required": ["replicas"],
    "properties": {
        "replicas": {"type": "integer", "format": "int32"},
        "mode": {"type": "string", "enum": ["fast", "safe"], "default": "safe"},
        "template": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    },
}
DATABASE = crd("Database", SIZE, served=("v1", "v1beta1"), gone=("v1alpha1",))


def release(folder: Path) -> Path:
    """A source tree of Kubernetes with a Deployment, a Namespace and a Binding that nobody may create on its own."""
    openapi = folder / "api" / "openapi-spec" / "v3"
    openapi.mkdir(parents=True)
    (openapi / "api__v1_openapi.json").write_text(json.dumps(_openapi("api/v1", "core", "", _CORE)))
    (openapi / "apis__apps__v1_openapi.json").write_text(json.dumps(_openapi("apis/apps/v1", "apps", "apps", _APPS)))
    (openapi / "apis__apps_openapi.json").write_text("{}")  # lists the versions of a group; no kinds
    go = folder / "pkg" / "generated" / "openapi" / "zz_generated.openapi.go"
    go.parent.mkdir(parents=True)
    go.write_text(GO_OPENAPI)
    return folder


def _ref(name: str) -> Json:
    return {"allOf": [{"$ref": f"#/components/schemas/io.k8s.{name}"}], "default": {}, "description": "Wrapped."}


_TEXT: Json = {"type": "string", "description": "Some text.", "default": ""}
_META: Json = {
    "type": "object",
    "properties": {"name": _TEXT, "generateName": _TEXT, "managedFields": {"type": "array"}},
}
_CORE: dict[str, tuple[str, bool, Json]] = {
    "Namespace": ("namespaces", False, {"spec": _ref("api.core.v1.NamespaceSpec"), "status": {"type": "object"}}),
}
_APPS: dict[str, tuple[str, bool, Json]] = {
    "Deployment": ("deployments", True, {"spec": _ref("api.apps.v1.DeploymentSpec"), "status": {"type": "object"}}),
}
_TYPES: dict[str, Json] = {
    "api.core.v1.NamespaceSpec": {"type": "object", "properties": {"finalizers": {"type": "array", "items": _TEXT}}},
    "api.apps.v1.DeploymentSpec": {
        "type": "object",
        "required": ["template"],
        "properties": {
            "replicas": {"type": "integer", "format": "int32", "default": 0},
            "strategy": _TEXT,
            "phases": {"type": "array", "items": _TEXT},
            "template": _ref("api.core.v1.PodTemplateSpec"),
        },
    },
    "api.core.v1.PodTemplateSpec": {
        "type": "object",
        "required": ["cpu"],
        "properties": {
            "cpu": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"},
            "port": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
            "raw": {"type": "object"},
            "status": _TEXT,
        },
    },
    "apimachinery.pkg.apis.meta.v1.ObjectMeta": _META,
}


def _openapi(base: str, package: str, group: str, kinds: dict[str, tuple[str, bool, Json]]) -> Json:
    schemas = {f"io.k8s.{name}": schema for name, schema in _TYPES.items()}
    paths: Json = {f"/{base}/": {"get": {}}}
    for kind, (plural, namespaced, properties) in kinds.items():
        gvk = {"group": group, "version": "v1", "kind": kind}
        own = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _ref("apimachinery.pkg.apis.meta.v1.ObjectMeta")}
        schemas[f"io.k8s.api.{package}.v1.{kind}"] = {
            "type": "object",
            "properties": {**own, **properties},
            "x-kubernetes-group-version-kind": [gvk],
        }
        place = "namespaces/{namespace}/" if namespaced else ""
        paths[f"/{base}/{place}{plural}"] = {"post": {"x-kubernetes-group-version-kind": gvk}}
        paths[f"/{base}/{place}{plural}/{{name}}/binding"] = {"post": {"x-kubernetes-group-version-kind": gvk}}
    return {"components": {"schemas": schemas}, "paths": paths}


GO_OPENAPI = """
func schema_k8sio_api_apps_v1_DeploymentSpec(ref common.ReferenceCallback) common.OpenAPIDefinition {
\treturn common.OpenAPIDefinition{
\t\tSchema: spec.Schema{
\t\t\tSchemaProps: spec.SchemaProps{
\t\t\t\tProperties: map[string]spec.Schema{
\t\t\t\t\t"strategy": {
\t\t\t\t\t\tSchemaProps: spec.SchemaProps{
\t\t\t\t\t\t\tEnum:        []interface{}{"Recreate", "RollingUpdate"},
\t\t\t\t\t\t},
\t\t\t\t\t},
\t\t\t\t\t"phases": {
\t\t\t\t\t\tSchemaProps: spec.SchemaProps{
\t\t\t\t\t\t\tItems: &spec.SchemaOrArray{
\t\t\t\t\t\t\t\tSchema: &spec.Schema{
\t\t\t\t\t\t\t\t\tSchemaProps: spec.SchemaProps{
\t\t\t\t\t\t\t\t\t\tEnum:    []interface{}{"Up", "Down"},
\t\t\t\t\t\t\t\t\t},
\t\t\t\t\t\t\t\t},
\t\t\t\t\t\t\t},
\t\t\t\t\t\t},
\t\t\t\t\t},
"""

KUBERNETES = "k8s.io/kubernetes"
SUM = "h1:right="
PINS: Json = {
    "kubernetes": {
        "go": KUBERNETES,
        "classes": "1.36",
        "releases": {"1.35": {"version": "v1.35.0", "sum": SUM}, "1.36": {"version": "v1.36.0", "sum": SUM}},
        "kinds": {"v1": ["Namespace"], "apps/v1": ["Deployment"]},
    },
    "operators": {
        "example": {
            "address": "https://example.org/{version}",
            "version": "v1.0.0",
            "files": {"databases.yaml": checksum(DATABASE, "databases.yaml")},
            "kinds": {"example.org/v1": ["Database"]},
        }
    },
}


def serve(folder: Path, patch: pytest.MonkeyPatch, **answers: Json) -> None:
    """Put a `go` on the PATH that answers `go mod download -json MODULE@VERSION` with the answer of MODULE's last part."""
    go = folder / "bin" / "go"
    go.parent.mkdir(parents=True, exist_ok=True)
    for name, answer in answers.items():
        (go.parent / f"{name}.json").write_text(json.dumps(answer))
    # The answer may hold $GOTOOLCHAIN: what the generator asked for.
    go.write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "mod download -json" ] || exit 2\n'
        'name="${4%@*}"; eval "cat <<END\n$(cat "${0%/*}/${name##*/}.json")\nEND\n"\n'
    )
    go.chmod(0o755)
    patch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")


def imports(folder: Path, patch: pytest.MonkeyPatch, **operator: Any) -> Path:
    """imports/ before the first run: pins.yaml, with the operator's fields changed, and the sources that it names."""
    serve(folder, patch, kubernetes={"Dir": str(release(folder / "kubernetes")), "Sum": SUM})
    (folder / "crds").mkdir()
    (folder / "crds" / "databases.yaml").write_text(DATABASE)
    target = folder / "imports"
    target.mkdir()
    example = {**PINS["operators"]["example"], **operator}
    (target / "pins.yaml").write_text(yaml.safe_dump({**PINS, "operators": {"example": example}}))
    return target
