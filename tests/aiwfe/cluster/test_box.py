"""A box comes up whole or not at all, and goes down without a trace.

The programs of these boxes are stand-ins of a line or two; the real ones are started in tests/cluster.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from aiwfe.cluster import base, waiting
from aiwfe.cluster import box as module
from aiwfe.cluster.box import PORTS, Box, boxes, build, named
from aiwfe.cluster.processes import Processes, Program
from aiwfe.cluster.waiting import ClusterError, until
from aiwfe.dist import Environment, load
from aiwfe.errors import BadInputError, ToolMissingError
from tests.aiwfe.dists import dist

ROOT = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: aiwfe, namespace: gitops}
spec: {source: {repoURL: "https://git.example.org/aiwfe/platform.git"}}
"""
SLEEP, CRASH = ("sleep", "60"), ("sh", "-c", "echo flag provided but not defined; exit 2")
LISTEN = ("git", "redis", "repo-server", "application-sets-probe", "rollouts-health")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "BOXES", tmp_path / "boxes")
    monkeypatch.setattr(waiting, "_LOOK_EVERY", 0.01)
    return tmp_path / "boxes"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return load(dist(tmp_path, {"dev/argocd/root.yaml": ROOT}), ["dev"], baseline=False).environments[0]


def answer(value: object) -> Callable[..., object]:
    """Stands in for what would give `value` after minutes of building."""

    def give(*_: object) -> object:
        return value

    return give


Up = Callable[[Mapping[str, tuple[str, ...]]], Box]


