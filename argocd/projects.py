"""The AppProjects: what each Application may carry, and where to (spec §6.1).

A project lists the kinds that its Application carries today. One more kind is one more line, for a reviewer to see.
"""

from __future__ import annotations

from collections.abc import Iterable

from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from charts.platform.namespaces import AI, DATA, GITOPS, INTEGRATIONS, SYSTEM, Namespace
from envs import Environment
from imports import argocd

CLUSTER = "https://kubernetes.default.svc"  # Argo CD delivers to the cluster that it runs in: one for each environment
ROOT, PLATFORM, DATA_LAYER, APPLICATIONS = "aiwfe", "aiwfe-platform", "aiwfe-data", "aiwfe-applications"

_WORKLOAD = ("ConfigMap", "Service", "ServiceAccount", "PodDisruptionBudget.policy")


def projects(app: App, env: Environment) -> None:
    """One project for each Application, before the Applications that it permits."""
    chart = Chart(app, "argocd/projects")
    _project(
        chart, env, ROOT, "The Applications themselves, and their projects",
        to=[GITOPS], carries=["AppProject.argoproj.io", "Application.argoproj.io"],
    )  # fmt: skip
    _project(
        chart, env, PLATFORM, "The ground that everything stands on",
        to=[SYSTEM, DATA, AI, INTEGRATIONS], carries=["LimitRange", "ResourceQuota"],
        cluster=[
            "Namespace", "NodePool.karpenter.sh", "PriorityClass.scheduling.k8s.io", "StorageClass.storage.k8s.io",
        ],
    )  # fmt: skip
    _project(
        chart, env, DATA_LAYER, "The data layer: stateful, synced when a person approves",
        to=[DATA], carries=["Cluster.postgresql.cnpg.io"],
    )  # fmt: skip
    _project(
        chart, env, APPLICATIONS, "The services",
        to=[SYSTEM, AI, INTEGRATIONS],
        carries=[*_WORKLOAD, "Deployment.apps", "HorizontalPodAutoscaler.autoscaling", "StatefulSet.apps"],
    )  # fmt: skip


def _project(
    chart: Chart,
    env: Environment,
    name: str,
    description: str,
    *,
    to: Iterable[Namespace],
    carries: Iterable[str],
    cluster: Iterable[str] = (),
) -> None:
    argocd.AppProject(
        chart,
        name,
        metadata={
            "name": name,
            "namespace": GITOPS.name,
            "labels": labels(name, "project"),
            "annotations": {"argocd.argoproj.io/sync-wave": "-100"},
        },
        spec={
            "description": description,
            "sourceRepos": [env.repository],
            "destinations": [{"server": CLUSTER, "namespace": namespace.name} for namespace in to],
            "namespaceResourceWhitelist": [_group_kind(kind) for kind in carries],
            "clusterResourceWhitelist": [_group_kind(kind) for kind in cluster],
        },
    )


def _group_kind(kind: str) -> argocd.AppProjectClusterResourceWhitelist:
    """`Deployment.apps`, as kubectl writes it."""
    name, _, group = kind.partition(".")
    return {"group": group, "kind": name}
