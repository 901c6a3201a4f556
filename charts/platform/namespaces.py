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
    injection: Literal["enabled", "disabled"] | None = None
    """Whether its pods get an Istio sidecar; None leaves it to each pod, as the ingress gateway's needs it."""

    @property
    def mesh(self) -> bool:
        """Whether its pods are in the mesh."""
        return self.injection == "enabled"


SYSTEM = Namespace("aiwfe-system", "Core platform services", injection="enabled")
# Outside the mesh: the databases' operators reach their instances directly and the databases bring their own TLS.
DATA = Namespace("aiwfe-data", "Data services", injection="disabled")
AI = Namespace("aiwfe-ai", "AI/ML services", injection="enabled")
INTEGRATIONS = Namespace("aiwfe-integrations", "External integrations", injection="enabled")
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
                    **({"istio-injection": namespace.injection} if namespace.injection else {}),
                },
                "annotations": {
                    "aiwfe.io/holds": namespace.holds,
                    "argocd.argoproj.io/sync-wave": "-20",
                    # A namespace takes its contents with it: a person says yes to each.
                    "argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm",
                },
            },
        )
