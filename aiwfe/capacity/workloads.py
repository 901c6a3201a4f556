"""How many pods and how much storage each workload takes: steady, at most while rolling out, and in Jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from aiwfe.capacity.resources import Amounts, Pod, add, amounts, pod_of, times
from aiwfe.dist import Environment
from aiwfe.objects import Body, Object, PodTemplate, at, mapping, mappings, text

NODES = 3
"""Nodes that a DaemonSet's pods are counted on: one in each of three zones."""

_SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "Rollout")


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload and what it takes from the quota."""

    owner: Object
    pod: Pod
    replicas: int
    """Steady pods: the HPA's minimum where there is one."""
    surge: int
    """Further pods at most while a new release rolls out."""
    jobs: int
    """Pods of Jobs that may run beside everything else."""
    scaler: Object | None

    @property
    def steady(self) -> Amounts:
        """Pods and storage that are always there."""
        return add(times(self.pod.usage, self.replicas), times(_claims(self.owner), self.replicas))

    @property
    def surging(self) -> Amounts:
        """Pods that a roll-out adds for a while."""
        return times(self.pod.usage, self.surge)

    @property
    def running_jobs(self) -> Amounts:
        """Pods that Jobs add for a while."""
        return times(self.pod.usage, self.jobs)

    @property
    def one_more(self) -> Amounts:
        """What one replica more takes."""
        return add(self.pod.usage, _claims(self.owner))


def workloads_of(environment: Environment, namespace: str) -> list[Workload]:
    """The workloads of a namespace, in the order of the files."""
    scalers = {_target(item): item for item in environment.of_kind("HorizontalPodAutoscaler")}
    found: list[Workload] = []
    for template in environment.pods:
        owner = template.owner
        if owner.namespace != namespace:
            continue
        scaler = scalers.get((owner.namespace, owner.kind, owner.name))
        replicas = _replicas(owner, scaler)
        found.append(
            Workload(owner, pod_of(environment, template), replicas, _surge(owner, replicas), _jobs(owner), scaler)
        )
    return [*found, *_instances(environment, namespace)]


def _instances(environment: Environment, namespace: str) -> Iterator[Workload]:
    """What CloudNativePG makes of a Cluster: instances one by one, in place of a Job of the same size that joins each.

    An update takes an instance away before it brings it back, so that there is no surge.
    """
    for item in environment.of_kind("Cluster"):
        if item.group == "postgresql.cnpg.io" and item.namespace == namespace:
            container = {"name": "postgres", "resources": mapping(item.body, "spec", "resources")}
            template = PodTemplate(item, {"spec": {"containers": [container]}})
            replicas = _count(at(item.body, "spec", "instances"), 1)
            yield Workload(item, pod_of(environment, template), replicas, surge=0, jobs=0, scaler=None)


def hpa_range(scaler: Object) -> tuple[int, int]:
    """The least and the most replicas of an HPA."""
    return _count(at(scaler.body, "spec", "minReplicas"), 1), _count(at(scaler.body, "spec", "maxReplicas"), 1)


def claims_of(environment: Environment, namespace: str) -> Amounts:
    """The storage that PersistentVolumeClaims of their own ask for."""
    return add(
        *(_claim(item.body) for item in environment.of_kind("PersistentVolumeClaim") if item.namespace == namespace)
    )


def _target(scaler: Object) -> tuple[str, str, str]:
    target = mapping(scaler.body, "spec", "scaleTargetRef")
    return scaler.namespace, text(target, "kind"), text(target, "name")


def _replicas(owner: Object, scaler: Object | None) -> int:
    if scaler is not None:
        return hpa_range(scaler)[0]
    if owner.kind in _SCALED:
        return _count(at(owner.body, "spec", "replicas"), 1)
    return {"DaemonSet": NODES, "Pod": 1}.get(owner.kind, 0)


def _surge(owner: Object, replicas: int) -> int:
    """Pods above `replicas` at the worst moment of an update. A StatefulSet has no surge."""
    strategy = mapping(owner.body, "spec", "strategy")
    if owner.kind == "Deployment" and text(strategy, "type") != "Recreate":
        return _share(at(strategy, "rollingUpdate", "maxSurge"), "25%", replicas)
    if owner.kind == "DaemonSet":
        return _share(at(owner.body, "spec", "updateStrategy", "rollingUpdate", "maxSurge"), 0, replicas)
    if owner.kind == "Rollout":
        # spec §6.2: the blue version is kept in full beside the green one, for 24 h.
        canary = mapping(strategy, "canary")
        if "blueGreen" in strategy or canary.get("trafficRouting"):
            return replicas
        return _share(canary.get("maxSurge"), "25%", replicas)
    return 0


def _share(value: object, default: int | str, replicas: int) -> int:
    """maxSurge: a number, or a percentage that rounds up."""
    value = default if value is None else value
    if isinstance(value, str) and value.removesuffix("%").isdecimal():
        return ceil(Fraction(int(value.removesuffix("%")), 100) * replicas)
    return _count(value, 0)


def _jobs(owner: Object) -> int:
    """Pods that a Job, or the Jobs of a CronJob, may run at once: an Allow lets the next one start beside the last."""
    if owner.kind == "Job":
        return _at_once(mapping(owner.body, "spec"))
    if owner.kind == "CronJob" and at(owner.body, "spec", "suspend") is not True:
        jobs = 1 if text(owner.body, "spec", "concurrencyPolicy") in ("Forbid", "Replace") else 2
        return jobs * _at_once(mapping(owner.body, "spec", "jobTemplate", "spec"))
    return 0


def _at_once(job: Body) -> int:
    """Pods that one Job runs at once: never more than it still has to complete."""
    if job.get("suspend") is True:
        return 0
    parallelism = _count(job.get("parallelism"), 1)
    return min(parallelism, _count(job.get("completions"), parallelism))


def _claims(owner: Object) -> Amounts:
    if owner.kind == "Cluster":
        volumes = [mapping(owner.body, "spec", name) for name in ("storage", "walStorage")]
        return add(*(_volume(amounts({"size": volume}, "size")) for volume in volumes if volume))
    templates = mappings(owner.body, "spec", "volumeClaimTemplates") if owner.kind == "StatefulSet" else []
    return add(*(_claim(template) for template in templates))


def _claim(body: Body) -> Amounts:
    return _volume(amounts(body, "spec", "resources", "requests"))


def _volume(requests: Amounts) -> Amounts:
    storage = requests.get("storage", requests.get("size", Fraction(0)))
    return {"requests.storage": storage, "persistentvolumeclaims": Fraction(1)}


def _count(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
