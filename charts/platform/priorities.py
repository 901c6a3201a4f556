"""Who keeps running when nodes are short: priority classes, from the user's request path down."""

from __future__ import annotations

from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from imports import k8s

CRITICAL = "aiwfe-critical"
STANDARD = "aiwfe-standard"

# name: (value, what it is for). Room between them, and all below system-cluster-critical (2,000,000,000).
_CLASSES = {
    CRITICAL: (1_000_000, "The path of every user's request: without it the platform is down."),
    STANDARD: (100_000, "Services that the platform can do without for minutes, with fewer features."),
}


def priorities(app: App) -> None:
    """The classes, before the pods that name them."""
    chart = Chart(app, "platform/priorities")
    for name, (value, description) in _CLASSES.items():
        k8s.PriorityClass(
            chart,
            name,
            metadata={
                "name": name,
                "labels": labels(name, "priority"),
                "annotations": {"argocd.argoproj.io/sync-wave": "-20"},
            },
            value=value,
            globalDefault=False,
            preemptionPolicy="PreemptLowerPriority",
            description=description,
        )
