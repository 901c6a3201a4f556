"""What is committed in imports/: schemas, classes and stubs that agree with each other, with pins.yaml and with the generator."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from imports import manifest
from imports.generator import modules
from imports.generator.output import FOLDER, KINDS, generated
from imports.generator.pins import PINS, read
from imports.generator.schema import Kind

Json = dict[str, Any]

PINNED = read(FOLDER / PINS)
MINORS = sorted(PINNED.kubernetes.releases)
MODULES = ["k8s", *PINNED.operators]
FACTS: dict[str, Json] = json.loads((FOLDER / KINDS).read_text())
SCHEMAS: dict[str, Json] = {
    path.relative_to(FOLDER / "schemas").as_posix(): json.loads(path.read_bytes())
    for path in sorted((FOLDER / "schemas").rglob("*_*.json"))
}

# The operators of the platform by their modules, the kinds that its components are made of, and the section of the
# spec that asks for them.
OPERATORS = {
    "argocd": "AppProject Application",  # GitOps, §6.1
    "barman": "ObjectStore",  # PostgreSQL's continuous backup, §9.1
    "certmanager": "Certificate ClusterIssuer Issuer",  # certificates from Let's Encrypt, §2.1
    "cnpg": "Cluster Database ImageCatalog Pooler ScheduledBackup",  # PostgreSQL, §3.4; daily backups, §9.1
    "externaldns": "DNSEndpoint",  # traffic to another region, §9.2
    "externalsecrets": "ClusterSecretStore ExternalSecret",  # configuration and secrets that are backed up apart from Git, §9.1
    "gatewayapi": "Gateway GatewayClass HTTPRoute",  # Kong's routes, §2.1
    "gpuoperator": "ClusterPolicy",  # the model server's GPUs, §4.2
    "istio": "AuthorizationPolicy DestinationRule EnvoyFilter Gateway PeerAuthentication ServiceEntry Sidecar Telemetry VirtualService",  # the mesh, §2.1, its mTLS, §4.3, its traces, §7.2
    "k8s": (
        "ClusterRole ClusterRoleBinding ConfigMap CronJob CustomResourceDefinition DaemonSet Deployment "
        "HorizontalPodAutoscaler Job LimitRange Namespace NetworkPolicy PersistentVolumeClaim PodDisruptionBudget "
        "PriorityClass ResourceQuota Role RoleBinding Service ServiceAccount StatefulSet StorageClass "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    ),  # namespaces, quotas, network policies and roles, §4
    "karpenter": "NodePool",  # nodes that come with the load, §8.2
    "prometheus": "Alertmanager PodMonitor Probe Prometheus PrometheusRule ServiceMonitor",  # metrics and alerts, §7.1
    "redis": "RedisCluster",  # sessions and caches, §3.4
    "rollouts": "AnalysisTemplate Rollout",  # blue-green and canary, §6.2
    "seaweedfs": "Bucket Seaweed",  # object storage where a cloud has none, §2.1
    "snapshot": "VolumeSnapshot VolumeSnapshotClass",  # snapshots of volumes, §9.1
    "velero": "BackupStorageLocation Schedule VolumeSnapshotLocation",  # cluster backups, §9.1
}  # fmt: skip


def classes(module: str) -> dict[str, type[manifest.Manifest]]:
    """The classes of imports/<module>.py by their names."""
    members = vars(importlib.import_module(f"imports.{module}")).items()
    return {
        name: value
        for name, value in members
        if isinstance(value, type) and issubclass(value, manifest.Manifest) and value is not manifest.Manifest
    }


def facts(kind: type[manifest.Manifest]) -> tuple[str, str, bool]:
    """apiVersion, kind, and whether it lives in a namespace, as a class says."""
    declared = vars(kind)
    return declared["_api_version"], declared["_kind"], declared["_namespaced"]


def file_of(folder: str, api_version: str, kind: str) -> str:
    group, _, version = api_version.rpartition("/")
    return f"{folder}/{group or version}/{kind.lower()}_{version}.json"


def folder_of(module: str) -> str:
    return PINNED.kubernetes.classes if module == "k8s" else "crds"


EVERY_CLASS = {
    file_of(folder_of(module), *facts(kind)[:2]): facts(kind)
    for module in MODULES
    for kind in classes(module).values()
}  # fmt: skip


@pytest.mark.parametrize("module", OPERATORS)
def test_the_kinds_that_the_platform_is_made_of_are_there(module: str) -> None:
    assert set(OPERATORS[module].split()) - classes(module).keys() == set()


def test_every_operator_has_its_place_in_the_platform() -> None:
    assert sorted(OPERATORS) == sorted(MODULES)


def test_classes_bind_to_the_pinned_minor() -> None:
    assert PINNED.kubernetes.classes == manifest.KUBERNETES


def test_a_module_has_the_kinds_of_pins_yaml_and_no_others() -> None:
    wanted = {"k8s": PINNED.kubernetes.kinds, **{name: pin.kinds for name, pin in PINNED.operators.items()}}
    for module in MODULES:
        seen = [facts(kind)[:2] for kind in classes(module).values()]
        assert seen == [(api_version, kind) for api_version, kinds in wanted[module].items() for kind in kinds], module


def test_a_class_is_called_as_its_kind() -> None:
    for module in MODULES:
        assert all(name == facts(kind)[1] for name, kind in classes(module).items()), module


def test_every_class_has_a_schema_and_every_schema_a_class() -> None:
    bound = {file for file in SCHEMAS if file.startswith((f"{PINNED.kubernetes.classes}/", "crds/"))}
    assert bound == EVERY_CLASS.keys()


def test_kinds_json_says_what_the_classes_say() -> None:
    said = {f"{api_version}/{kind}": namespaced for api_version, kind, namespaced in EVERY_CLASS.values()}
    assert {name: fact["namespaced"] for name, fact in FACTS.items()} == said
    assert all(fact["plural"] == fact["plural"].lower() for fact in FACTS.values())


def test_a_schema_is_of_the_kind_that_its_file_names() -> None:
    for file, (api_version, kind, _) in EVERY_CLASS.items():
        properties = SCHEMAS[file]["properties"]
        assert (properties["apiVersion"], properties["kind"]) == ({"const": api_version}, {"const": kind}), file


@pytest.mark.parametrize("minor", MINORS)
def test_every_minor_has_the_same_core_kinds(minor: str) -> None:
    def kinds(folder: str) -> set[str]:
        return {file.removeprefix(f"{folder}/") for file in SCHEMAS if file.startswith(f"{folder}/")}

    assert kinds(minor) == kinds(PINNED.kubernetes.classes)


def test_every_schema_compiles() -> None:
    for file, schema in SCHEMAS.items():
        try:
            jsonschema_rs.Draft7Validator(schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            pytest.fail(f"{file}: {error}")


KEYWORDS = {
    "$defs", "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "const", "enum", "exclusiveMaximum",
    "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength",
    "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern", "properties", "propertyNames", "required",
    "type", "uniqueItems",
}  # fmt: skip


def schemas_in(schema: Json) -> Iterator[Json]:
    """A schema and all that it is made of; the names of properties and definitions are data."""
    yield schema
    below: list[Any] = [value for key in ("properties", "$defs") for value in schema.get(key, {}).values()]
    below += [schema[key] for key in ("items", "additionalProperties", "not", "propertyNames") if key in schema]
    below += [branch for key in ("oneOf", "anyOf", "allOf") for branch in schema.get(key, ())]
    for child in below:
        if child not in (True, False):
            yield from schemas_in(child)


def test_a_schema_holds_rules_and_nothing_else() -> None:
    """No description, default or mark of Kubernetes' own: they judge nothing."""
    for file, schema in SCHEMAS.items():
        assert {key for part in schemas_in(schema) for key in part} <= KEYWORDS, file


