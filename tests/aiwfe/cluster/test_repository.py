"""A real git, through the proxy, gets the bytes that were published, under the address that dist/ names, and no others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aiwfe.cluster import pki
from aiwfe.cluster.processes import Processes
from aiwfe.cluster.repository import SERVER, Repository
from aiwfe.cluster.waiting import ClusterError, until
from imports.manifest import ROOT
from tests.scratch import files

URL = "https://git.example.org/aiwfe/platform.git"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def git(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The caller's git, with nothing of the caller's."""
    return subprocess.run(
        ["git", *map(str, arguments)],
        env={
            "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **environment,
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@dataclass
class Served:
    """A repository, and how to reach it."""

    repository: Repository
    port: int
    authority: Path
    dist: Path

    def git(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        proxy = f"http://127.0.0.1:{self.port}"
        return git(*arguments, **{"https_proxy": proxy, "GIT_SSL_CAINFO": str(self.authority), **environment})

    def clone(self, target: Path, *options: str) -> dict[str, bytes]:
        """The files of a fresh clone."""
        done = self.git(*options, "clone", "--quiet", URL, target)
        assert (done.returncode, done.stderr) == (0, "")
        return files(target / "dist")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this module."""
    folder = tmp_path_factory.mktemp("box")
    pki.create(folder / "pki", "git.example.org")
    made = Served(Repository(folder / "repository.git", URL), free_port(), folder / "pki" / "ca.crt", folder / "dist")
    processes = Processes(folder)
    processes.start(made.repository.server(folder / "pki", {"git": made.port}))
    until("the server", lambda: closed(made.port), limit=10, alive=processes.all_must_live)
    yield made
    processes.kill(SERVER)


def closed(port: int) -> str:
    with socket.socket() as one:
        return "" if one.connect_ex(("127.0.0.1", port)) == 0 else "closed"


@pytest.fixture
def served(server: Served, tmp_path: Path) -> Served:
    """An empty repository behind the server, and a small dist/ in a repository of its own."""
    shutil.rmtree(server.repository.folder, ignore_errors=True)
    server.repository.create()
    server.dist = tmp_path / "checkout" / "dist"
    for name, content in {
        "dev/apps/chat.yaml": b"a: 1\n",
        "dev/apps/odd.yaml": b"\r\n\xff\0",
        "dev/.hidden": b"",
    }.items():
        (server.dist / name).parent.mkdir(parents=True, exist_ok=True)
        (server.dist / name).write_bytes(content)
    return server


@pytest.mark.parametrize("protocol", ["0", "2"])
def test_a_clone_has_exactly_the_bytes_that_were_published(protocol: str, served: Served, tmp_path: Path) -> None:
    served.repository.publish(served.dist)
    assert served.clone(tmp_path / "clone", "-c", f"protocol.version={protocol}") == files(served.dist)
    assert [path.name for path in (tmp_path / "clone").iterdir() if path.name != ".git"] == ["dist"]


def test_the_committed_dist_goes_through_whole(served: Served, tmp_path: Path) -> None:
    served.repository.publish(ROOT / "dist")
    assert served.clone(tmp_path / "clone") == files(ROOT / "dist")


def test_each_publication_is_a_commit_on_the_one_before(served: Served, tmp_path: Path) -> None:
    first = served.repository.publish(served.dist)
    served.clone(tmp_path / "clone")
    (served.dist / "dev/apps/chat.yaml").write_text("a: 2\n")
    second = served.repository.publish(served.dist)
    done = served.git("-C", tmp_path / "clone", "pull", "--quiet", "--ff-only")
    assert (done.returncode, done.stderr) == (0, "")
    assert served.git("-C", tmp_path / "clone", "rev-list", "HEAD").stdout.split() == [second, first]
    assert files(tmp_path / "clone" / "dist") == files(served.dist)


def test_the_same_dist_published_again_is_a_commit_too(served: Served) -> None:
    assert served.repository.publish(served.dist) != "" != served.repository.publish(served.dist)
    assert git("--git-dir", served.repository.folder, "rev-list", "--count", "main").stdout == "2\n"


def test_a_file_that_was_removed_is_gone_from_the_next_commit(served: Served, tmp_path: Path) -> None:
    served.repository.publish(served.dist)
    (served.dist / "dev/apps/chat.yaml").unlink()
    served.repository.publish(served.dist)
    assert set(served.clone(tmp_path / "clone")) == {"dev/apps/odd.yaml", "dev/.hidden"}


def test_what_the_checkout_ignores_is_published_and_what_is_beside_dist_is_not(served: Served, tmp_path: Path) -> None:
    (served.dist.parent / ".gitignore").write_text("dist/\n*.yaml\n")
    served.repository.publish(served.dist)
    assert served.clone(tmp_path / "clone") == files(served.dist)


def test_a_publication_leaves_the_checkouts_own_repository_alone(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout = served.dist.parent
    git("-C", checkout, "init", "--quiet")
    git("-C", checkout, "add", "dist/dev/apps/chat.yaml")
    (served.dist / "dev/apps/chat.yaml").write_text("dirty\n")
    monkeypatch.setenv("GIT_DIR", str(checkout / ".git"))  # as in a hook of the caller's
    monkeypatch.setenv("GIT_INDEX_FILE", str(checkout / ".git" / "index"))
    before = files(checkout)
    served.repository.publish(served.dist)
    assert files(checkout) == before
    assert served.clone(tmp_path / "clone")["dev/apps/chat.yaml"] == b"dirty\n"


def test_it_does_not_matter_where_in_the_checkout_one_stands(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (served.dist.parent, served.dist / "dev" / "apps"):
        monkeypatch.chdir(place)
        served.repository.publish(served.dist)
    monkeypatch.chdir(served.dist.parent)
    served.repository.publish(Path("dist"))


def test_another_host_is_refused(served: Served) -> None:
    done = served.git("ls-remote", "https://elsewhere.example.org/aiwfe/platform.git")
    assert (done.returncode, "403" in done.stderr) == (128, True)


def test_another_path_is_not_there(served: Served) -> None:
    done = served.git("ls-remote", "https://git.example.org/aiwfe/other.git")
    assert done.returncode == 128
    assert "repository 'https://git.example.org/aiwfe/other.git/' not found" in done.stderr


def test_a_push_is_refused(served: Served, tmp_path: Path) -> None:
    first = served.repository.publish(served.dist)
    served.clone(tmp_path / "clone")
    done = served.git("-C", tmp_path / "clone", "push", "origin", "HEAD:refs/heads/other")
    assert (done.returncode, "not found" in done.stderr) == (128, True)
    assert git("--git-dir", served.repository.folder, "for-each-ref", "--format=%(objectname)").stdout == f"{first}\n"


def test_whoever_does_not_trust_the_boxs_authority_gets_nothing(served: Served) -> None:
    done = served.git("ls-remote", URL, GIT_SSL_CAINFO="/dev/null")
    assert (done.returncode, "certificate" in done.stderr.lower()) == (128, True)
    served.repository.publish(served.dist)
    assert served.git("ls-remote", URL).returncode == 0  # and the server goes on


def test_a_repository_that_cannot_be_read_is_an_error_for_the_caller(served: Served) -> None:
    shutil.rmtree(served.repository.folder)
    done = served.git("ls-remote", URL)
    assert (done.returncode, "500" in done.stderr) == (128, True)


def test_a_folder_that_cannot_be_published_is_said(served: Served, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"elsewhere: the folder to publish must be called dist$"):
        served.repository.publish(tmp_path / "elsewhere")
    with pytest.raises(ClusterError, match=r"pathspec ':\(top\)dist' did not match any files"):
        served.repository.publish(tmp_path / "dist")


def test_without_git_that_is_said(served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"^git is not on the PATH$"):
        served.repository.create()


def test_a_port_that_is_taken_is_one_line(served: Served, tmp_path: Path) -> None:
    program = served.repository.server(served.authority.parent, {"git": served.port})
    done = subprocess.run(
        [*map(str, program.command)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=10
    )
    assert (done.returncode, done.stderr) == (1, f"port {served.port}: address already in use\n")
