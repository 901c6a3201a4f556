"""The Git repository that Argo CD syncs: bare, in the box's folder, a commit for each dist/ that was published."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiwfe.cluster.processes import Program
from aiwfe.cluster.waiting import ClusterError
from aiwfe.dist import REPOSITORY

SERVER = "git"
BRANCH = "main"  # what dist/'s Applications follow

_AUTHOR = {
    "GIT_AUTHOR_NAME": "aiwfe cluster",
    "GIT_AUTHOR_EMAIL": "cluster@aiwfe.invalid",
    "GIT_COMMITTER_NAME": "aiwfe cluster",
    "GIT_COMMITTER_EMAIL": "cluster@aiwfe.invalid",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Repository:
    """The bare repository, and the address under which dist/ knows it."""

    folder: Path
    url: str

    @property
    def host(self) -> str:
        """`github.com`."""
        return urlsplit(self.url).hostname or ""

    def create(self) -> None:
        """An empty one. Raises ClusterError without git."""
        _git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(self.folder))

    def publish(self, dist: Path) -> str:
        """Commits `dist` as `dist/`, whole, on top of what was published before; returns the commit.

        Raises ClusterError where the folder cannot be read.
        """
        if dist.name != "dist":
            raise ClusterError(f"{dist}: the folder to publish must be called dist")
        place = [f"--git-dir={self.folder.resolve()}", f"--work-tree={dist.resolve().parent}"]
        _git(*place, "read-tree", "--empty")
        _git(*place, "add", "--all", "--force", "--", f":(top){dist.name}")  # wherever the caller stands
        _git(*place, "commit", "--quiet", "--allow-empty", "--no-verify", "--message=dist/ as it is now")
        return _git(*place, "rev-parse", "HEAD").strip()

    def server(self, pki: Path, ports: Mapping[str, int]) -> Program:
        """What serves it, under the address that it has in dist/."""
        return Program(
            SERVER,
            (
                sys.executable, "-m", "aiwfe.cluster.gitserver",
                f"--port={ports['git']}",
                f"--host={self.host}",
                f"--path={urlsplit(self.url).path}",
                f"--repository={self.folder}",
                f"--certificate={pki / 'git.crt'}",
                f"--key={pki / 'git.key'}",
            ),
            {"PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            env={"PATH": os.environ.get("PATH", ""), **_AUTHOR},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise ClusterError("git is not on the PATH") from None
    if done.returncode:
        raise ClusterError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
