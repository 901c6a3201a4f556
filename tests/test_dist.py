"""dist/ is what the program renders: it is the snapshot, and there is no second copy of it.

`pytest tests/test_dist.py --snapshot-update` makes it so, as `make synth` does.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from charts.compose import compose
from charts.constructs.app import write
from envs import load
from imports.manifest import ROOT
from tests.scratch import files, pytest_in, scratch

DIST = ROOT / "dist"


class Dist(SingleFileSnapshotExtension):
    """Snapshots are the files of dist/, by their paths."""

    _write_mode = WriteMode.TEXT

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        return str(DIST / str(index))

    def discover_snapshots(
        self, *, test_location: PyTestLocation, ignore_extensions: list[str] | None = None
    ) -> SnapshotCollections:
        """None: syrupy knows orphans by names that hold the test module's. test_dist_holds_nothing_else finds them."""
        return SnapshotCollections()


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


def test_dist_holds_nothing_else(rendered: dict[str, str], pytestconfig: pytest.Config) -> None:
    if pytestconfig.option.update_snapshots:
        write(rendered, DIST)
    assert files(DIST).keys() - rendered.keys() == set(), "nothing renders these files: `make synth` removes them"


BOTH = ("tests/test_dist.py::test_dist_is_what_is_rendered", "tests/test_dist.py::test_dist_holds_nothing_else")


def test_snapshot_update_rewrites_dist_and_removes_orphans(tmp_path: Path) -> None:
    copy = scratch(tmp_path, tests=True)
    held = files(copy / "dist")
    edited, lost = sorted(held)[:2]
    (copy / "dist" / edited).write_bytes(held[edited] + b"more: true\n")
    (copy / "dist" / lost).unlink()
    (copy / "dist" / "dev" / "old").mkdir()
    (copy / "dist" / "dev" / "old" / "orphan.yaml").write_text("a: b\n", encoding="utf-8")

    broken = pytest_in(copy, *BOTH)
    assert broken.returncode == 1
    for said in (edited, "more: true", lost, "dev/old/orphan.yaml"):
        assert said in broken.stdout

    mended = pytest_in(copy, *BOTH, "--snapshot-update")
    assert mended.returncode == 0, mended.stdout
    assert files(copy / "dist") == held
    assert not (copy / "dist" / "dev" / "old").exists()
