"""The StorageClass of every volume: encrypted, expandable, and kept when its claim goes."""

from __future__ import annotations

from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from envs import Environment
from imports import k8s


def storage(app: App, env: Environment) -> None:
    """The class, before the claims that name it. The API server lets nothing of it change afterwards."""
    chart = Chart(app, "platform/storage")
    name = env.storage.class_name
    k8s.StorageClass(
        chart,
        name,
        metadata={
            "name": name,
            "labels": labels(name, "storage"),
            "annotations": {
                "argocd.argoproj.io/sync-wave": "-20",
                "argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm",
            },
        },
        provisioner="ebs.csi.aws.com",
        parameters={"type": "gp3", "encrypted": "true"},
        reclaimPolicy="Retain",  # a deleted claim is a mistake until somebody has said otherwise
        allowVolumeExpansion=True,
        volumeBindingMode="WaitForFirstConsumer",  # in the zone where the pod is placed
    )
