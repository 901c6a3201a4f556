"""A workload and all that it takes to run one: account, Service, autoscaler, disruption budget."""

from __future__ import annotations

from collections.abc import Mapping

from charts.constructs.amounts import Amount, mebibytes
from charts.constructs.app import Chart
from charts.constructs.labels import labels, selector
from charts.constructs.pod import account
from charts.constructs.reference import Service
from charts.constructs.size import Autoscaler, Demand, Size
from imports import k8s


def deployment(chart: Chart, service: Service, component: str, size: Size, template: k8s.PodTemplateSpec) -> Demand:
    """A stateless workload. An update adds a pod and, where there are several, takes one away: it must be able to move
    while the autoscalers have used up the quota, which is when a fix is needed most.
    """
    surge, fewer = 1, min(1, size.replicas - 1)
    _account(chart, service, component)
    spec: k8s.DeploymentSpec = {
        "selector": {"matchLabels": selector(service.name)},
        "revisionHistoryLimit": 2,  # the history is in Git
        "progressDeadlineSeconds": 600,
        "minReadySeconds": 5,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": fewer}},
        "template": template,
    }
    if not size.autoscaler:  # the autoscaler owns the count where there is one
        spec = {"replicas": size.replicas, **spec}
    k8s.Deployment(chart, "deployment", metadata=_metadata(service, component), spec=spec)
    _service(chart, service, component)
    if size.autoscaler:
        _autoscaler(chart, service, component, size.replicas, size.autoscaler)
    _disruption_budget(chart, service, component)
    most = size.autoscaler.max_replicas if size.autoscaler else size.replicas
    return Demand(service.namespace.name, _pod(service, size, template) * (most + surge))


def stateful_set(
    chart: Chart,
    service: Service,
    component: str,
    size: Size,
    template: k8s.PodTemplateSpec,
    volumes: Mapping[str, str],
    *,
    storage_class: str,
) -> Demand:
    """A workload whose pods each keep volumes, given as name and size; the volumes outlive the pods."""
    _account(chart, service, component)
    k8s.StatefulSet(
        chart,
        "statefulset",
        metadata={
            **_metadata(service, component),
            "annotations": {"argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm"},
        },
        spec={
            "replicas": size.replicas,
            "serviceName": f"{service.name}-pods",
            "selector": {"matchLabels": selector(service.name)},
            "podManagementPolicy": "Parallel",
            "revisionHistoryLimit": 2,
            "minReadySeconds": 5,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "template": template,
            "volumeClaimTemplates": [
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": name, "labels": labels(service.name, component)},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "storageClassName": storage_class,
                        "volumeMode": "Filesystem",
                        "resources": {"requests": {"storage": quantity}},
                    },
                }
                for name, quantity in volumes.items()
            ],
        },
    )
    _service(chart, service, component)
    _headless(chart, service, component)
    _disruption_budget(chart, service, component)
    storage = Amount(storage=sum(map(mebibytes, volumes.values())))
    return Demand(service.namespace.name, (_pod(service, size, template) + storage) * size.replicas)


def _pod(service: Service, size: Size, template: k8s.PodTemplateSpec) -> Amount:
    limits = template.get("spec", {}).get("containers", [{}])[0].get("resources", {}).get("limits", {})
    return size.of_pod(mesh=service.namespace.mesh, gpus=int(limits.get("nvidia.com/gpu", 0)))


def _metadata(service: Service, component: str, name: str | None = None) -> k8s.ObjectMeta:
    return {
        "name": name or service.name,
        "namespace": service.namespace.name,
        "labels": labels(service.name, component),
    }


def _account(chart: Chart, service: Service, component: str) -> None:
    k8s.ServiceAccount(
        chart,
        "account",
        metadata=_metadata(service, component, account(service)),
        automountServiceAccountToken=False,
    )


def _service(chart: Chart, service: Service, component: str) -> None:
    k8s.Service(
        chart,
        "service",
        metadata=_metadata(service, component),
        spec={"type": "ClusterIP", "selector": selector(service.name), "ports": _ports(service)},
    )


def _headless(chart: Chart, service: Service, component: str) -> None:
    """The pods' own names, which a StatefulSet needs."""
    k8s.Service(
        chart,
        "pods",
        metadata=_metadata(service, component, f"{service.name}-pods"),
        spec={
            "type": "ClusterIP",
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": selector(service.name),
            "ports": _ports(service),
        },
    )


def _ports(service: Service) -> list[k8s.ServicePort]:
    return [{"name": name, "port": port, "targetPort": name, "protocol": "TCP"} for name, port in service.ports.items()]


def container_ports(service: Service) -> list[k8s.ContainerPort]:
    """The same ports on the container's side; `protocol` is written out, or Argo CD sees drift in a Rollout."""
    return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in service.ports.items()]


def _autoscaler(chart: Chart, service: Service, component: str, minimum: int, scaler: Autoscaler) -> None:
    """Up at once and by half again, down slowly by a pod a minute: a user notices the first, nobody the second."""
    k8s.HorizontalPodAutoscaler(
        chart,
        "autoscaler",
        metadata=_metadata(service, component),
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name},
            "minReplicas": minimum,
            "maxReplicas": scaler.max_replicas,
            "metrics": [
                {
                    # The container's own use: the sidecar's share would water the figure down.
                    "type": "ContainerResource",
                    "containerResource": {
                        "container": service.name,
                        "name": scaler.resource,
                        "target": {"type": "Utilization", "averageUtilization": scaler.utilization},
                    },
                }
            ],
            "behavior": {
                "scaleUp": {
                    "stabilizationWindowSeconds": 0,
                    "selectPolicy": "Max",
                    "policies": [
                        {"type": "Percent", "value": 50, "periodSeconds": 30},
                        {"type": "Pods", "value": 2, "periodSeconds": 30},
                    ],
                },
                "scaleDown": {
                    "stabilizationWindowSeconds": 300,
                    "selectPolicy": "Max",
                    "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
                },
            },
        },
    )


def _disruption_budget(chart: Chart, service: Service, component: str) -> None:
    """One pod at a time: a node drain moves on, and never takes the last of several replicas."""
    k8s.PodDisruptionBudget(
        chart,
        "disruption-budget",
        metadata=_metadata(service, component),
        spec={
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(service.name)},
        },
    )
