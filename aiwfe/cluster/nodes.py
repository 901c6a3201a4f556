"""Nodes shaped like the node pools of dist/, and what KWOK plays for them: kubelets, volumes, absent controllers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from aiwfe.cluster.processes import Program
from aiwfe.cluster.waiting import ClusterError
from aiwfe.dist import Environment
from aiwfe.objects import Body, Object, mapping, mappings, text, values

KWOK = "kwok"
PER_ZONE = 2  # nodes of each pool in each zone: a drained node's pods have somewhere to go
CPU, MEMORY, PODS = "8", "32Gi", "110"

_ZONE = "topology.kubernetes.io/zone"
_GPUS = "karpenter.k8s.aws/instance-gpu-count"

# What upstream calls the class whose volumes its stages bind.
_UPSTREAM_CLASS = "kwok-volume"
# Of the kwok module: what plays the kubelet and the volume provisioner.
STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
    "volume/fast/pv-bind.yaml",
    "volume/fast/pv-delete.yaml",
    "volume/fast/pvc-provision.yaml",
    "volume/fast/pvc-delete.yaml",
)
SIMULATED = Path(__file__).with_name("simulated")
"""What absent controllers would do: stages for KWOK, and objects for the API server."""


def kwok(binary: Path, folder: Path) -> Program:
    """KWOK: plays every node."""
    return Program(
        KWOK,
        (
            binary,
            f"--kubeconfig={folder / 'kubeconfigs' / 'kwok'}",
            "--manage-all-nodes=true",
            "--node-ip=127.0.0.1",
            "--node-lease-duration-seconds=40",
            f"--config={folder / 'stages.yaml'}",
        ),
    )


def stages(upstream: Path, storage_classes: Sequence[str]) -> str:
    """KWOK's configuration: upstream's stages, with its volumes for our classes, and our own.

    Raises ClusterError where upstream has called something otherwise.
    """
    try:
        texts = [(upstream / name).read_text(encoding="utf-8") for name in STAGES]
    except OSError as error:
        raise ClusterError(f"KWOK's stages are not where they were: {error}") from None
    joined = "\n---\n".join([*texts, (SIMULATED / "stages.yaml").read_text(encoding="utf-8")])
    named = f"== '{_UPSTREAM_CLASS}'"
    if named not in joined:
        raise ClusterError(f"KWOK's stages select no volumes by {named} any more: see aiwfe/cluster/nodes.py")
    known = ", ".join(f"'{name}'" for name in storage_classes)
    return joined.replace(named, f"in [{known}]")


def nodes(environment: Environment) -> Iterator[Body]:
    """The nodes that Karpenter would make, as many in each zone of each pool."""
    for pool in environment.of_kind("NodePool"):
        for zone in _allowed(pool, _ZONE):
            for number in range(PER_ZONE):
                yield _node(pool, zone, f"{pool.name}-{zone}-{number}")


def _node(pool: Object, zone: str, name: str) -> Body:
    template = mapping(pool.body, "spec", "template")
    single = {
        text(one, "key"): values(one, "values")[0]
        for one in mappings(template, "spec", "requirements")
        if one.get("operator") == "In" and len(values(one, "values")) == 1
    }
    labels = {
        **single,
        **mapping(template, "metadata", "labels"),
        "karpenter.sh/nodepool": pool.name,
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/region": zone.rstrip("abcdef"),
        _ZONE: zone,
    }
    gpus = _allowed(pool, _GPUS)
    capacity = {"cpu": CPU, "memory": MEMORY, "pods": PODS, "ephemeral-storage": "100Gi"}
    capacity |= {"nvidia.com/gpu": gpus[0]} if gpus else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": mappings(template, "spec", "taints")},
        "status": {"capacity": capacity, "allocatable": capacity},
    }


def _allowed(pool: Object, key: str) -> list[str]:
    for requirement in mappings(pool.body, "spec", "template", "spec", "requirements"):
        if requirement.get("key") == key and requirement.get("operator") == "In":
            return values(requirement, "values")
    return []
