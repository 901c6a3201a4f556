"""Clusters in a box, fed with the dist/ of this checkout: `make cluster-test`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aiwfe.cluster.applications import applications, first_sync, sync_again, terminate
from aiwfe.cluster.box import BOXES, Box
from aiwfe.dist import REPOSITORY, Environment, load
from aiwfe.objects import text

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

    def stateful(self) -> dict[str, str]:
        """What must never be made anew (databases, sets with volumes, claims, volumes), with its instance's id."""
        kinds = "clusters.postgresql.cnpg.io,statefulsets,persistentvolumeclaims,persistentvolumes"
        return {
            f"{text(one, 'kind')}/{text(one, 'metadata', 'name')}": text(one, "metadata", "uid")
            for one in self.box.kubectl.list(kinds)
        }

    def publish(self) -> str:
        """Commits the copy to the repository that Argo CD syncs."""
        return self.box.repository.publish(self.dist)

    def restore(self) -> None:
        """Back to the checkout's dist/, and all as it says."""
        shutil.rmtree(self.dist)
        shutil.copytree(DIST, self.dist)
        for name, application in applications(self.box).items():
            if application.phase == "Running":  # it waits for a person, or tries a mistake once more
                terminate(self.box, name)
        sync_again(self.box, self.dist, approved=True)


Start = Callable[[str, str], Cluster]
"""A fresh cluster by its name and environment, or, by the same name, the one that is up already."""


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """One cluster at a time, as each takes more than 2 GiB; the last one is gone at the end."""
    up: dict[str, Cluster] = {}

    def begin(name: str, environment: str) -> Cluster:
        if name not in up:
            _end(up)
            dist = tmp_path_factory.mktemp(name) / "dist"
            shutil.copytree(DIST, dist)
            up[name] = Cluster(Box(BOXES / name), dist)
            up[name].box.down()  # what an earlier run left
            up[name].box.up(load(dist, [environment], baseline=False).environments[0], dist, lambda _: None)
            first_sync(up[name].box, dist)
        return up[name]

    yield begin
    _end(up)


def _end(up: dict[str, Cluster]) -> None:
    for cluster in up.values():
        cluster.box.down()
    up.clear()
