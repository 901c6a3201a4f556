"""What the real programs say of dist/: each complaint is a finding about the object of dist/ that it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiwfe.cluster.applications import ALL, Application, applications
from aiwfe.cluster.box import Box
from aiwfe.cluster.kubectl import Kubectl, KubectlError
from aiwfe.dist import Environment
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Body, Object, mapping, mappings, selects, text

ACCEPTED = Rule("cluster/accepted", "The API server takes every object.")
SYNCED = Rule("cluster/synced", "Every object is in the cluster as it is in dist/, and stays so.")
HEALTHY = Rule("cluster/healthy", "Every object becomes what it says: healthy, as Argo CD judges it.")
ADMITTED = Rule("cluster/admitted", "Every pod is admitted: by quotas, LimitRanges and Pod Security.")
PLACED = Rule("cluster/placed", "Every pod is placed on a node of the pool that it is meant for.")
GUARDED = Rule("cluster/guarded", "The platform's own namespaces take no privileged pod.")
RULES = (ACCEPTED, SYNCED, HEALTHY, ADMITTED, PLACED, GUARDED)

# Spec §4.3, and no node agents live there: Pod Security `restricted`.
RESTRICTED = ("aiwfe-system", "aiwfe-data", "aiwfe-ai", "aiwfe-integrations")

# Application -> the folder of dist/<environment> that it syncs.
FOLDERS = {"aiwfe": "argocd", "aiwfe-platform": "platform", "aiwfe-data": "data", "aiwfe-applications": "apps"}

# What controllers say when the API server refuses their pods.
_REFUSALS = ("FailedCreate", "ReplicaFailure")
_GPU = "nvidia.com/gpu"


@dataclass(frozen=True)
class Seen:
    """What is in the cluster, looked at once."""

    applications: Mapping[str, Application]
    events: list[Body] = field(repr=False)
    pods: list[Body] = field(repr=False)
    nodes: list[Body] = field(repr=False)
    unguarded: list[str]
    """The namespaces that would take a privileged pod."""


def look(box: Box) -> Seen:
    """Asks the API server for all that the verdict needs."""
    kubectl = box.kubectl
    unguarded = [name for name in RESTRICTED if _takes_privileged_pods(kubectl, name)]
    return Seen(applications(box), kubectl.list("events"), kubectl.list("pods"), kubectl.list("nodes"), unguarded)


def _takes_privileged_pods(kubectl: Kubectl, namespace: str) -> bool:
    """Has the API server admit one, and not keep it."""
    if not kubectl.get("namespace", namespace):
        return False
    container = {"name": "privileged", "image": "registry.invalid/none:1", "securityContext": {"privileged": True}}
    metadata = {"name": "privileged", "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    try:
        kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(body))
    except KubectlError:
        return False
    return True


def judge(seen: Seen, environment: Environment) -> list[Finding]:
    """Everything that does not hold, in the order of dist/."""
    found = [
        *_applications(seen, environment),
        *_refused_pods(seen, environment),
        *_misplaced_pods(seen, environment),
        *_unguarded(seen, environment),
    ]
    return sorted(set(found), key=lambda finding: (finding.file, finding.line, finding.rule))


def _applications(seen: Seen, environment: Environment) -> Iterator[Finding]:
    for name in ALL:
        about = environment.get("Application", "gitops", name)
        application = seen.applications.get(name)
        if about is None:
            continue
        if application is None:
            yield ACCEPTED(about, "does not exist in the cluster", "see `aiwfe cluster status` for what came before it")
            continue
        for condition in mappings(application.body, "status", "conditions"):
            yield SYNCED(about, f"{text(condition, 'type')}: {text(condition, 'message')}", "correct what it names")
        yield from _resources(application, environment, about)


def _resources(application: Application, environment: Environment, about: Object) -> Iterator[Finding]:
    for one in mappings(application.body, "status", "operationState", "syncResult", "resources"):
        if one.get("status") == "SyncFailed":
            yield ACCEPTED(_object(one, environment) or about, text(one, "message"), "correct what it names")
    for one in application.resources:
        item = _object(one, environment) or about
        health = text(one, "health", "status")
        if one.get("status") != "Synced":
            yield SYNCED(
                item,
                f"{text(one, 'kind')} {text(one, 'name')} is {one.get('status')}: the cluster has it otherwise, or not",
                "write out what the API server or a controller defaults; `aiwfe cluster kubectl` shows what is there",
            )
        if health and health != "Healthy":
            yield HEALTHY(item, f"is {health}: {text(one, 'health', 'message')}", "see its events")


def _refused_pods(seen: Seen, environment: Environment) -> Iterator[Finding]:
    since = max(
        (text(one.body, "status", "operationState", "startedAt") for one in seen.applications.values()), default=""
    )
    well = {
        _object(one, environment)
        for application in seen.applications.values()
        for one in application.resources
        if one.get("status") == "Synced" and text(one, "health", "status") == "Healthy"
    }
    for event in seen.events:
        if event.get("reason") in _REFUSALS and event.get("type") == "Warning":
            item = _owner(mapping(event, "involvedObject"), environment)
            # Events stay for an hour: what was said before the last sync, of what is well now, is mended.
            mended = item in well and "" < text(event, "lastTimestamp") < since
            if item and not mended:
                yield ADMITTED(item, text(event, "message"), "ask for less, or for what is allowed")


def _misplaced_pods(seen: Seen, environment: Environment) -> Iterator[Finding]:
    gpu_nodes = {text(node, "metadata", "name") for node in seen.nodes if _GPU in mapping(node, "status", "capacity")}
    for pod in seen.pods:
        item = _workload(pod, environment)
        if item is None:
            continue
        name, node = text(pod, "metadata", "name"), text(pod, "spec", "nodeName")
        wants_gpu = any(
            _GPU in mapping(container, "resources", "requests") for container in mappings(pod, "spec", "containers")
        )
        if not node:
            conditions = [one for one in mappings(pod, "status", "conditions") if one.get("type") == "PodScheduled"]
            why = "; ".join(text(one, "message") for one in conditions) or "nobody placed it"
            yield PLACED(item, f"pod {name} has no node: {why}", "ask for less, or for what a node pool has")
        elif wants_gpu != (node in gpu_nodes):
            what = "needs no GPU, and is on" if not wants_gpu else "needs a GPU, and is not on"
            yield PLACED(item, f"pod {name} {what} a GPU node ({node})", "correct nodeSelector and tolerations")


def _unguarded(seen: Seen, environment: Environment) -> Iterator[Finding]:
    for name in seen.unguarded:
        if about := environment.get("Namespace", "", name):
            yield GUARDED(
                about,
                "takes a privileged pod",
                "label it pod-security.kubernetes.io/enforce: restricted",
            )


def _object(resource: Body, environment: Environment) -> Object | None:
    return environment.get(text(resource, "kind"), text(resource, "namespace"), text(resource, "name"))


def _owner(involved: Body, environment: Environment) -> Object | None:
    """The object of dist/ behind one that a controller made: a ReplicaSet is called after its Deployment."""
    name, namespace = text(involved, "name"), text(involved, "namespace")
    for kind in ("StatefulSet", "DaemonSet", "Job"):
        if found := environment.get(kind, namespace, name):
            return found
    stem = name.rpartition("-")[0]
    return environment.get("Deployment", namespace, stem) or environment.get("Rollout", namespace, stem)


def _workload(pod: Body, environment: Environment) -> Object | None:
    namespace, labels = text(pod, "metadata", "namespace"), mapping(pod, "metadata", "labels")
    for template in environment.pods:
        selector = mapping(template.owner.body, "spec", "selector")
        if template.namespace == namespace and selector and selects(selector, labels):
            return template.owner
    return None
