"""The seven namespaces (spec §4.1) and what each allows in: Pod Security level and mesh sidecars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from imports import k8s
from imports.manifest import KUBERNETES


@dataclass(frozen=True)
class Namespace:
    """One namespace of spec §4.1."""

    name: str
    holds: str
    """What lives in it, as spec §4.1 says."""
    pod_security: Literal["restricted", "privileged"] = "restricted"
    mesh: bool = False
    """Whether its pods get an Istio sidecar."""


SYSTEM = Namespace("aiwfe-system", "Core platform services", mesh=True)
# Outside the mesh: the databases' operators reach their instances directly and the databases bring their own TLS.
DATA = Namespace("aiwfe-data", "Data services")
AI = Namespace("aiwfe-ai", "AI/ML services", mesh=True)
INTEGRATIONS = Namespace("aiwfe-integrations", "External integrations", mesh=True)
# Node agents live in these three: istio-cni sets up the pods' network from the node (so that all other pods can be
# restricted), node-exporter and the log agent read the node, and the GPU and backup operators' agents work on it.
ISTIO = Namespace("istio-system", "Service mesh", pod_security="privileged")
MONITORING = Namespace("monitoring", "Observability stack", pod_security="privileged")
GITOPS = Namespace("gitops", "ArgoCD and deployment tools", pod_security="privileged")

NAMESPACES = (SYSTEM, DATA, AI, INTEGRATIONS, ISTIO, MONITORING, GITOPS)


def namespaces(app: App) -> None:
    """All seven, before everything that lives in them."""
    chart = Chart(app, "platform/namespaces")
    for namespace in NAMESPACES:
        k8s.Namespace(
            chart,
            namespace.name,
            metadata={
                "name": namespace.name,
                "labels": {
                    **labels(namespace.name, "namespace"),
                    # The level that spec §4.3 asks for, held at this minor: a cluster upgrade must not change it.
                    "pod-security.kubernetes.io/enforce": namespace.pod_security,
                    "pod-security.kubernetes.io/enforce-version": f"v{KUBERNETES}",
                    "pod-security.kubernetes.io/audit": "restricted",
                    "pod-security.kubernetes.io/audit-version": f"v{KUBERNETES}",
                    "pod-security.kubernetes.io/warn": "restricted",
                    "pod-security.kubernetes.io/warn-version": f"v{KUBERNETES}",
                    "istio-injection": "enabled" if namespace.mesh else "disabled",
                },
                "annotations": {
                    "aiwfe.io/holds": namespace.holds,
                    "argocd.argoproj.io/sync-wave": "-20",
                    # A namespace takes its contents with it: a person says yes to each.
                    "argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm",
                },
            },
        )
