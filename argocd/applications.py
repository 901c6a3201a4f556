"""The Applications of spec §6.1: one that carries the others, and platform, data and applications, in that order."""

from __future__ import annotations

from argocd.projects import APPLICATIONS, CLUSTER, DATA_LAYER, PLATFORM, ROOT
from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from charts.platform.namespaces import DATA, GITOPS, SYSTEM, Namespace
from envs import Environment
from imports import argocd

REVISION = "main"  # of all environments until a promotion pins a commit for staging and production

# Nobody's hand in the cluster outlives the next look at Git, and what left Git leaves the cluster.
_AUTOMATED: argocd.ApplicationSyncPolicyAutomated = {
    "enabled": True,
    "prune": True,
    "selfHeal": True,
    "allowEmpty": False,  # a folder that came out empty is a mistake, not a wish
}


def applications(app: App, env: Environment) -> None:
    """Waves: a wave waits until what the one before it brought is healthy."""
    root = Chart(app, "argocd/root")
    _application(root, env, ROOT, "argocd", GITOPS, wave=0, automated=True)
    chart = Chart(app, "argocd/applications")
    _application(chart, env, PLATFORM, "platform", SYSTEM, wave=0, automated=True)
    _application(chart, env, DATA_LAYER, "data", DATA, wave=10, automated=False)  # approval required
    _application(chart, env, APPLICATIONS, "apps", SYSTEM, wave=20, automated=True)


def _application(
    chart: Chart, env: Environment, name: str, folder: str, destination: Namespace, *, wave: int, automated: bool
) -> None:
    """Without a finalizer: whoever deletes an Application does not delete what it runs."""
    sync: argocd.ApplicationSyncPolicy = {
        "syncOptions": [
            "ServerSideApply=true",  # fields that nobody declares belong to whoever sets them
            "CreateNamespace=false",  # namespaces have labels and quotas: they come with the platform
            "ApplyOutOfSyncOnly=true",
            "PruneLast=true",
        ],
        # Each try takes the newest commit: a fix does not wait until the mistake has been tried often enough.
        "retry": {"limit": 5, "refresh": True, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
    }
    argocd.Application(
        chart,
        name,
        metadata={
            "name": name,
            "namespace": GITOPS.name,
            "labels": labels(name, "application"),
            "annotations": {
                "argocd.argoproj.io/sync-wave": str(wave),
                "argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm",
            },
        },
        spec={
            "project": name,
            "source": {
                "repoURL": env.repository,
                "targetRevision": REVISION,
                "path": f"dist/{env.name}/{folder}",
            },
            "destination": {"server": CLUSTER, "namespace": destination.name},
            "syncPolicy": {"automated": _AUTOMATED, **sync} if automated else sync,
            "revisionHistoryLimit": 10,
        },
    )
