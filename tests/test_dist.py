"""dist/ is what the program renders: it is the snapshot, and there is no second copy of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import Snapshot, SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from charts.compose import compose
from envs import load
from imports.manifest import ROOT


class Dist(SingleFileSnapshotExtension):
    """Snapshots are the files of dist/: `--snapshot-update` rewrites them, and files that nothing renders are unused."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(ROOT / "dist")

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        return str(ROOT / "dist" / str(index))

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return f"{test_location.snapshot_name}[{index}]"

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return Path(snapshot_location).is_relative_to(ROOT / "dist")

    def is_snapshot_location(self, *, location: str) -> bool:
        return True  # a file of another kind has no business in dist/ either

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        file = Path(snapshot_location).relative_to(ROOT / "dist")
        collection = SnapshotCollection(location=snapshot_location)
        collection.add(Snapshot(name=f"test_dist_is_what_is_rendered[{file}]"))
        return collection


@pytest.fixture
def dist(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Dist)


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return {file: text for env in load() for file, text in compose(env).files().items()}


def test_dist_is_what_is_rendered(rendered: dict[str, str], dist: SnapshotAssertion, subtests: pytest.Subtests) -> None:
    for file, text in rendered.items():
        with subtests.test(file):
            assert text == dist(name=file)


def test_dist_holds_nothing_else(rendered: dict[str, str]) -> None:
    found = {str(path.relative_to(ROOT / "dist")) for path in (ROOT / "dist").rglob("*") if path.is_file()}
    assert found - set(rendered) == set(), "nothing renders these files: `make synth` removes them"
