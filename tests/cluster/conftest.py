"""Clusters in a box, fed with the dist/ of this checkout: `make cluster-test`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aiwfe.cluster.applications import DATA, applications, approve, bootstrap, wait_until_settled
from aiwfe.cluster.box import BOXES, Box
from aiwfe.cluster.waiting import until
from aiwfe.dist import REPOSITORY, Environment, load

DIST = REPOSITORY / "dist"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need minutes and built tools: `make test` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("cluster")


@dataclass(frozen=True)
class Cluster:
    """A box into which an environment was synced."""

    box: Box
    dist: Path
    """A copy of dist/, which a test may change and publish."""

    @property
    def environment(self) -> Environment:
        """What its dist/ holds now."""
        return load(self.dist, [self.box.environment], baseline=False).environments[0]

    def file(self, name: str) -> Path:
        """`apps/chat` -> the file in the copy."""
        return self.dist / self.box.environment / f"{name}.yaml"

    def edit(self, name: str, old: str, new: str, count: int = -1) -> None:
        """Changes a file of the copy, which must hold `old`."""
        text = self.file(name).read_text(encoding="utf-8")
        assert old in text, f"{name} holds no {old!r}"
        self.file(name).write_text(text.replace(old, new, count), encoding="utf-8")

    def publish(self) -> str:
        """Commits the copy to the repository that Argo CD syncs."""
        return self.box.repository.publish(self.dist)

    def restore(self) -> None:
        """Back to the checkout's dist/, and all as it says."""
        shutil.rmtree(self.dist)
        shutil.copytree(DIST, self.dist)
        revision = self.publish()
        wait_until_settled(self.box, revision, ("aiwfe", "aiwfe-platform", "aiwfe-applications"))


@dataclass(frozen=True)
class Synced:
    """A cluster after its first sync."""

    cluster: Cluster
    revision: str


def sync(cluster: Cluster) -> Synced:
    """Bootstraps, approves the data layer as soon as it asks, and waits until all is settled."""
    revision = cluster.publish()
    box = cluster.box
    bootstrap(box, cluster.dist)
    until("aiwfe-data to ask for approval", lambda: _asks(box), limit=120)
    approve(box)
    wait_until_settled(box, revision)
    return Synced(cluster, revision)


def _asks(box: Box) -> str:
    data = applications(box).get(DATA)
    if data is None:
        return "it does not exist"
    return "" if data.sync == "OutOfSync" else str(data)


Start = Callable[[str, str], Cluster]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a box by name and environment; all of them are gone at the end."""
    started: list[Box] = []

    def begin(name: str, environment: str) -> Cluster:
        for other in started:  # one at a time: each takes more than 2 GiB
            other.down()
        started.clear()
        dist = tmp_path_factory.mktemp(name) / "dist"
        shutil.copytree(DIST, dist)
        box = Box(BOXES / name)
        box.down()
        started.append(box)
        cluster = Cluster(box, dist)
        box.up(load(dist, [environment], baseline=False).environments[0], dist, lambda _: None)
        return cluster

    yield begin
    for box in started:
        box.down()
