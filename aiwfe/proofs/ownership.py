"""Each object belongs to exactly one Application, in a namespace and of a kind that this Application may carry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiwfe.dist import APPLICATIONS, Environment, Platform
from aiwfe.errors import BadInputError, nearest
from aiwfe.findings import Finding, Proof, Rule
from aiwfe.objects import Object

# spec §4.1, and no other.
NAMESPACES = frozenset(
    {"aiwfe-system", "aiwfe-data", "aiwfe-ai", "aiwfe-integrations", "istio-system", "monitoring", "gitops"}
)

# What stands beside any workload, on the side of its owner: accounts, grants, edges, certificates, monitoring.
_BESIDE = """
    ConfigMap Service ServiceAccount Role.rbac.authorization.k8s.io RoleBinding.rbac.authorization.k8s.io
    NetworkPolicy.networking.k8s.io AuthorizationPolicy.security.istio.io RequestAuthentication.security.istio.io
    PeerAuthentication.security.istio.io DestinationRule.networking.istio.io VirtualService.networking.istio.io
    ServiceEntry.networking.istio.io Sidecar.networking.istio.io EnvoyFilter.networking.istio.io
    Telemetry.telemetry.istio.io Certificate.cert-manager.io Issuer.cert-manager.io
    ExternalSecret.external-secrets.io SecretStore.external-secrets.io PushSecret.external-secrets.io
    ServiceMonitor.monitoring.coreos.com PodMonitor.monitoring.coreos.com PrometheusRule.monitoring.coreos.com
    Probe.monitoring.coreos.com ScrapeConfig.monitoring.coreos.com
"""
_WORKLOADS = """
    Deployment.apps StatefulSet.apps Job.batch CronJob.batch PersistentVolumeClaim
    HorizontalPodAutoscaler.autoscaling PodDisruptionBudget.policy
"""
_DATABASES = """
    Cluster.postgresql.cnpg.io Pooler.postgresql.cnpg.io ScheduledBackup.postgresql.cnpg.io Backup.postgresql.cnpg.io
    Database.postgresql.cnpg.io DatabaseRole.postgresql.cnpg.io ImageCatalog.postgresql.cnpg.io
    Publication.postgresql.cnpg.io Subscription.postgresql.cnpg.io ObjectStore.barmancloud.cnpg.io
    RedisCluster.redis.redis.opstreelabs.in RedisReplication.redis.redis.opstreelabs.in
    Redis.redis.redis.opstreelabs.in RedisSentinel.redis.redis.opstreelabs.in
    Seaweed.seaweed.seaweedfs.com Bucket.seaweed.seaweedfs.com VolumeSnapshot.snapshot.storage.k8s.io
"""
_DELIVERY = "Rollout.argoproj.io AnalysisTemplate.argoproj.io Experiment.argoproj.io"
_GROUND = "ResourceQuota LimitRange"
_CLUSTER = """
    Namespace PriorityClass.scheduling.k8s.io ClusterRole.rbac.authorization.k8s.io
    ClusterRoleBinding.rbac.authorization.k8s.io StorageClass.storage.k8s.io CSIDriver.storage.k8s.io PersistentVolume
    IngressClass.networking.k8s.io GatewayClass.gateway.networking.k8s.io RuntimeClass.node.k8s.io
    CustomResourceDefinition.apiextensions.k8s.io APIService.apiregistration.k8s.io
    ValidatingAdmissionPolicy.admissionregistration.k8s.io
    ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io
    ValidatingWebhookConfiguration.admissionregistration.k8s.io
    MutatingWebhookConfiguration.admissionregistration.k8s.io ClusterIssuer.cert-manager.io
    ClusterSecretStore.external-secrets.io ClusterExternalSecret.external-secrets.io
    VolumeSnapshotClass.snapshot.storage.k8s.io NodePool.karpenter.sh ClusterPolicy.nvidia.com
    ClusterAnalysisTemplate.argoproj.io