def test_nothing_refers_to_what_is_not_there() -> None:
    for file, schema in SCHEMAS.items():
        references = {part["$ref"].removeprefix("#/$defs/") for part in schemas_in(schema) if "$ref" in part}
        assert references == schema.get("$defs", {}).keys(), file


def test_no_kind_takes_a_status_or_an_unknown_field() -> None:
    for file, schema in SCHEMAS.items():
        assert "status" not in schema["properties"], file
        assert schema["additionalProperties"] is False, file


def kind_of(folder: str, api_version: str, name: str) -> Kind:
    """A kind as the generator had it in hand when it wrote the schema."""
    group, _, version = api_version.rpartition("/")
    schema = dict(SCHEMAS[file_of(folder, api_version, name)])
    del schema["$schema"]
    definitions: dict[str, Json] = schema.pop("$defs", {})
    fact = FACTS[f"{api_version}/{name}"]
    return Kind(group, version, name, fact["plural"], fact["namespaced"], schema, definitions)


def test_modules_and_stubs_are_what_the_generator_makes_of_the_schemas() -> None:
    """Nobody edited them, and nobody changed the generator without running it."""

    def kinds(module: str, wanted: dict[str, list[str]]) -> list[Kind]:
        return [kind_of(folder_of(module), version, name) for version, names in wanted.items() for name in names]

    release = PINNED.kubernetes.releases[PINNED.kubernetes.classes]
    source = f"{PINNED.kubernetes.go} {release.version}"
    core = kinds("k8s", PINNED.kubernetes.kinds)
    stubs, shared = modules.core_stubs(source, core)
    texts = {"k8s.py": modules.classes(source, core), "k8s.pyi": stubs}
    for name, pin in PINNED.operators.items():
        own = kinds(name, pin.kinds)
        texts[f"{name}.py"] = modules.classes(pin.source, own)
        texts[f"{name}.pyi"] = modules.operator_stubs(pin.source, own, shared)
    stale = [name for name, text in texts.items() if (FOLDER / name).read_text() != text]
    assert stale == [], "run `make imports`"
    assert generated(FOLDER) == {*texts, KINDS, *(f"schemas/{file}" for file in SCHEMAS)}


def test_what_is_written_by_hand_is_named_in_the_package() -> None:
    by_hand = {Path(name).name for name in ("pins.yaml", *(path.name for path in FOLDER.glob("*.py")))}
    by_hand -= {file for file in generated(FOLDER) if "/" not in file} | {"__init__.py"}
    docstring = (importlib.import_module("imports").__doc__ or "").partition("is generated")[0]
    assert all(f"`{name}`" in docstring for name in by_hand)
