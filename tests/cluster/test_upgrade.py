"""From the dist/ that was committed before this one, and back: it converges, and nothing stateful is made anew."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from aiwfe.cluster.applications import sync_again
from aiwfe.cluster.verdict import judge, look
from aiwfe.dist import REPOSITORY
from tests.cluster.conftest import DIST, Cluster, Start


@pytest.fixture(scope="module")
def production(synced: Start) -> Cluster:
    return synced("test-production", "production")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout


def earlier() -> str:
    """The newest commit whose dist/production is another one than the checkout's."""
    for commit in git("log", "--format=%H", "--", "dist/production").split():
        if git("diff", "--name-only", commit, "--", "dist/production"):
            return commit
    raise AssertionError("no earlier dist/ is in this history: a clone with all of it (--unshallow) has one")


def test_the_earlier_commit_and_this_one_follow_each_other(production: Cluster) -> None:
    before = production.stateful()
    commit = earlier()
    shutil.rmtree(production.dist)
    git("archive", f"--output={production.dist}.tar", commit, "--", "dist")
    shutil.unpack_archive(f"{production.dist}.tar", production.dist.parent)
    sync_again(production.box, production.dist, approved=True)
    assert production.stateful() == before, f"back to {commit}"
    shutil.rmtree(production.dist)
    shutil.copytree(DIST, production.dist)
    sync_again(production.box, production.dist, approved=True)
    assert production.stateful() == before
    assert judge(look(production.box), production.environment) == []
