"""The nodes (spec §8.2, node auto-scaling): Karpenter adds them when pods wait, and takes them away when they idle.

What a node is made of (image, network, role) is an EC2NodeClass of the pool's name, which comes with the cluster.
"""

from __future__ import annotations

from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from envs import Environment
from imports import k8s, karpenter

GPU_LABEL = "nvidia.com/gpu.present"  # NVIDIA's feature discovery gives it too, later
GPU_TAINT = "nvidia.com/gpu"

# One node at a time, whatever the reason; a node is a month old at the most, and a disruption budget that nobody
# meets holds up an expired one for an hour, not for ever.
_BUDGETS: list[karpenter.NodePoolDisruptionBudget] = [{"nodes": "1"}]
_EXPIRE_AFTER, _DRAIN_AT_MOST = "720h", "1h"


def node_pools(app: App, env: Environment) -> None:
    """On-demand nodes for everything, and GPU nodes where the environment's models run on GPUs."""
    chart = Chart(app, "platform/node-pools")
    karpenter.NodePool(
        chart,
        "general",
        metadata=_metadata("general"),
        spec={
            "template": {
                "metadata": {"labels": {"aiwfe.io/node-pool": "general"}},
                "spec": {
                    "nodeClassRef": _node_class("general"),
                    "requirements": [
                        *_requirements(env),
                        _requirement("karpenter.k8s.aws/instance-category", "c", "m", "r"),
                        {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": ["5"]},
                        _requirement("karpenter.k8s.aws/instance-cpu", "4", "8", "16"),
                    ],
                    "expireAfter": _EXPIRE_AFTER,
                    "terminationGracePeriod": _DRAIN_AT_MOST,
                },
            },
            "disruption": {
                "consolidationPolicy": "WhenEmptyOrUnderutilized",
                "consolidateAfter": "5m",
                "budgets": _BUDGETS,
            },
            # The 20 CPUs and 40Gi of all quotas, as much again for the platform's own tools, and half of it for surge.
            "limits": {"cpu": "60", "memory": "240Gi"},
        },
    )
    if env.gpus.per_replica:
        karpenter.NodePool(
            chart,
            "gpu",
            metadata=_metadata("gpu"),
            spec={
                "template": {
                    # Labelled before it exists, so that Karpenter knows which node a pod waits for.
                    "metadata": {"labels": {"aiwfe.io/node-pool": "gpu", GPU_LABEL: "true"}},
                    "spec": {
                        "nodeClassRef": _node_class("gpu"),
                        "requirements": [
                            *_requirements(env),
                            _requirement("karpenter.k8s.aws/instance-family", "g6"),
                            _requirement("karpenter.k8s.aws/instance-gpu-count", "1"),
                            _requirement("karpenter.k8s.aws/instance-cpu", "8", "16"),
                        ],
                        # So that nothing else fills it.
                        "taints": [{"key": GPU_TAINT, "value": "true", "effect": "NoSchedule"}],
                        "expireAfter": _EXPIRE_AFTER,
                        "terminationGracePeriod": _DRAIN_AT_MOST,
                    },
                },
                # A model takes minutes to load: moving it to save a part of a node costs more than the node.
                "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "30m", "budgets": _BUDGETS},
                # Two by spec §4.2, and one to move to while a node is replaced.
                "limits": {"cpu": "48", "memory": "192Gi", "nvidia.com/gpu": "3"},
            },
        )


def _metadata(name: str) -> k8s.ObjectMeta:
    return {
        "name": name,
        "labels": labels(name, "node-pool"),
        # A pool takes its nodes with it: a person says yes.
        "annotations": {"argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm"},
    }


def _node_class(name: str) -> karpenter.NodeClaimNodeClassRef:
    return {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name}


def _requirements(env: Environment) -> list[karpenter.NodeClaimRequirement]:
    return [
        _requirement("kubernetes.io/os", "linux"),
        _requirement("kubernetes.io/arch", "amd64"),
        _requirement("karpenter.sh/capacity-type", "on-demand"),
        _requirement("topology.kubernetes.io/zone", *env.zones),
    ]


def _requirement(key: str, *values: str) -> karpenter.NodeClaimRequirement:
    return {"key": key, "operator": "In", "values": values}
