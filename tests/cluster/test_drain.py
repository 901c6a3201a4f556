"""A node is drained: disruption budgets hold the evictions apart, and no service is ever without a pod."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from aiwfe.cluster.kubectl import KubectlError
from aiwfe.cluster.waiting import until
from aiwfe.objects import Body, at, mapping, mappings, text
from tests.cluster.conftest import Cluster, Start


@pytest.fixture(scope="module")
def production(synced: Start) -> Cluster:
    return synced("test-production", "production")


@pytest.fixture
def uncordoned(production: Cluster) -> Iterator[Cluster]:
    yield production
    nodes = [text(node, "metadata", "name") for node in production.box.kubectl.list("nodes")]
    production.box.kubectl("uncordon", *nodes)
    until("all pods to be ready", lambda: _unready(production), limit=90)


def _unready(cluster: Cluster) -> str:
    lacking = [
        text(one, "metadata", "name")
        for one in cluster.box.kubectl.list("deployments,statefulsets")
        if at(one, "status", "readyReplicas") != at(one, "spec", "replicas")
    ]
    return f"not so: {', '.join(lacking)}" if lacking else ""


def _ready(pod: Body) -> bool:
    conditions = mappings(pod, "status", "conditions")
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return ready and not text(pod, "metadata", "deletionTimestamp")


def services_without_a_pod(cluster: Cluster) -> set[str]:
    services = {item.name for item in cluster.environment.objects if item.kind in ("Deployment", "StatefulSet")}
    up = {
        text(mapping(pod, "metadata", "labels"), "app.kubernetes.io/name")
        for pod in cluster.box.kubectl.list("pods")
        if _ready(pod)
    }
    return services - up


@pytest.mark.parametrize("pool", ["general", "gpu"])
def test_a_drain_moves_on_and_leaves_every_service_a_pod(uncordoned: Cluster, pool: str) -> None:
    kubectl = uncordoned.box.kubectl
    pods = kubectl.list("pods")
    nodes = {text(node, "metadata", "name") for node in kubectl.list("nodes", selector=f"aiwfe.io/node-pool={pool}")}
    node = next(text(pod, "spec", "nodeName") for pod in pods if text(pod, "spec", "nodeName") in nodes)
    missing: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            missing.update(services_without_a_pod(uncordoned))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s")
    finally:
        done.set()
        watcher.join()
    left = [text(pod, "metadata", "name") for pod in kubectl.list("pods") if text(pod, "spec", "nodeName") == node]
    assert (left, missing) == ([], set())
    until("all pods to be ready elsewhere", lambda: _unready(uncordoned), limit=90)


def test_a_second_pod_of_a_service_is_not_evicted_before_the_first_is_back(uncordoned: Cluster) -> None:
    kubectl = uncordoned.box.kubectl
    nodes = [text(node, "metadata", "name") for node in kubectl.list("nodes")]
    kubectl("cordon", *nodes)  # the pod that replaces an evicted one must wait
    first, second, *_ = kubectl.list("pods", "aiwfe-system", "app.kubernetes.io/name=chat")

    def evict(pod: Body) -> None:
        name = text(pod, "metadata", "name")
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": "aiwfe-system"},
        }
        path = f"/api/v1/namespaces/aiwfe-system/pods/{name}/eviction"
        kubectl("create", f"--raw={path}", "--filename=-", stdin=json.dumps(body))

    evict(first)
    until("the budget to know", lambda: _allowed(uncordoned, "chat"), limit=30)
    with pytest.raises(KubectlError, match="disruption budget"):
        evict(second)


def _allowed(cluster: Cluster, name: str) -> str:
    allowed = at(cluster.box.kubectl.get("poddisruptionbudget", name, "aiwfe-system"), "status", "disruptionsAllowed")
    return f"it allows {allowed}" if allowed else ""
