"""What a cluster has against dist/ is a finding about the object of dist/, its file and its line, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aiwfe.cluster.applications import Application
from aiwfe.cluster.verdict import FOLDERS, RULES, Seen, judge
from aiwfe.dist import APPLICATIONS, Environment, load
from aiwfe.objects import Body
from tests.aiwfe.dists import dist

CHAT = """\
# Generated from charts/apps/chat.py: do not edit.
apiVersion: v1
kind: ConfigMap
metadata:
  name: chat
  namespace: aiwfe-system
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: chat
  namespace: aiwfe-system
spec:
  selector:
    matchLabels: {app: chat}
  template:
    metadata:
      labels: {app: chat}
    spec:
      containers: [{name: chat}]
"""
APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {}\n  namespace: gitops\n"
FILES = {
    "dev/argocd/applications.yaml": "---\n".join(map(APPLICATION.format, FOLDERS)),
    "dev/platform/namespaces.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: aiwfe-system\n",
    "dev/apps/chat.yaml": CHAT,
    "dev/apps/postgres.yaml": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: postgres, namespace: aiwfe-data}\n",
}
CONFIG, DEPLOYMENT = "dev/apps/chat.yaml:2", "dev/apps/chat.yaml:8"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return load(dist(tmp_path, FILES), ["dev"], baseline=False).environments[0]


def resource(kind: str, name: str = "chat", status: str = "Synced", health: str = "Healthy", **more: Any) -> Body:
    return {
        "kind": kind,
        "namespace": "aiwfe-system",
        "name": name,
        "status": status,
        "health": {"status": health},
        **more,
    }


def application(name: str, resources: tuple[Body, ...] = (), **status: Any) -> Application:
    well = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}, "resources": list(resources)}
    return Application({"metadata": {"name": name}, "status": {**well, **status}})


def pod(node: str = "general-0", gpus: int = 0, **more: Any) -> Body:
    resources = {"requests": {"nvidia.com/gpu": gpus}} if gpus else {}
    return {
        "metadata": {"name": "chat-1-a", "namespace": "aiwfe-system", "labels": {"app": "chat"}, **more},
        "spec": {"nodeName": node, "containers": [{"name": "chat", "resources": resources}]},
        "status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/2 nodes are available"}]},
    }


def event(kind: str, name: str, message: str, namespace: str = "aiwfe-system", at: str = "", **more: Any) -> Body:
    involved = {"kind": kind, "namespace": namespace, "name": name}
    return {
        "involvedObject": involved,
        "reason": "FailedCreate",
        "type": "Warning",
        "message": message,
        "lastTimestamp": at,
        **more,
    }


WELL = Seen(
    applications={
        name: application(name, (resource("ConfigMap"), resource("Deployment")) if name == "aiwfe-applications" else ())
        for name in FOLDERS
    },
    events=[
        event("ReplicaSet", "chat-5d", "Created pod", reason="SuccessfulCreate", type="Normal"),
        event("ReplicaSet", "chat-5d", "said otherwise", reason="FailedMount"),
        event("ReplicaSet", "stranger-5d", "exceeded quota"),
    ],
    pods=[pod(), pod(node="", labels={"app": "stranger"}), pod(node="", namespace="aiwfe-ai")],
    nodes=[
        {"metadata": {"name": "general-0"}, "status": {"capacity": {"cpu": "8"}}},
        {"metadata": {"name": "gpu-0"}, "status": {"capacity": {"cpu": "8", "nvidia.com/gpu": "4"}}},
    ],
    unguarded=["aiwfe-ai"],  # not in this dist/
)


def with_application(seen: Seen, name: str, resources: tuple[Body, ...] = (), **status: Any) -> Seen:
    return replace(seen, applications={**seen.applications, name: application(name, resources, **status)})


def apps(*resources: Body, **status: Any) -> Seen:
    return with_application(WELL, "aiwfe-applications", resources, **status)


def found(seen: Seen, environment: Environment) -> list[str]:
    return [
        f"{one.rule} {one.file.removeprefix('dist/')}:{one.line} {one.object}: {one.why}"
        for one in judge(seen, environment)
    ]


def test_a_cluster_that_is_as_dist_says_has_nothing_against_it(environment: Environment) -> None:
    assert judge(WELL, environment) == []


def failed(resource: Body) -> Body:
    return {"phase": "Failed", "syncResult": {"resources": [resource]}}


REFUSED = resource("ConfigMap", status="SyncFailed", message="data: Invalid value")
CASES: dict[str, tuple[Callable[[], Seen], str]] = {
    "an application that does not exist": (
        lambda: replace(WELL, applications={k: v for k, v in WELL.applications.items() if k != "aiwfe-data"}),
        "cluster/accepted dev/argocd/applications.yaml:13 dev/Application/gitops/aiwfe-data: does not exist in the cluster",
    ),
    "an object that the API server refuses": (
        lambda: apps(operationState=failed(REFUSED)),
        f"cluster/accepted {CONFIG} dev/ConfigMap/aiwfe-system/chat: data: Invalid value",
    ),
    "an application with a condition": (
        lambda: with_application(WELL, "aiwfe", conditions=[{"type": "ComparisonError", "message": "no such path"}]),
        "cluster/synced dev/argocd/applications.yaml:1 dev/Application/gitops/aiwfe: ComparisonError: no such path",
    ),
    "an object that is otherwise in the cluster": (
        lambda: apps(resource("Deployment", status="OutOfSync")),
        f"cluster/synced {DEPLOYMENT} dev/Deployment/aiwfe-system/chat: "
        "Deployment chat is OutOfSync: the cluster has it otherwise, or not",
    ),
    "an object that dist/ does not hold": (
        lambda: apps(resource("Secret", "left", status="OutOfSync")),
        "cluster/synced dev/argocd/applications.yaml:19 dev/Application/gitops/aiwfe-applications: "
        "Secret left is OutOfSync: the cluster has it otherwise, or not",
    ),
    "an object that is not well": (
        lambda: apps(resource("Deployment", health="Degraded") | {"health": {"status": "Degraded", "message": "too long"}}),
        f"cluster/healthy {DEPLOYMENT} dev/Deployment/aiwfe-system/chat: is Degraded: too long",
    ),
    "a pod that is refused": (
        lambda: replace(WELL, events=[event("ReplicaSet", "chat-5d", "exceeded quota")]),
        f"cluster/admitted {DEPLOYMENT} dev/Deployment/aiwfe-system/chat: exceeded quota",
    ),
    "a pod of a set that is refused": (
        lambda: replace(WELL, events=[event("StatefulSet", "postgres", "violates PodSecurity", "aiwfe-data")]),
        "cluster/admitted dev/apps/postgres.yaml:1 dev/StatefulSet/aiwfe-data/postgres: violates PodSecurity",
    ),
    "a pod without a node": (
        lambda: replace(WELL, pods=[pod(node="")]),
        f"cluster/placed {DEPLOYMENT} dev/Deployment/aiwfe-system/chat: pod chat-1-a has no node: 0/2 nodes are available",
    ),
    "a pod that wastes a GPU node": (
        lambda: replace(WELL, pods=[pod("gpu-0")]),
        f"cluster/placed {DEPLOYMENT} dev/Deployment/aiwfe-system/chat: pod chat-1-a needs no GPU, and is on a GPU node (gpu-0)",
    ),
    "a pod without its GPU": (
        lambda: replace(WELL, pods=[pod(gpus=1)]),
        f"cluster/placed {DEPLOYMENT} dev/Deployment/aiwfe-system/chat: "
        "pod chat-1-a needs a GPU, and is not on a GPU node (general-0)",
    ),
    "a namespace that takes privileged pods": (
        lambda: replace(WELL, unguarded=["aiwfe-system"]),
        "cluster/guarded dev/platform/namespaces.yaml:1 dev/Namespace/aiwfe-system: takes a privileged pod",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_complaint_is_about_its_object_in_its_file(name: str, environment: Environment) -> None:
    seen, wanted = CASES[name]
    assert found(seen(), environment) == [wanted]


def test_every_rule_has_a_case_that_is_found() -> None:
    assert {wanted.split()[0] for _, wanted in CASES.values()} == {rule.id for rule in RULES}


def fine(*, gpus: int = 0, node: str = "general-0") -> Seen:
    return replace(WELL, pods=[pod(node, gpus)])


@pytest.mark.parametrize(
    "seen",
    [
        apps(operationState={"phase": "Succeeded", "syncResult": {"resources": [resource("ConfigMap")]}}),
        apps({"kind": "ConfigMap", "namespace": "aiwfe-system", "name": "chat", "status": "Synced"}),  # has no health
        fine(),
        fine(gpus=1, node="gpu-0"),
        replace(WELL, unguarded=[]),
        replace(WELL, events=[event("ReplicaSet", "chat-5d", "exceeded quota", type="Normal")]),
    ],
)
def test_what_is_well_is_not_found(seen: Seen, environment: Environment) -> None:
    assert found(seen, environment) == []


SYNC = {"phase": "Succeeded", "startedAt": "2027-01-31T10:00:00Z"}


@pytest.mark.parametrize(
    ("health", "at", "counts"),
    [
        ("Healthy", "2027-01-31T09:59:59Z", False),
        ("Healthy", "2027-01-31T10:00:00Z", True),
        ("Progressing", "2027-01-31T09:59:59Z", True),
        ("Healthy", "", True),
    ],
)
def test_a_refusal_that_a_later_sync_has_mended_is_not_found(
    health: str, at: str, counts: bool, environment: Environment
) -> None:
    seen = apps(resource("Deployment", health=health), operationState=SYNC)
    said = found(replace(seen, events=[event("ReplicaSet", "chat-5d", "exceeded quota", at=at)]), environment)
    assert any("cluster/admitted" in line for line in said) == counts


def test_findings_come_once_in_the_order_of_dist(environment: Environment) -> None:
    again = [event("ReplicaSet", "chat-5d", "exceeded quota")] * 2
    seen = replace(WELL, events=again, pods=[pod(node="")], unguarded=["aiwfe-system"])
    assert [line.split()[0] for line in found(seen, environment)] == [
        "cluster/admitted",
        "cluster/placed",
        "cluster/guarded",
    ]


def test_every_folder_of_dist_is_an_applications() -> None:
    assert sorted(FOLDERS.values()) == sorted(APPLICATIONS)


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        ({}, True),
        ({"operationState": {"phase": "Succeeded"}}, True),
        ({"operationState": {"phase": "Running"}}, False),
        ({"sync": {"status": "OutOfSync"}}, False),
        ({"health": {"status": "Progressing"}}, False),
        ({"sync": {}, "health": {}}, False),
    ],
)
def test_an_application_is_settled_when_all_is_synced_and_well_and_no_sync_runs(status: Body, settled: bool) -> None:
    assert application("aiwfe", **status).settled == settled


@pytest.mark.parametrize(
    ("operation", "asks"),
    [
        ({"phase": "Running", "message": "waiting for pruning confirmation of StatefulSet/a"}, True),
        ({"phase": "Succeeded", "message": "pruning was confirmed"}, False),
        ({"phase": "Running", "message": "waiting for healthy state"}, False),
        ({}, False),
    ],
)
def test_an_application_asks_while_its_sync_waits_for_a_person(operation: Body, asks: bool) -> None:
    assert application("aiwfe", operationState=operation).asks == asks


def test_an_application_tells_all_that_is_wrong_with_it() -> None:
    operation = {**failed(REFUSED), "message": "one or more objects failed"}
    sick = resource("Deployment", status="OutOfSync") | {"health": {"status": "Degraded", "message": "too long"}}
    made = application(
        "aiwfe", (sick, resource("ConfigMap")), sync={"status": "OutOfSync", "revision": "abc"},
        conditions=[{"type": "SyncError", "message": "gave up"}], operationState=operation,
    )  # fmt: skip
    assert made.trouble == [
        "SyncError: gave up",
        "sync Failed: one or more objects failed",
        "ConfigMap/aiwfe-system/chat: data: Invalid value",
        "Deployment/aiwfe-system/chat is OutOfSync",
        "Deployment/aiwfe-system/chat is Degraded: too long",
    ]
    assert (made.revision, str(made)) == ("abc", f"aiwfe is OutOfSync, Healthy ({'; '.join(made.trouble[:3])})")


def test_an_application_that_argo_cd_has_not_looked_at_says_that_nothing_is_known() -> None:
    made = Application({"metadata": {"name": "aiwfe"}})
    assert (made.sync, made.health, made.revision, made.phase, made.trouble, made.settled, str(made)) == (
        "Unknown", "Unknown", "", "", [], False, "aiwfe is Unknown, Unknown",
    )  # fmt: skip
