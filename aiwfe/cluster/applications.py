"""The Applications in a box: bootstrapped, approved, looked at, waited for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aiwfe.cluster.box import Box
from aiwfe.cluster.delivery import NAMESPACE
from aiwfe.cluster.kubectl import KubectlError
from aiwfe.cluster.waiting import ClusterError, until
from aiwfe.objects import Body, at, mappings, text, values

ROOT, PLATFORM, DATA, APPLICATIONS = "aiwfe", "aiwfe-platform", "aiwfe-data", "aiwfe-applications"
ALL = (ROOT, PLATFORM, DATA, APPLICATIONS)

_REFRESH = "argocd.argoproj.io/refresh"


@dataclass(frozen=True)
class Application:
    """What Argo CD says of one Application."""

    body: Body

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.body, "metadata", "name")

    @property
    def sync(self) -> str:
        """Synced, OutOfSync or Unknown."""
        return text(self.body, "status", "sync", "status") or "Unknown"

    @property
    def health(self) -> str:
        """Healthy, Progressing, Degraded, Suspended, Missing or Unknown."""
        return text(self.body, "status", "health", "status") or "Unknown"

    @property
    def revision(self) -> str:
        """The commit that it was compared with."""
        return text(self.body, "status", "sync", "revision")

    @property
    def phase(self) -> str:
        """Of the last sync: Running, Succeeded, Failed or Error; empty where there was none."""
        return text(self.body, "status", "operationState", "phase")

    @property
    def asks(self) -> bool:
        """Whether its sync waits for a person to confirm that something may be pruned."""
        return self.phase == "Running" and "confirm" in text(self.body, "status", "operationState", "message")

    @property
    def resources(self) -> list[Body]:
        """What it carries, each with its own status and health."""
        return mappings(self.body, "status", "resources")

    @property
    def trouble(self) -> list[str]:
        """Everything that is wrong with it, a line each: conditions, what a sync met, what is not in sync or well."""
        found = [f"{text(one, 'type')}: {text(one, 'message')}" for one in mappings(self.body, "status", "conditions")]
        if self.phase in ("Failed", "Error"):
            found.append(f"sync {self.phase}: {text(self.body, 'status', 'operationState', 'message')}")
        for one in mappings(self.body, "status", "operationState", "syncResult", "resources"):
            if one.get("status") == "SyncFailed":
                found.append(f"{_name(one)}: {text(one, 'message')}")
        for one in self.resources:
            health = text(one, "health", "status")
            if one.get("status") != "Synced":
                found.append(f"{_name(one)} is {one.get('status')}")
            if health and health != "Healthy":
                found.append(f"{_name(one)} is {health}: {text(one, 'health', 'message')}")
        return found

    @property
    def settled(self) -> bool:
        """Whether all is as Git says, and well."""
        return (self.sync, self.health) == ("Synced", "Healthy") and self.phase != "Running"

    def __str__(self) -> str:
        first = f" ({'; '.join(self.trouble[:3])})" if not self.settled and self.trouble else ""
        return f"{self.name} is {self.sync}, {self.health}{first}"


def _name(resource: Body) -> str:
    return "/".join(filter(None, (text(resource, key) for key in ("kind", "namespace", "name"))))


def bootstrap(box: Box, dist: Path) -> None:
    """What a person does once in an empty cluster: the projects and the root Application; Argo CD does the rest."""
    for name in ("projects", "root"):
        file = dist / box.environment / "argocd" / f"{name}.yaml"
        try:
            content = file.read_text(encoding="utf-8")
        except OSError as error:
            raise ClusterError(f"{file} cannot be read ({error.strerror}): Argo CD starts from it") from None
        box.kubectl.apply_text(content)


def first_sync(box: Box, dist: Path) -> str:
    """Bootstraps, approves the data layer when it asks for it, and waits until all is settled; returns the commit."""
    revision = box.repository.publish(dist)
    bootstrap(box, dist)
    until("aiwfe-data to ask for approval", lambda: _does_not_ask(box), limit=180)
    approve(box)
    wait_until_settled(box, revision)
    return revision


def sync_again(box: Box, dist: Path, *, approved: bool) -> str:
    """Publishes dist/, and waits until all that is automated (and the data layer, if approved) is settled."""
    revision = box.repository.publish(dist)
    refresh(box, *ALL)
    if approved:
        approve(box)
    wait_until_settled(box, revision, ALL if approved else [name for name in ALL if name != DATA])
    return revision


def _does_not_ask(box: Box) -> str:
    data = applications(box).get(DATA)
    if data is None:
        return "it does not exist"
    return "" if data.sync == "OutOfSync" else str(data)


def applications(box: Box) -> dict[str, Application]:
    """All Applications by name."""
    return {one.name: one for one in map(Application, box.kubectl.list("applications.argoproj.io", NAMESPACE))}


def refresh(box: Box, *names: str) -> None:
    """Has Argo CD look at Git and the cluster now, and waits until it has."""
    for name in names:
        box.kubectl(
            "annotate", "applications.argoproj.io", name, f"--namespace={NAMESPACE}", "--overwrite",
            f"{_REFRESH}=normal",
        )  # fmt: skip
    until(f"Argo CD to look at {', '.join(names)}", lambda: _not_looked_at(box, names), limit=120)


def _not_looked_at(box: Box, names: Collection[str]) -> str:
    found = applications(box)
    looking = {name for name, one in found.items() if at(one.body, "metadata", "annotations", _REFRESH)}
    return ", ".join(name for name in names if name in looking)


def approve(box: Box, name: str = DATA, *, prune: bool = False) -> None:
    """Starts the sync that a person starts by hand (spec §6.1, approval required)."""
    options = values(box.kubectl.get("applications.argoproj.io", name, NAMESPACE), "spec", "syncPolicy", "syncOptions")
    operation: Body = {
        "initiatedBy": {"username": "on-call"},
        "sync": {"prune": prune, "syncOptions": options, "syncStrategy": {"hook": {}}},
    }
    patch = json.dumps({"operation": operation})
    box.kubectl(
        "patch", "applications.argoproj.io", name, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={patch}"
    )


def confirm(box: Box, name: str) -> None:
    """Says yes to what a sync wants to prune and asks a person about (Prune=confirm)."""
    now = dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    box.kubectl(
        "annotate", "applications.argoproj.io", name, f"--namespace={NAMESPACE}", "--overwrite",
        f"argocd.argoproj.io/deletion-approved={now}",
    )  # fmt: skip


def terminate(box: Box, name: str) -> None:
    """Ends a sync that runs, or waits for a person who does not want it; nothing where it has ended meanwhile."""
    phase = "/status/operationState/phase"
    patch = [
        {"op": "test", "path": phase, "value": "Running"},
        {"op": "replace", "path": phase, "value": "Terminating"},
    ]
    with suppress(KubectlError):
        box.kubectl(
            "patch", "applications.argoproj.io", name, f"--namespace={NAMESPACE}", "--type=json",
            f"--patch={json.dumps(patch)}",
        )  # fmt: skip
    until(f"the sync of {name} to end", lambda: _runs(box, name), limit=60)


def _runs(box: Box, name: str) -> str:
    found = applications(box).get(name)
    return found.phase if found and found.phase in ("Running", "Terminating") else ""


def wait_until_settled(box: Box, revision: str, names: Collection[str] = ALL, *, limit: float = 180) -> float:
    """Waits until the Applications are as `revision` says, and well; returns the seconds that it took.

    Raises ClusterError that says what is not, and why, after the limit.
    """
    return until(f"{', '.join(names)} to be synced and healthy", lambda: _unsettled(box, revision, names), limit=limit)


def _unsettled(box: Box, revision: str, names: Collection[str]) -> str:
    found = applications(box)
    missing = [name for name in names if name not in found]
    waiting = [str(found[name]) for name in names if name in found and not found[name].settled]
    old = [
        f"{name} is at {found[name].revision[:8] or 'no commit'}, not {revision[:8]}"
        for name in names
        if name in found and found[name].settled and found[name].revision != revision
    ]
    return "; ".join([*(f"{name} does not exist" for name in missing), *waiting, *old])
