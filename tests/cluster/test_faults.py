"""Programs die and come back while Argo CD syncs: it converges, and nothing stateful is made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest

from aiwfe.cluster import control_plane, delivery, nodes, repository
from aiwfe.cluster.applications import ALL, APPLICATIONS, applications, approve, refresh, wait_until_settled
from aiwfe.cluster.waiting import until
from aiwfe.objects import at, mappings, text
from tests.cluster.conftest import Cluster, Start

_releases = count(1)


@pytest.fixture(scope="module")
def dev(synced: Start) -> Cluster:
    return synced("test-dev", "dev")


@pytest.fixture
def cluster(dev: Cluster) -> Iterator[Cluster]:
    """What was there before is there afterwards, in the same instance."""
    before = dev.stateful()
    yield dev
    dev.box.resume()
    assert dev.stateful() == before


def release(cluster: Cluster) -> tuple[str, str]:
    """Publishes a new release of every service of ours; returns the commit and the tag."""
    number = next(_releases)
    old, new = f":1.0.{number - 1}\n", f":1.0.{number}\n"
    for item in cluster.environment.of_kind("Deployment"):
        if item.name != "api-gateway":
            cluster.edit(f"apps/{item.component}", old, new)
    return cluster.publish(), new.strip()


def runs(cluster: Cluster, tag: str) -> str:
    """What does not run the release yet, and has it for good."""
    lacking = [
        text(one, "metadata", "name")
        for one in cluster.box.kubectl.list("deployments")
        if text(one, "metadata", "name") != "api-gateway"
        and (
            not text(mappings(one, "spec", "template", "spec", "containers")[0], "image").endswith(tag)
            or at(one, "status", "updatedReplicas") != at(one, "status", "replicas")
        )
    ]
    return f"not so: {', '.join(lacking)}" if lacking else ""


def in_the_middle(cluster: Cluster) -> None:
    """Waits until Argo CD is at it."""
    refresh(cluster.box, APPLICATIONS)
    until("a sync to begin", lambda: _idle(cluster), limit=30)


def _idle(cluster: Cluster) -> str:
    now = applications(cluster.box)[APPLICATIONS]
    return "" if now.phase == "Running" or now.sync == "Synced" else str(now)


def converges(cluster: Cluster, revision: str, tag: str) -> None:
    wait_until_settled(cluster.box, revision, limit=240)
    until(f"all to run {tag}", lambda: runs(cluster, tag), limit=60)


@pytest.mark.parametrize(
    "programs",
    [
        (control_plane.API_SERVER,),
        (control_plane.ETCD, control_plane.API_SERVER),
        (control_plane.CONTROLLERS, control_plane.SCHEDULER),
        (delivery.CONTROLLER,),
        (delivery.REPO_SERVER, delivery.REDIS),
        (nodes.KWOK,),
    ],
    ids=lambda programs: " and ".join(programs),
)
def test_programs_that_die_in_a_sync_and_come_back(cluster: Cluster, programs: tuple[str, ...]) -> None:
    revision, tag = release(cluster)
    in_the_middle(cluster)
    cluster.box.processes.kill(*programs)
    cluster.box.resume()
    converges(cluster, revision, tag)


def test_a_repository_that_is_away_for_a_while(cluster: Cluster) -> None:
    cluster.box.processes.kill(repository.SERVER)
    revision, tag = release(cluster)
    refresh(cluster.box, APPLICATIONS)
    until("Argo CD to miss it", lambda: _not_missed(cluster), limit=60)
    assert runs(cluster, tag)
    cluster.box.resume()
    converges(cluster, revision, tag)


def _not_missed(cluster: Cluster) -> str:
    now = applications(cluster.box)[APPLICATIONS]
    return "" if any("ComparisonError" in line for line in now.trouble) else str(now)


def test_an_edit_behind_argo_cds_back_while_it_is_away(cluster: Cluster) -> None:
    cluster.box.processes.kill(delivery.CONTROLLER)
    patch = json.dumps({"spec": {"replicas": 3}})
    cluster.box.kubectl("patch", "deployment", "chat", "--namespace=aiwfe-system", f"--patch={patch}")
    cluster.box.resume()
    until(
        "the edit to be undone",
        lambda: "" if (now := _replicas(cluster)) == 1 else f"it has {now} replicas",
        limit=90,
    )


def _replicas(cluster: Cluster) -> object:
    return at(cluster.box.kubectl.get("deployment", "chat", "aiwfe-system"), "spec", "replicas")


def test_syncs_at_once(cluster: Cluster) -> None:
    revision, tag = release(cluster)
    for name in (*ALL, *ALL):  # of all, and once more while those run
        approve(cluster.box, name)
    refresh(cluster.box, *ALL)
    converges(cluster, revision, tag)
