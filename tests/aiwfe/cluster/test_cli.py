"""`aiwfe cluster`: whatever is wrong with what it is given is one line and an exit code."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from aiwfe import gotools
from aiwfe.cluster import applications
from aiwfe.cluster import box as module
from aiwfe.cluster.box import Box
from aiwfe.cluster.cli import app
from aiwfe.cluster.kubectl import Kubectl
from aiwfe.cluster.processes import Program
from aiwfe.cluster.waiting import ClusterError
from tests.aiwfe.dists import COMMITTED, dist, run

COMMANDS = [command.callback.__name__ for command in app.registered_commands if command.callback]
NONE = "aiwfe: no cluster: `aiwfe cluster up` starts one\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No clusters, and a checkout of the test's own to stand in."""
    monkeypatch.setattr(module, "BOXES", tmp_path / "boxes")
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "boxes"


def leftover(name: str, *programs: str) -> Box:
    """What a crash of the machine leaves: a folder, and no process."""
    folder = module.BOXES / name
    (folder / "pids").mkdir(parents=True)
    (folder / "logs").mkdir()
    facts = {"environment": "dev", "ports": dict.fromkeys(module.PORTS, 1), "repository": "https://a.b/c.git"}
    (folder / "box.json").write_text(json.dumps(facts))
    for program in programs:
        (folder / "pids" / f"{program}.json").write_text(json.dumps({"pid": 2**22 + 1, "started": 1.0}))
        (folder / "logs" / f"{program}.log").write_text("".join(f"{program} {number}\n" for number in range(60)))
    return Box(folder)


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> NoReturn:
        raise AssertionError("it was about to start")

    monkeypatch.setattr(module, "build", fails)
    monkeypatch.setattr(module, "tool", fails)


def checkout(files: Mapping[str, str | bytes]) -> None:
    dist(Path.cwd(), files)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "kubectl"])
def test_every_command_has_help_with_an_example_of_itself(name: str) -> None:
    said = run("cluster", name, "--help", COLUMNS="100")
    example = re.search(r"Example: (.*)", said.out)
    assert example
    words = shlex.split(example[1])
    assert words[words.index("cluster") + 1] == name
    assert (said.code, said.err, "Exit codes: 0 " in said.out) == (0, "", True)
    rows = re.findall(r"^│ +(--[a-z]+.*?) *│$", run("cluster", name, "-h", COLUMNS="200").out, re.MULTILINE)
    assert [row for row in rows if not row.endswith((".", "]"))] == []


