"""ConfigMaps, Secrets, ServiceAccounts and PriorityClasses that pods name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aiwfe.dist import Environment
from aiwfe.errors import nearest
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Body, Object, PodTemplate, mapping, mappings, text
from aiwfe.proofs.references import operators

CONFIG_MAP = Rule("references/configmap", "A ConfigMap that a pod names exists in its namespace.")
CONFIG_MAP_KEY = Rule("references/configmap-key", "A ConfigMap has the keys that pods take from it.")
SECRET = Rule("references/secret", "A Secret that is named exists in the namespace, or an operator will make it.")
SECRET_KEY = Rule("references/secret-key", "A Secret has the keys that pods take from it.")
SERVICE_ACCOUNT = Rule("references/service-account", "The ServiceAccount of a pod exists in its namespace.")
PRIORITY_CLASS = Rule("references/priority-class", "The PriorityClass of a pod exists.")

RULES = (CONFIG_MAP, CONFIG_MAP_KEY, SECRET, SECRET_KEY, SERVICE_ACCOUNT, PRIORITY_CLASS)

_Known = Mapping[tuple[str, str], frozenset[str] | None]


def find(environment: Environment) -> Iterator[Finding]:
    """Settings, accounts and priorities that do not exist."""
    config_maps, secrets = operators.config_maps_of(environment), operators.secrets_of(environment)
    accounts = operators.service_accounts_of(environment)
    for pod in environment.pods:
        for where, reference, keys in _config_map_references(pod):
            yield from _sources(pod.owner, config_maps, CONFIG_MAP, CONFIG_MAP_KEY, where, reference, keys)
        for where, reference, keys in _secret_references(pod):
            yield from _sources(pod.owner, secrets, SECRET, SECRET_KEY, where, reference, keys)
        yield from _service_account(pod, accounts)
        yield from _priority_class(pod, environment)
    for item in environment.of_kind("ServiceAccount"):
        for reference in mappings(item.body, "imagePullSecrets"):
            yield from _sources(item, secrets, SECRET, SECRET_KEY, "imagePullSecrets", reference, [])
    for item in environment.of_kind("Ingress"):
        for tls in mappings(item.body, "spec", "tls"):
            if name := text(tls, "secretName"):  # without one, the controller's own certificate serves
                yield from _sources(
                    item, secrets, SECRET, SECRET_KEY, "spec.tls", {"name": name}, ["tls.crt", "tls.key"]
                )


def _config_map_references(pod: PodTemplate) -> Iterator[tuple[str, Body, list[str]]]:
    """Where, the reference (name, optional), and the keys taken."""
    yield from _environment_references(pod, "configMapRef", "configMapKeyRef")
    for volume in mappings(pod.spec, "volumes"):
        where = f"volume {text(volume, 'name')}"
        if source := mapping(volume, "configMap"):
            yield where, source, _items(source)
        for projected in mappings(volume, "projected", "sources"):
            if source := mapping(projected, "configMap"):
                yield where, source, _items(source)


def _secret_references(pod: PodTemplate) -> Iterator[tuple[str, Body, list[str]]]:
    yield from _environment_references(pod, "secretRef", "secretKeyRef")
    for reference in mappings(pod.spec, "imagePullSecrets"):
        yield "imagePullSecrets", reference, []
    for volume in mappings(pod.spec, "volumes"):
        where = f"volume {text(volume, 'name')}"
        if source := mapping(volume, "secret"):
            yield where, {**source, "name": text(source, "secretName")}, _items(source)
        for projected in mappings(volume, "projected", "sources"):
            if source := mapping(projected, "secret"):
                yield where, source, _items(source)


def _environment_references(pod: PodTemplate, whole: str, key: str) -> Iterator[tuple[str, Body, list[str]]]:
    for container in pod.all_containers:
        name = text(container, "name")
        for variable in mappings(container, "env"):
            if reference := mapping(variable, "valueFrom", key):
                yield f"container {name}, variable {text(variable, 'name')}", reference, [text(reference, "key")]
        for source in mappings(container, "envFrom"):
            if reference := mapping(source, whole):
                yield f"container {name}, envFrom", reference, []


def _items(source: Body) -> list[str]:
    return [text(item, "key") for item in mappings(source, "items")]


def _sources(
    owner: Object, known: _Known, missing: Rule, missing_key: Rule, where: str, reference: Body, keys: list[str]
) -> Iterator[Finding]:
    """The findings about one reference to a ConfigMap or Secret."""
    name, kind = text(reference, "name"), "ConfigMap" if missing is CONFIG_MAP else "Secret"
    if reference.get("optional") is True:
        return
    place = (owner.namespace, name)
    if missing is CONFIG_MAP and name in operators.CONFIG_MAPS:
        present: frozenset[str] | None = operators.CONFIG_MAPS[name]
    elif place in known:
        present = known[place]
    else:
        others = [other for namespace, other in known if namespace == owner.namespace]
        yield missing(
            owner,
            f"{where} names {kind} {name!r}, which is not in {owner.namespace}{nearest(name, others)}",
            f"add the {kind}, correct the name, or mark the reference optional",
        )
        return
    for key in keys:
        if present is not None and key not in present:
            yield missing_key(
                owner,
                f"{where} takes key {key!r} of {kind} {name}, which has {', '.join(sorted(present)) or 'no keys'}"
                f"{nearest(key, present)}",
                "add the key, or correct it",
            )


def _service_account(pod: PodTemplate, accounts: set[tuple[str, str]]) -> Iterator[Finding]:
    name = text(pod.spec, "serviceAccountName") or "default"
    if name != "default" and (pod.namespace, name) not in accounts:
        others = [other for namespace, other in accounts if namespace == pod.namespace]
        yield SERVICE_ACCOUNT(
            pod.owner,
            f"runs as ServiceAccount {name!r}, which is not in {pod.namespace}{nearest(name, others)}",
            "add the ServiceAccount, or correct serviceAccountName",
        )


def _priority_class(pod: PodTemplate, environment: Environment) -> Iterator[Finding]:
    name = text(pod.spec, "priorityClassName")
    if name and name not in operators.PRIORITY_CLASSES and not environment.get("PriorityClass", "", name):
        yield PRIORITY_CLASS(
            pod.owner,
            f"has PriorityClass {name!r}, which does not exist{nearest(name, environment.names('PriorityClass', ''))}",
            "add the PriorityClass, or correct priorityClassName",
        )
