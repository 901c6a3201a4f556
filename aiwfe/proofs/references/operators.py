"""What controllers and operators make at run time, so that objects of dist/ may name it without dist/ holding it.

Written by hand from the operators' documentation. An operator that comes later adds its entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from aiwfe.dist import Environment
from aiwfe.objects import Body, Object, at, mapping, mappings, text

CHART_NAMESPACES = frozenset({"istio-system", "monitoring", "gitops"})
"""Namespaces whose pods come from pinned upstream charts: dist/ holds their Applications, not their pods."""

PRIORITY_CLASSES = frozenset({"system-cluster-critical", "system-node-critical"})
"""In every cluster."""

STORAGE_CLASSES = frozenset({"gp3"})
"""What the clusters' provider gives. A class of our own is an object of dist/."""

CLUSTER_ROLES = frozenset({"cluster-admin", "admin", "edit", "view"})
"""In every cluster, beside those named `system:...`."""

NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""In every cluster."""

CONFIG_MAPS: Mapping[str, frozenset[str]] = {
    "kube-root-ca.crt": frozenset({"ca.crt"}),
    "istio-ca-root-cert": frozenset({"root-cert.pem"}),
}
"""In every namespace: the API server's CA, and (where the mesh is) the mesh's."""


@dataclass(frozen=True, slots=True)
class Made:
    """A Secret that a controller makes: its keys, or None where only the source knows them."""

    name: str
    keys: frozenset[str] | None


def _external_secret(item: Object) -> Iterator[Made]:
    """external-secrets.io: spec.target, its template's keys in place of spec.data's where there is one."""
    if text(item.body, "spec", "target", "creationPolicy") in ("Merge", "None"):
        return  # these only write into a Secret that is there
    name = text(item.body, "spec", "target", "name") or item.name
    keys = {text(entry, "secretKey") for entry in mappings(item.body, "spec", "data")}
    template = mapping(item.body, "spec", "target", "template")
    unknown = at(item.body, "spec", "dataFrom") or at(template, "templateFrom")
    if mapping(template, "data"):
        keys = {*mapping(template, "data"), *(keys if text(template, "mergePolicy") == "Merge" else ())}
    yield Made(name, None if unknown else frozenset(keys))


def _certificate(item: Object) -> Iterator[Made]:
    """cert-manager.io: spec.secretName."""
    keys = {"tls.crt", "tls.key", "ca.crt"}
    for format_ in mappings(item.body, "spec", "additionalOutputFormats"):
        keys.add({"CombinedPEM": "tls-combined.pem", "DER": "key.der"}.get(text(format_, "type"), ""))
    for store, names in {
        "pkcs12": ("keystore.p12", "truststore.p12"),
        "jks": ("keystore.jks", "truststore.jks"),
    }.items():
        if at(item.body, "spec", "keystores", store, "create") is True:
            keys.update(names)
    yield Made(text(item.body, "spec", "secretName"), frozenset(keys))


_CNPG_USER = frozenset(
    {"username", "user", "password", "dbname", "host", "port", "uri", "jdbc-uri", "fqdn-uri", "fqdn-jdbc-uri", "pgpass"}
)


def _cnpg_cluster(item: Object) -> Iterator[Made]:
    """postgresql.cnpg.io: the application's user, the CA, and the server's and replication's certificates."""
    # With a Secret of one's own for the application's user, none is made.
    if not any(text(way, "secret", "name") for way in mapping(item.body, "spec", "bootstrap").values()):
        yield Made(f"{item.name}-app", _CNPG_USER)
    yield Made(f"{item.name}-ca", frozenset({"ca.crt", "ca.key"}))
    yield Made(f"{item.name}-server", frozenset({"tls.crt", "tls.key"}))
    yield Made(f"{item.name}-replication", frozenset({"tls.crt", "tls.key"}))
    if at(item.body, "spec", "enableSuperuserAccess") is True:
        yield Made(f"{item.name}-superuser", _CNPG_USER)


_SECRETS: Mapping[tuple[str, str], Callable[[Object], Iterator[Made]]] = {
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("cert-manager.io", "Certificate"): _certificate,
    ("postgresql.cnpg.io", "Cluster"): _cnpg_cluster,
}

# Labels of the pods that operators make, for selectors.
_PODS: Mapping[tuple[str, str], Callable[[str], Body]] = {
    ("postgresql.cnpg.io", "Cluster"): lambda name: {"cnpg.io/cluster": name, "cnpg.io/podRole": "instance"},
    ("postgresql.cnpg.io", "Pooler"): lambda name: {"cnpg.io/poolerName": name, "cnpg.io/podRole": "pooler"},
    ("redis.redis.opstreelabs.in", "RedisCluster"): lambda name: {"redis_setup_type": "cluster"},
}


def secrets_of(environment: Environment) -> dict[tuple[str, str], frozenset[str] | None]:
    """(namespace, name) -> keys, for the Secrets that dist/ holds and those that operators will make."""
    found: dict[tuple[str, str], frozenset[str] | None] = {}
    for item in environment.of_kind("Secret"):
        keys = {*mapping(item.body, "data"), *mapping(item.body, "stringData")}
        if text(item.body, "type") == "kubernetes.io/service-account-token":
            keys |= {"token", "ca.crt", "namespace"}
        found[item.namespace, item.name] = frozenset(keys)
    for (group, kind), makes in _SECRETS.items():
        for item in environment.of_kind(kind):
            if item.group == group:
                for made in makes(item):
                    found[item.namespace, made.name] = made.keys
    return found


def config_maps_of(environment: Environment) -> dict[tuple[str, str], frozenset[str]]:
    """(namespace, name) -> keys, for the ConfigMaps that dist/ holds."""
    return {
        (item.namespace, item.name): frozenset({*mapping(item.body, "data"), *mapping(item.body, "binaryData")})
        for item in environment.of_kind("ConfigMap")
    }


def service_accounts_of(environment: Environment) -> set[tuple[str, str]]:
    """(namespace, name) of the ServiceAccounts that dist/ holds and operators make, without the `default` ones."""
    made = {(item.namespace, item.name) for item in environment.of_kind("ServiceAccount")}
    return made | {
        (item.namespace, item.name) for item in environment.of_kind("Cluster") if item.group == "postgresql.cnpg.io"
    }


def operator_pods(environment: Environment, namespace: str) -> list[Body]:
    """The labels of the pods that operators make in a namespace."""
    return [
        labels(item.name)
        for (group, kind), labels in _PODS.items()
        for item in environment.of_kind(kind)
        if item.group == group and item.namespace == namespace
    ]