"""
_ANY = "*"


@dataclass(frozen=True, slots=True)
class Territory:
    """What one Application may carry: kinds (as kubectl writes them, `Deployment.apps`) by namespace."""

    cluster: frozenset[str]
    namespaced: Mapping[str, frozenset[str]]


def _kinds(*words: str) -> frozenset[str]:
    return frozenset(word for part in words for word in part.split())


_IN_PLATFORM = _kinds(_BESIDE, _GROUND)
_IN_APPS = _kinds(_BESIDE, _WORKLOADS, _DELIVERY)

# spec §6.1 names the three Applications; what they carry is the house's rule. The stateful data layer is alone in
# aiwfe-data, where a person approves each sync. Workloads of the platform itself stay in its own three namespaces.
TERRITORIES: Mapping[str, Territory] = {
    "argocd": Territory(frozenset(), {"gitops": frozenset({_ANY})}),
    "platform": Territory(
        _kinds(_CLUSTER),
        {name: _IN_PLATFORM for name in NAMESPACES if name.startswith("aiwfe-")}
        | {name: frozenset({_ANY}) for name in ("istio-system", "monitoring", "gitops")},
    ),
    "data": Territory(
        _kinds("ClusterImageCatalog.postgresql.cnpg.io"), {"aiwfe-data": _kinds(_BESIDE, _WORKLOADS, _DATABASES)}
    ),
    "apps": Territory(frozenset(), dict.fromkeys(("aiwfe-system", "aiwfe-ai", "aiwfe-integrations"), _IN_APPS)),
}

DUPLICATE = Rule("ownership/duplicate", "An object stands once in its environment.")
TERRITORY = Rule("ownership/territory", "Each Application carries only the kinds and namespaces that are its own.")
SCOPE = Rule("ownership/scope", "Namespaced kinds say their namespace, cluster-scoped kinds say none.")
NAMESPACE = Rule("ownership/namespace", "There are the seven namespaces of spec §4.1 and no other.")
STRAY = Rule("ownership/stray", "dist/ holds <environment>/<application>/<component>.yaml and nothing else.")
EMPTY = Rule("ownership/empty", "Every file of dist/ holds at least one object.")

_COMPONENT = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)


def find(platform: Platform) -> Iterator[Finding]:
    """All objects and files that are not where they belong."""
    scopes = _scopes(platform)
    for stray in platform.strays:
        yield STRAY.in_file(stray, "lies in dist/, where only environments do", "remove it")
    for environment in platform.environments:
        yield from _files(environment)
        yield from _duplicates(environment)
        for item in environment.objects:
            yield from _scope(item, scopes)
            yield from _namespace(item)
            yield from _territory(item)


def _scopes(platform: Platform) -> Mapping[str, Any]:
    path = platform.schemas / "kinds.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path}: cannot be read ({error}): `make imports` writes it") from None


def _files(environment: Environment) -> Iterator[Finding]:
    for stray in environment.strays:
        yield STRAY.in_file(
            stray,
            f"is not <application>/<component>.yaml (applications: {', '.join(APPLICATIONS)})",
            "remove it, or let its chart write it elsewhere",
        )
    for file in environment.files:
        if not _COMPONENT.fullmatch(file.component):
            yield STRAY.in_file(file.path, "is not named in lower case letters, digits and dashes", "rename the chart")
        if not file.objects:
            yield EMPTY.in_file(file.path, "holds no object", "remove the chart, or what makes it empty")


def _duplicates(environment: Environment) -> Iterator[Finding]:
    first: dict[tuple[str, str, str, str], Object] = {}
    for item in environment.objects:
        other = first.setdefault((item.group, item.kind, item.namespace, item.name), item)
        if other is not item:
            yield DUPLICATE(
                item, f"stands in {other.file}:{other.line} too: the two would overwrite each other", "keep one"
            )


def _scope(item: Object, scopes: Mapping[str, Any]) -> Iterator[Finding]:
    kind = scopes.get(f"{item.api_version}/{item.kind}")
    if kind is None:
        return  # the schema proof reports unknown kinds
    if kind["namespaced"] and not item.namespace:
        yield SCOPE(item, f"{item.kind} is namespaced, but no namespace is given", "set metadata.namespace")
    if not kind["namespaced"] and item.namespace:
        yield SCOPE(item, f"{item.kind} is cluster-scoped, but a namespace is given", "leave metadata.namespace out")


def _namespace(item: Object) -> Iterator[Finding]:
    name = item.name if item.kind == "Namespace" else item.namespace
    if name and name not in NAMESPACES:
        yield NAMESPACE(
            item,
            f"{'is' if item.kind == 'Namespace' else 'lies in'} namespace {name!r}, which spec §4.1 does not have"
            f"{nearest(name, NAMESPACES)}",
            f"use one of {', '.join(sorted(NAMESPACES))}",
        )


def _territory(item: Object) -> Iterator[Finding]:
    allowed = _at(TERRITORIES[item.application], item)
    kind = f"{item.kind}.{item.group}" if item.group else item.kind
    if kind in allowed or _ANY in allowed:
        return
    place = f"in {item.namespace}" if item.namespace else "at the level of the cluster"
    elsewhere = [name for name, other in TERRITORIES.items() if kind in _at(other, item) or _ANY in _at(other, item)]
    yield TERRITORY(
        item,
        f"Application {item.application} may carry no {kind} {place}",
        f"move it to {' or '.join(elsewhere)}"
        if elsewhere
        else "move it, or extend the table in aiwfe/proofs/ownership.py",
    )


def _at(territory: Territory, item: Object) -> frozenset[str]:
    return territory.namespaced.get(item.namespace, frozenset()) if item.namespace else territory.cluster


PROOF = Proof(
    "ownership",
    "Each object belongs to exactly one Application, in a namespace and of a kind that this Application may carry.",
    (DUPLICATE, TERRITORY, SCOPE, NAMESPACE, STRAY, EMPTY),
    find,
)
