"""The pod template of every workload: restricted, spread, drained before it stops, its sidecar sized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from charts.constructs.amounts import mebibytes
from charts.constructs.labels import labels, selector
from charts.constructs.reference import Service
from charts.constructs.size import SIDECAR, SIDECAR_MEMORY_LIMIT, Size
from imports import k8s

USER = 10001  # the uid of our own images; not root, and above the range of system users

# Pod Security `restricted`, and no writing but to mounted volumes (spec §4.3).
CONTAINER_SECURITY: k8s.SecurityContext = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
}

# Before SIGTERM, while endpoints and the other proxies forget the pod; without it a rollout drops requests.
DRAIN_SECONDS = 10
# After a process that used all of its time, before SIGKILL.
_SLACK_SECONDS = 5

_TMP = "64Mi"
_LOGS = 128  # MiB that a container's log files may take on the node, rotation included


def resources(size: Size, *, gpus: int = 0) -> k8s.ResourceRequirements:
    """Requests, and memory's limit equal to its request; no CPU limit (docs/adr/0003-no-cpu-limits.md)."""
    devices = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return {
        "requests": {"cpu": size.cpu, "memory": size.memory, **devices},
        "limits": {"memory": size.memory_limit or size.memory, **devices},
    }


def pod_template(
    service: Service,
    component: str,
    size: Size,
    *,
    container: k8s.Container,
    priority: str,
    grace_seconds: int,
    drain_seconds: int = DRAIN_SECONDS,
    volumes: Sequence[k8s.Volume] = (),
    user: int = USER,
    stateful: bool = False,
    node_selector: Mapping[str, str] | None = None,
    tolerations: Sequence[k8s.Toleration] | None = None,
) -> k8s.PodTemplateSpec:
    """A pod of `service` with one container of ours.

    `container` holds what only its component knows; the rest of a production-grade pod is added here. `grace_seconds`
    is how long the process may take to finish its work after SIGTERM, `drain_seconds` how long it gets before that.
    """
    all_volumes: list[k8s.Volume] = [{"name": "tmp", "emptyDir": {"sizeLimit": _TMP}}, *volumes]
    spec: k8s.PodSpec = {
        "serviceAccountName": account(service),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": priority,
        "terminationGracePeriodSeconds": drain_seconds + grace_seconds + _SLACK_SECONDS,
        # Names are written in full: asked for as they are, before the cluster's search domains.
        "dnsPolicy": "ClusterFirst",
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": _spread(service, stateful=stateful),
        "containers": [
            {
                **container,
                "imagePullPolicy": "IfNotPresent",
                "resources": _with_scratch(container.get("resources", {}), all_volumes),
                "lifecycle": {"preStop": {"sleep": {"seconds": drain_seconds}}},
                "securityContext": CONTAINER_SECURITY,
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *container.get("volumeMounts", ())],
            }
        ],
        "volumes": all_volumes,
    }
    if node_selector:
        spec["nodeSelector"] = node_selector
    if tolerations:
        spec["tolerations"] = tolerations
    return {
        "metadata": {"labels": labels(service.name, component), "annotations": _sidecar(service, size)},
        "spec": spec,
    }


def account(service: Service) -> str:
    """The ServiceAccount of a workload (spec §4.3 names four; the others follow the same pattern)."""
    return _SPEC_ACCOUNTS.get(service.name, f"aiwfe-{service.name}")


_SPEC_ACCOUNTS = {"webui": "aiwfe-webui", "api-gateway": "aiwfe-api", "agent-engine": "aiwfe-agents"}


def _sidecar(service: Service, size: Size) -> Mapping[str, str]:
    """The injected proxy's resources, said here because the quota counts them."""
    if not service.namespace.mesh:
        return {}
    requests = size.sidecar or SIDECAR
    return {
        "sidecar.istio.io/proxyCPU": requests["cpu"],
        "sidecar.istio.io/proxyMemory": requests["memory"],
        "sidecar.istio.io/proxyMemoryLimit": SIDECAR_MEMORY_LIMIT,
        # Two worker threads. Without a CPU limit it would start one for each core of the node.
        "proxy.istio.io/config": '{"concurrency": 2}',
    }


def _with_scratch(said: k8s.ResourceRequirements, volumes: Sequence[k8s.Volume]) -> k8s.ResourceRequirements:
    """What the container's scratch volumes and logs may take of the node's disk, so that the scheduler knows it."""
    limits = [volume.get("emptyDir", {}).get("sizeLimit", "0Mi") for volume in volumes]
    scratch = _LOGS + sum(mebibytes(str(limit)) for limit in limits)
    return {**said, "requests": {**said.get("requests", {}), "ephemeral-storage": f"{scratch}Mi"}}


def _spread(service: Service, *, stateful: bool) -> list[k8s.TopologySpreadConstraint]:
    """Even over zones, and over nodes where that is possible: a zone's loss takes its share and no more.

    A stateful pod must go where its volume is. A zone that is not even would keep it from there for ever, so that it is
    only preferred.
    """
    zones: k8s.TopologySpreadConstraint = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway" if stateful else "DoNotSchedule",
        "labelSelector": {"matchLabels": selector(service.name)},
        "nodeAffinityPolicy": "Honor",
        "nodeTaintsPolicy": "Honor",
    }
    if not stateful:
        zones["matchLabelKeys"] = ["pod-template-hash"]  # each version evenly, while an update runs two
    return [zones, {**zones, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}]
