"""How large a workload is: what its component declares, as its environment changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from charts.constructs.amounts import Amount, mebibytes, millicores
from envs import Environment

# What the injected Istio sidecar asks for beside each container of the mesh. Measured needs are about 40 MiB with a
# trimmed configuration; CPU follows the traffic.
SIDECAR = {"cpu": "50m", "memory": "96Mi"}
SIDECAR_MEMORY_LIMIT = "256Mi"


@dataclass(frozen=True)
class Autoscaler:
    """The HorizontalPodAutoscaler of a workload (spec §4.2)."""

    max_replicas: int
    resource: Literal["cpu", "memory"]
    utilization: int
    """Percent of the container's own request."""


@dataclass(frozen=True)
class Size:
    """Pods of a workload, and what each pod's own container requests."""

    replicas: int
    cpu: str
    memory: str
    memory_limit: str | None = None
    """The memory that it may use for a while; its request where nothing else is said (docs/adr/0003)."""
    autoscaler: Autoscaler | None = None
    sidecar: Mapping[str, str] | None = None
    """Requests of the Istio sidecar where SIDECAR is too little."""

    def in_environment(self, env: Environment, name: str) -> Size:
        """This size as `services.<name>` of the environment changes it. Raises InputError with that file's line."""
        change = env.services.get(name)
        if not change:
            return self
        scaler, replicas = self.autoscaler, change.replicas or self.replicas
        if change.max_replicas and not scaler:
            raise env.mistake("services", name, "max_replicas", message=f"{name} has no autoscaler: set replicas alone")
        if change.max_replicas and scaler:
            scaler = Autoscaler(change.max_replicas, scaler.resource, scaler.utilization)
        if scaler and replicas > scaler.max_replicas:
            field = "replicas" if change.replicas else "max_replicas"
            raise env.mistake(
                "services", name, field,
                message=f"{replicas} replicas are above the autoscaler's maximum of {scaler.max_replicas}",
            )  # fmt: skip
        return replace(
            self,
            replicas=replicas,
            cpu=change.cpu or self.cpu,
            memory=change.memory or self.memory,
            memory_limit=None if change.memory else self.memory_limit,
            autoscaler=scaler,
        )

    def of_pod(self, *, mesh: bool, gpus: int = 0) -> Amount:
        """What one pod asks the quota for, its sidecar included."""
        pod = Amount(pods=1, cpu=millicores(self.cpu), memory=mebibytes(self.memory), gpus=gpus)
        if not mesh:
            return pod
        sidecar = self.sidecar or SIDECAR
        return pod + Amount(cpu=millicores(sidecar["cpu"]), memory=mebibytes(sidecar["memory"]))


@dataclass(frozen=True)
class Demand:
    """The most that a workload may ask of its namespace's quota: all replicas, a rolling update's surge, volumes."""

    namespace: str
    most: Amount
