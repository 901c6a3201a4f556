"""Clusters in a box, fed with the dist/ of this checkout: `make cluster-test`."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aiwfe.cluster.applications import applications, first_sync, sync_again, terminate
from aiwfe.cluster.box import BOXES, Box
from aiwfe.dist import REPOSITORY, Environment, load
from aiwfe.objects import text
from tests.cluster.report import LEVELS, Seen, markdown, page, rows

DIST = REPOSITORY / "dist"
REPORT = REPOSITORY / ".cache" / "report"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need minutes and built tools: `make test` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("cluster")


SEEN = pytest.StashKey[Seen]()


def pytest_configure(config: pytest.Config) -> None:
    """What this run sees, for its report."""
    config.stash[SEEN] = Seen()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers whether each test has passed, all its cases together."""
    report = yield
    tests = item.config.stash[SEEN].tests
    name = item.name.partition("[")[0]
    if report.when == "call" or report.failed:
        tests[name] = tests.get(name, True) and report.passed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Writes the report, where anything was seen."""
    seen = config.stash[SEEN]
    if not seen.rendered:
        return
    found, about = rows(seen), f"dist/ of {', '.join(sorted(seen.rendered))} at {_commit()}"
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "specification.md").write_text(markdown(found, about), encoding="utf-8")
    (REPORT / "specification.html").write_text(page(found, about), encoding="utf-8")
    counted = Counter(row.level for row in found)
    levels = ", ".join(f"{level} {counted[level]}" for level in LEVELS if counted[level])
    terminalreporter.write_line(f"rows of the specification: {levels} ({REPORT.relative_to(REPOSITORY)})")


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout

    dirty = ", with changes that are not committed" if git("status", "--porcelain", "--", "dist") else ""
    return git("rev-parse", "--short", "HEAD").strip() + dirty


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