def test_the_help_of_kubectl_is_kubectls_and_ours_is_among_the_commands() -> None:
    assert run("cluster", "kubectl", "--help") == (2, "", NONE)
    said = run("cluster", COLUMNS="100")
    text = said.out + said.err
    assert [name for name in COMMANDS if not re.search(rf"^│ {name} +[A-Z]", text, re.MULTILINE)] == []
    assert any(
        command.callback and "Example: aiwfe cluster kubectl " in (command.callback.__doc__ or "")
        for command in app.registered_commands
    )


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        ({"dev/a/.x": ""}, ("--env", "dve"), "aiwfe: unknown environment 'dve', did you mean 'dev'? (there are: dev)\n"),
        (
            {"dev/apps/a.yaml": "a: b: c\n"}, (),
            "aiwfe: dist/dev/apps/a.yaml:1: not YAML (mapping values are not allowed in this context): "
            "run `make synth` to write it anew\n",
        ),
        (
            {"dev/apps/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}, (),
            "aiwfe: dist/dev holds no Application: there is nothing that Argo CD could sync\n",
        ),
        (
            {"dev/a/.x": ""}, ("--name", "../../home"),
            "aiwfe: no cluster can be called '../../home': letters, digits, '.', '_' and '-', and not 'base'\n",
        ),
        (
            {"dev/a/.x": ""}, ("--name", "base"),
            "aiwfe: no cluster can be called 'base': letters, digits, '.', '_' and '-', and not 'base'\n",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_a_cluster_is_not_started(
    files: Mapping[str, str], arguments: tuple[str, ...], said: str, place: Path
) -> None:
    checkout(files)
    assert run("cluster", "up", *arguments) == (2, "", said)
    assert not place.exists()


@pytest.mark.usefixtures("nothing_starts")
def test_without_dist_there_is_nothing_to_start() -> None:
    said = run("cluster", "up")
    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(r"aiwfe: .*/dist: no such folder: run `make synth`.*\n", said.err)


def test_without_go_and_its_lock_it_is_exit_code_3(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = tmp_path / "tools"
    (tools / "etcd").mkdir(parents=True)
    (tools / "etcd" / "go.mod").write_text("module a\n\ngo 1.24\n")
    (tools / "etcd" / "go.sum").touch()

    def tool(family: str, name: str, **_: object) -> Path:
        return gotools.tool(family, name, tools=tools, cache=tmp_path / "cache")

    monkeypatch.setattr(module, "tool", tool)
    monkeypatch.chdir(COMMITTED.parent)
    said = f"aiwfe: {tools}/go.lock is missing, and no Go 1.24 or newer is on PATH\n"
    assert run("cluster", "up") == (3, "", said)
    assert not place.exists()


@pytest.mark.parametrize("arguments", [("sync",), ("kubectl", "get", "pods"), ("logs", "etcd"), ("down",), ("down", "--name", "dev"), ("status", "--name", "dev")])  # fmt: skip
def test_without_a_cluster_it_is_said_how_to_start_one(arguments: tuple[str, ...]) -> None:
    assert run("cluster", *arguments) == (2, "", NONE)


def test_without_a_cluster_there_is_nothing_to_show_and_nothing_to_end() -> None:
    assert run("cluster", "status") == (0, "no cluster: `aiwfe cluster up` starts one\n", "")
    assert run("cluster", "down", "--all") == (0, "no cluster: there is nothing to end\n", "")


@pytest.mark.parametrize("arguments", [("sync",), ("logs", "etcd"), ("down",)])
def test_of_several_clusters_one_must_be_named(arguments: tuple[str, ...], place: Path) -> None:
    for name in ("dev", "staging"):
        leftover(name)
    assert run("cluster", *arguments) == (2, "", "aiwfe: which cluster? Say --name with one of: dev, staging\n")
    said = "aiwfe: no cluster 'stagin', did you mean 'staging'? (there are: dev, staging)\n"
    assert run("cluster", *arguments, "--name", "stagin") == (2, "", said)
    assert len(list(place.iterdir())) == 2


def test_an_unknown_program_has_no_log(place: Path) -> None:
    leftover("dev", "etcd", "kube-apiserver")
    said = "aiwfe: unknown program 'ectd', did you mean 'etcd'? (there are: etcd, kube-apiserver)\n"
    assert run("cluster", "logs", "ectd") == (2, "", said)
    assert run("cluster", "logs", "etcd", "-n", "0").code == 2
    leftover("other")
    none = "aiwfe: no program of the cluster other was started: it has no logs\n"
    assert run("cluster", "logs", "etcd", "--name", "other") == (2, "", none)


def test_the_log_of_a_program_that_has_ended_is_there() -> None:
    leftover("dev", "etcd")
    assert run("cluster", "logs", "etcd", "-n", "2") == (0, "etcd 58\netcd 59\n", "")


TO_DO = "`aiwfe cluster up` starts it anew, `aiwfe cluster down --name dev` removes what is left of it"


@pytest.mark.usefixtures("nothing_starts")
def test_what_a_crash_left_is_shown_as_such_and_removed(place: Path) -> None:
    box = leftover("dev", "etcd", "kube-apiserver")
    assert run("cluster", "status").out.splitlines() == [
        "dev: dist/dev, 0 of 2 programs run",
        "  etcd, kube-apiserver",
        f"  it does not run: {TO_DO}",
    ]
    for arguments in (("sync",), ("kubectl", "get", "pods")):
        assert run("cluster", *arguments) == (2, "", f"aiwfe: the cluster dev does not run: {TO_DO}\n")
    assert run("cluster", "down") == (0, "dev is gone\n", "")
    assert not box.folder.exists()
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("nothing_starts")
def test_a_start_that_was_killed_before_its_first_program_is_a_leftover_too() -> None:
    leftover("dev")
    assert run("cluster", "status").out.splitlines() == [
        "dev: dist/dev, 0 of 0 programs run",
        f"  it does not run: {TO_DO}",
    ]
    assert run("cluster", "down", "--name", "dev").code == 0


def test_all_ends_all_with_what_is_left_of_a_base(place: Path) -> None:
    for name in ("dev", "staging"):
        leftover(name)
    (place / "base" / ".base-x").mkdir(parents=True)
    assert run("cluster", "down", "--all") == (0, "dev is gone\nstaging is gone\n", "")
    assert [path.name for path in place.rglob("*")] == ["base"]


def test_what_cannot_be_removed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    box = leftover("dev")

    def fails(folder: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(module.shutil, "rmtree", fails)
    said = run("cluster", "down")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"aiwfe: {box.folder} cannot be removed: ")


def test_a_box_whose_facts_are_broken_is_one_line_and_can_be_removed() -> None:
    box = leftover("dev")
    (box.folder / "box.json").write_text("{")
    assert run("cluster", "status") == (1, "", "aiwfe: there is no cluster dev: `aiwfe cluster up` starts one\n")
    assert run("cluster", "down").code == 0


def test_a_sync_that_does_not_settle_is_said_and_the_cluster_stays_to_be_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkout({"dev/apps/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})

    def late(*_: object) -> NoReturn:
        raise ClusterError("waited 180 s for aiwfe to be synced")

    def comes_up(*_: object) -> None:
        pass

    monkeypatch.setattr(Box, "up", comes_up)
    monkeypatch.setattr(applications, "first_sync", late)
    todo = "`aiwfe cluster status` shows it, `aiwfe cluster down` ends it"
    said = f"aiwfe: waited 180 s for aiwfe to be synced\nthe cluster dev is up all the same: {todo}\n"
    assert run("cluster", "up") == (1, "", said)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Box, Box]:
    def tool(*_: str) -> Path:
        return tmp_path / "kubectl"

    monkeypatch.setattr(module, "tool", tool)
    return leftover("dev"), leftover("staging")


def test_kubectl_is_of_the_cluster_that_the_kubeconfig_names(
    two: tuple[Box, Box], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for box in two:
        box.processes.start(Program("etcd", ("sleep", "60")))
    ran: list[tuple[Path, list[str], Mapping[str, str]]] = []

    def execve(binary: Path, arguments: list[str], environment: Mapping[str, str]) -> None:
        ran.append((binary, arguments, environment))

    monkeypatch.setattr(os, "execve", execve)
    configs = [str(box.kubeconfig) for box in two]
    monkeypatch.delenv("KUBECONFIG", raising=False)
    said = f"aiwfe: which cluster? Set KUBECONFIG to one of: {', '.join(configs)}\n"
    assert run("cluster", "kubectl", "get", "pods") == (2, "", said)
    assert run("cluster", "kubectl", "get", "pods", "-A", "--help", KUBECONFIG=configs[1]) == (0, "", "")
    [(binary, arguments, environment)] = ran
    assert binary == tmp_path / "kubectl"
    assert arguments == ["kubectl", f"--kubeconfig={configs[1]}", "get", "pods", "-A", "--help"]
    assert environment["KUBECACHEDIR"] == str(two[1].folder / "kubeconfigs" / "cache")
    children = [psutil.Process(json.loads((box.folder / "pids/etcd.json").read_text())["pid"]) for box in two]
    assert run("cluster", "down", "--all").code == 0
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []


def test_kubectl_keeps_what_it_learns_in_the_box(tmp_path: Path) -> None:
    binary = tmp_path / "kubectl"
    binary.write_text("#!/bin/sh\necho $KUBECACHEDIR $KUBERC\n")
    binary.chmod(0o755)
    assert Kubectl(binary, tmp_path / "box" / "kubeconfig")() == f"{tmp_path}/box/cache off\n"
