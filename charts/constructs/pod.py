"""The pod template of every workload: restricted, spread, drained before it stops, its sidecar sized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from charts.constructs.labels import labels, selector
from charts.constructs.reference import Service
from charts.constructs.size import SIDECAR, SIDECAR_LIMITS, Size
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


def resources(size: Size, *, gpus: int = 0) -> k8s.ResourceRequirements:
    """Requests, and memory's limit equal to its request; no CPU limit (docs/adr/0003-no-cpu-limits.md)."""
    devices = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return {
        "requests": {"cpu": size.cpu, "memory": size.memory, **devices},
        "limits": {"memory": size.memory, **devices},
    }


def pod_template(
    service: Service,
    component: str,
    size: Size,
    *,
    container: k8s.Container,
    priority: str,
    grace_seconds: int,
    volumes: Sequence[k8s.Volume] = (),
    user: int = USER,
    node_selector: Mapping[str, str] | None = None,
    tolerations: Sequence[k8s.Toleration] | None = None,
) -> k8s.PodTemplateSpec:
    """A pod of `service` with one container of ours.

    `container` holds what only its component knows; the rest of a production-grade pod is added here. `grace_seconds`
    is how long the process may take to finish its work after SIGTERM.
    """
    spec: k8s.PodSpec = {
        "serviceAccountName": account(service),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": priority,
        "terminationGracePeriodSeconds": DRAIN_SECONDS + grace_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": _spread(service),
        "containers": [
            {
                **container,
                "imagePullPolicy": "IfNotPresent",
                "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
                "securityContext": CONTAINER_SECURITY,
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *container.get("volumeMounts", ())],
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}, *volumes],
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
        "sidecar.istio.io/proxyCPULimit": SIDECAR_LIMITS["cpu"],
        "sidecar.istio.io/proxyMemory": requests["memory"],
        "sidecar.istio.io/proxyMemoryLimit": SIDECAR_LIMITS["memory"],
    }


def _spread(service: Service) -> list[k8s.TopologySpreadConstraint]:
    """Even over zones, and over nodes where that is possible: a zone's loss takes its share and no more."""
    common: k8s.TopologySpreadConstraint = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": selector(service.name)},
        "matchLabelKeys": ["pod-template-hash"],  # each version evenly, while an update runs two
        "nodeAffinityPolicy": "Honor",
        "nodeTaintsPolicy": "Honor",
    }
    return [common, {**common, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}]
