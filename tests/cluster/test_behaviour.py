"""What the control plane does when people and nodes do what they do: production, synced once, then disturbed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from aiwfe.cluster.applications import (
    APPLICATIONS,
    DATA,
    applications,
    approve,
    confirm,
    refresh,
    sync_again,
    terminate,
)
from aiwfe.cluster.waiting import until
from aiwfe.objects import Body, at, text
from tests.cluster.conftest import Cluster, Start

_SOON = 60  # seconds in which a controller must have acted


@pytest.fixture(scope="module")
def production(synced: Start) -> Cluster:
    return synced("test-production", "production")


@pytest.fixture
def cluster(production: Cluster) -> Iterator[Cluster]:
    yield production
    production.restore()


def spec(cluster: Cluster, kind: str, namespace: str, name: str, *path: str) -> object:
    return at(cluster.box.kubectl.get(kind, name, namespace), "spec", *path)


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "patch", "path"),
    [
        ("deployment", "aiwfe-system", "chat", {"spec": {"replicas": 1}}, ("replicas",)),
        ("service", "aiwfe-system", "webui", {"spec": {"selector": {"app.kubernetes.io/name": "chat"}}}, ("selector",)),
        ("resourcequota", "aiwfe-system", "aiwfe-system", {"spec": {"hard": {"pods": "99"}}}, ("hard",)),
    ],
    ids=["applications", "applications, traffic", "platform"],
)
def test_a_hand_in_the_cluster_is_undone(
    cluster: Cluster, kind: str, namespace: str, name: str, patch: Body, path: tuple[str, ...]
) -> None:
    before = spec(cluster, kind, namespace, name, *path)
    cluster.box.kubectl("patch", kind, name, f"--namespace={namespace}", f"--patch={json.dumps(patch)}")
    until(
        f"the {kind} to be put right",
        lambda: "" if (now := spec(cluster, kind, namespace, name, *path)) == before else f"it has {now}",
        limit=_SOON,
    )


def test_a_deleted_object_comes_back(cluster: Cluster) -> None:
    cluster.box.kubectl("delete", "deployment", "context", "--namespace=aiwfe-system")
    until(
        "the Deployment to come back",
        lambda: "" if spec(cluster, "deployment", "aiwfe-system", "context") else "it is gone",
        limit=_SOON,
    )


def test_a_hand_in_the_data_layer_is_only_reported(cluster: Cluster) -> None:
    patch = json.dumps({"spec": {"instances": 3}})
    cluster.box.kubectl(
        "patch", "clusters.postgresql.cnpg.io", "postgres", "--namespace=aiwfe-data", "--type=merge", f"--patch={patch}"
    )
    until(
        "Argo CD to see it",
        lambda: "" if (now := applications(cluster.box)[DATA].sync) == "OutOfSync" else f"it says {now}",
        limit=_SOON,
    )
    refresh(cluster.box, DATA)
    assert applications(cluster.box)[DATA].sync == "OutOfSync"
    assert spec(cluster, "clusters.postgresql.cnpg.io", "aiwfe-data", "postgres", "instances") == 3


def test_what_left_git_leaves_the_cluster(cluster: Cluster) -> None:
    cluster.file("apps/webui").unlink()
    sync_again(cluster.box, cluster.dist, approved=False)
    for kind in ("deployment", "service", "serviceaccount", "poddisruptionbudget", "horizontalpodautoscaler"):
        name = "aiwfe-webui" if kind == "serviceaccount" else "webui"
        assert cluster.box.kubectl.get(kind, name, "aiwfe-system") == {}, kind


def test_a_stateful_set_that_left_git_waits_for_a_person(cluster: Cluster) -> None:
    before = cluster.stateful()
    cluster.file("apps/ollama").unlink()
    cluster.publish()
    refresh(cluster.box, APPLICATIONS)
    until("Argo CD to ask", lambda: _does_not_ask(cluster, APPLICATIONS), limit=_SOON)
    assert spec(cluster, "statefulset", "aiwfe-ai", "ollama")
    assert cluster.stateful() == before


def _does_not_ask(cluster: Cluster, name: str) -> str:
    now = applications(cluster.box)[name]
    return "" if now.asks else text(now.body, "status", "operationState", "message") or "nothing is said yet"


def test_a_removal_that_a_person_confirms_is_done_and_its_volumes_stay(cluster: Cluster) -> None:
    volumes = {name for name in cluster.stateful() if name.startswith("PersistentVolume")}
    cluster.file("apps/ollama").unlink()
    cluster.publish()
    refresh(cluster.box, APPLICATIONS)
    until("Argo CD to ask", lambda: _does_not_ask(cluster, APPLICATIONS), limit=_SOON)
    confirm(cluster.box, APPLICATIONS)
    until(
        "the StatefulSet to go",
        lambda: "it is there" if spec(cluster, "statefulset", "aiwfe-ai", "ollama") else "",
        limit=_SOON,
    )
    assert volumes <= cluster.stateful().keys()


def test_a_database_that_left_git_stays_even_in_an_approved_sync(cluster: Cluster) -> None:
    before = cluster.stateful()
    cluster.edit("data/postgres", "\n  name: postgres\n", "\n  name: renamed\n")
    cluster.publish()
    refresh(cluster.box, DATA)
    approve(cluster.box, prune=True)
    until("Argo CD to ask", lambda: _does_not_ask(cluster, DATA), limit=_SOON)
    assert before.items() <= cluster.stateful().items()
    # Back: the new one leaves, as a person confirms, and the old one was never away.
    terminate(cluster.box, DATA)
    cluster.edit("data/postgres", "\n  name: renamed\n", "\n  name: postgres\n")
    cluster.publish()
    refresh(cluster.box, DATA)
    approve(cluster.box, prune=True)
    until("Argo CD to ask", lambda: _does_not_ask(cluster, DATA), limit=_SOON)
    confirm(cluster.box, DATA)
    until("the new one to go", lambda: "" if cluster.stateful() == before else "it is there", limit=_SOON)
