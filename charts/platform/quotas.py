"""What each namespace may ask of the cluster (spec §4.2), and what a container gets that does not say.

`quota: spec` is spec §4.2 to the letter. `quota: fit` is, for each figure, the larger of the spec's and what the
namespace's workloads may ask for at their autoscalers' maxima, a rolling update's surge and their sidecars included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from charts.constructs.amounts import Amount
from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from charts.constructs.size import Demand
from charts.platform.namespaces import AI, DATA, INTEGRATIONS, SYSTEM, Namespace
from envs import Environment
from imports import k8s


@dataclass(frozen=True)
class Limits:
    """The quota of one namespace, and the largest container in it. A figure that is None is not limited."""

    namespace: Namespace
    cpu: int
    memory_gib: int
    largest_gib: int
    """Memory of the largest container: none may take the namespace for itself."""
    pods: int | None = None
    storage_gib: int | None = None
    gpus: int | None = None


LIMITS = (
    Limits(SYSTEM, cpu=4, memory_gib=8, pods=20, largest_gib=2),
    Limits(DATA, cpu=6, memory_gib=12, pods=10, storage_gib=100, largest_gib=6),
    Limits(AI, cpu=8, memory_gib=16, gpus=2, largest_gib=12),
    # Spec §4.2 names no figures here; half of aiwfe-system's, for services of the same kind (docs/adr/0004-quotas.md).
    Limits(INTEGRATIONS, cpu=2, memory_gib=4, pods=12, largest_gib=1),
)


def quotas(app: App, env: Environment, demands: Iterable[Demand]) -> None:
    """A ResourceQuota and a LimitRange for each of the platform's own namespaces."""
    chart = Chart(app, "platform/quotas")
    most = list(demands)
    for limits in LIMITS:
        name = limits.namespace.name
        needed = sum((demand.most for demand in most if demand.namespace == name), Amount())
        k8s.ResourceQuota(
            chart,
            f"quota-{name}",
            metadata={
                "name": name,
                "namespace": name,
                "labels": labels(name, "quota"),
                "annotations": {"aiwfe.io/quota": env.quota, "argocd.argoproj.io/sync-wave": "-10"},
            },
            spec={"hard": _hard(limits, needed if env.quota == "fit" else Amount())},
        )
        _limit_range(chart, limits)


def _hard(limits: Limits, needed: Amount) -> dict[str, str]:
    """ResourceQuota counts requests; extended resources only under `requests.`."""
    hard = {
        "requests.cpu": str(max(limits.cpu, -(-needed.cpu // 1000))),
        "requests.memory": f"{max(limits.memory_gib, -(-needed.memory // 1024))}Gi",
    }
    if limits.pods:
        hard["pods"] = str(max(limits.pods, needed.pods))
    if limits.storage_gib:
        hard["requests.storage"] = f"{max(limits.storage_gib, -(-needed.storage // 1024))}Gi"
    if limits.gpus:
        hard["requests.nvidia.com/gpu"] = str(max(limits.gpus, needed.gpus))
    return hard


def _limit_range(chart: Chart, limits: Limits) -> None:
    """Defaults for containers that others inject or forget to size; written out, as the API server would."""
    name = limits.namespace.name
    k8s.LimitRange(
        chart,
        f"limits-{name}",
        metadata={
            "name": name,
            "namespace": name,
            "labels": labels(name, "quota"),
            "annotations": {"argocd.argoproj.io/sync-wave": "-10"},
        },
        spec={
            "limits": [
                {
                    "type": "Container",
                    # No CPU in `max` or `default`: it would become every container's CPU limit. And no smaller
                    # `default` for memory: a container that requests more, and says no limit, would be refused.
                    "defaultRequest": {"cpu": "50m", "memory": "128Mi"},
                    "default": {"memory": f"{limits.largest_gib}Gi"},
                    "min": {"cpu": "10m", "memory": "16Mi"},
                    "max": {"memory": f"{limits.largest_gib}Gi"},
                }
            ]
        },
    )