@pytest.fixture
def up(tmp_path: Path, place: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    """Starts a box of these programs, which are given what they ask for but for the ports."""
    kept = tmp_path / "kept"
    (kept / "etcd").mkdir(parents=True)
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\necho '{}'\n")
    kubectl.chmod(0o755)
    monkeypatch.setattr(module, "build", answer({}))
    monkeypatch.setattr(module, "base", answer(kept))
    monkeypatch.setattr(module, "tool", answer(kubectl))
    monkeypatch.setattr(Box, "_write_files", answer(None))

    def begin(programs: Mapping[str, tuple[str, ...]]) -> Box:
        monkeypatch.setattr(Box, "programs", answer([Program(name, command) for name, command in programs.items()]))
        box = named("dev")
        box.up(environment, tmp_path / "dist", lambda _: None)
        return box

    yield begin
    for box in boxes():
        box.down()


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something listens wherever a program of the box should."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(module, "_free_ports", lambda: dict.fromkeys(PORTS, server.getsockname()[1]))
        yield


def left() -> list[psutil.Process]:
    """Processes of this test's boxes that still run."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("AIWFE_CLUSTER_PROGRAM", "")
        except psutil.Error:
            continue
        if mark.startswith(f"{module.BOXES}/"):
            found.append(process)
    return found


@pytest.mark.usefixtures("listening")
def test_a_box_that_is_up_is_found_by_its_folder_and_goes_down_without_a_trace(up: Up, place: Path) -> None:
    up({"a": SLEEP, "b": ("sh", "-c", "sleep 60 & wait")})
    until("all", lambda: "" if len(left()) == 3 else "not all", limit=5)
    [box] = boxes()
    assert (box.name, box.environment, box.running(), box.processes.names()) == ("dev", "dev", True, ["a", "b"])
    assert box.repository.url == "https://git.example.org/aiwfe/platform.git"
    box.down()
    assert (left(), boxes(), list(place.iterdir()), box.running()) == ([], [], [], False)
    box.down()  # what is gone is gone


@pytest.mark.usefixtures("listening")
def test_a_box_that_is_up_is_not_started_again(up: Up) -> None:
    up({"a": SLEEP})
    with pytest.raises(ClusterError, match=r"^the cluster dev is up: `aiwfe cluster down --name dev` ends it$"):
        up({"a": SLEEP})
    assert boxes()[0].running()


@pytest.mark.usefixtures("listening")
def test_what_a_crash_left_is_ended_and_cleaned_by_the_next_start(up: Up, place: Path) -> None:
    box = up({"a": ("sh", "-c", "sleep 60 & wait")})
    (place / "dev" / "junk").touch()
    until("both", lambda: "" if len(left()) == 2 else "one", limit=5)
    psutil.Process(json.loads((place / "dev/pids/a.json").read_text())["pid"]).kill()
    until("the crash", lambda: "up" if box.running() else "", limit=5)
    [child] = [process for process in left() if process.status() != psutil.STATUS_ZOMBIE]
    up({"b": SLEEP})
    assert not (place / "dev" / "junk").exists()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert box.processes.known() == ["b"]


def test_a_program_that_dies_ends_the_start_with_its_last_words_and_leaves_nothing_running(up: Up, place: Path) -> None:
    with pytest.raises(ClusterError) as refused:
        up({"a": SLEEP, "kube-scheduler": CRASH})
    assert str(refused.value) == (
        "the cluster dev did not come up, and nothing of it runs: kube-scheduler has ended; its last words "
        f"({place}/dev/logs/kube-scheduler.log):\nflag provided but not defined"
    )
    [box] = boxes()
    assert (left(), box.running()) == ([], False)
    assert box.processes.log("kube-scheduler") == "flag provided but not defined"  # for `aiwfe cluster logs`


@pytest.mark.usefixtures("listening")
def test_a_port_that_another_program_took_is_no_start(up: Up) -> None:
    """What listens there is not what was started."""
    taken = ("sh", "-c", "echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1")
    with pytest.raises(ClusterError, match=r"redis has ended \(another program took its port meanwhile: try again\)"):
        up({"a": SLEEP, "redis": taken, "slow": SLEEP})
    assert left() == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ClusterError("no")])
def test_a_start_that_cannot_write_is_one_line(error: Exception, up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(Box, "_write_files", fails)
    with pytest.raises(ClusterError) as refused:
        up({"a": SLEEP})
    assert str(refused.value) == f"the cluster dev did not come up, and nothing of it runs: {error}"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ToolMissingError("no Go")])
def test_a_start_that_is_broken_off_leaves_nothing_running(
    error: BaseException, up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> NoReturn:
        assert left()
        raise error

    monkeypatch.setattr(Box, "_wait_until_ready", fails)
    with pytest.raises(type(error)):
        up({"a": SLEEP})
    assert left() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "dist/dev holds no Application: there is nothing"),
        (ROOT.replace("https://", "git@"), "dist/dev/argocd/root.yaml:1: repoURL 'git@git.example.org/"),
    ],
)
def test_a_dist_that_is_not_for_a_cluster_is_refused_before_anything_starts(
    text: str, said: str, up: Up, tmp_path: Path, place: Path
) -> None:
    made = dist(tmp_path / "other", {"dev/argocd/root.yaml": text})
    environment = load(made, ["dev"], baseline=False).environments[0]
    with pytest.raises(BadInputError) as refused:
        named("dev").up(environment, made, lambda _: None)
    assert (refused.value.exit_code, str(refused.value).startswith(said), place.exists()) == (2, True, False)
    assert up


@pytest.mark.parametrize("name", ["base", "..", ".", "", "/", "a/b", "/etc", "-x", ".base-x", "a b", "ä", "a" * 64])
def test_a_name_that_would_lead_out_of_the_folder_of_boxes_is_refused(name: str) -> None:
    with pytest.raises(BadInputError, match=r"^no cluster can be called '"):
        named(name)


@pytest.mark.parametrize("name", ["dev", "test-sync-dev", "a.b_C", "1", "a" * 63])
def test_an_ordinary_name_is_a_folder(name: str, place: Path) -> None:
    assert named(name).folder == place / name


def test_a_cluster_that_is_not_there_says_how_to_start_one() -> None:
    with pytest.raises(ClusterError, match=r"^there is no cluster dev: `aiwfe cluster up` starts one$"):
        _ = named("dev").environment


def test_every_use_has_a_free_port_of_its_own() -> None:
    ports = module._free_ports()  # pyright: ignore[reportPrivateUsage]
    assert (tuple(ports), len(set(ports.values()))) == (PORTS, len(PORTS))


def test_without_go_and_its_lock_nothing_can_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(family: str, name: str, **_: object) -> NoReturn:
        raise ToolMissingError(f"no Go for {family} {name}")

    monkeypatch.setattr(module, "tool", missing)
    with pytest.raises(ToolMissingError, match=r"^no Go for etcd server$"):
        build(lambda _: None)


def test_a_base_that_was_broken_off_is_ended_and_removed_and_a_whole_one_stays(place: Path) -> None:
    broken = Processes(place / "base" / ".base-x")
    broken.start(Program("etcd", SLEEP))
    (place / "base" / "base-1").mkdir()
    assert (len(left()), base.clear(place / "base"), base.clear(place / "base")) == (1, True, False)
    assert (left(), [path.name for path in (place / "base").iterdir()]) == ([], ["base-1"])
