"""Spec §4.2: what is one too many is refused, in each namespace and for each resource, and what still fits is not."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from aiwfe.cluster.kubectl import KubectlError
from aiwfe.objects import Body, mapping
from aiwfe.quantity import parse
from tests.cluster.conftest import Cluster, Start

# Written by hand from spec §4.2, in the names that a ResourceQuota has for them; aiwfe-integrations by ADR 0004.
QUOTAS = [
    ("aiwfe-system", "requests.cpu"),
    ("aiwfe-system", "requests.memory"),
    ("aiwfe-system", "pods"),
    ("aiwfe-data", "requests.cpu"),
    ("aiwfe-data", "requests.memory"),
    ("aiwfe-data", "pods"),
    ("aiwfe-data", "requests.storage"),
    ("aiwfe-ai", "requests.cpu"),
    ("aiwfe-ai", "requests.memory"),
    ("aiwfe-ai", "requests.nvidia.com/gpu"),
    ("aiwfe-integrations", "requests.cpu"),
    ("aiwfe-integrations", "requests.memory"),
    ("aiwfe-integrations", "pods"),
]
_LEAST = {"cpu": "10m", "memory": "16Mi"}  # of the LimitRanges
_PART = 512  # MiB; no LimitRange allows less for one container
_UNITS = {"requests.cpu": Fraction(1, 1000), "requests.memory": 2**20, "requests.storage": 2**20}


@pytest.fixture(scope="module")
def production(synced: Start) -> Cluster:
    return synced("test-production", "production")


def left(cluster: Cluster, namespace: str, resource: str) -> Fraction:
    quota = cluster.box.kubectl.get("resourcequota", namespace, namespace)
    return parse(mapping(quota, "status", "hard")[resource]) - parse(mapping(quota, "status", "used")[resource])


def pod(namespace: str, name: str, *containers: Body) -> Body:
    """A pod that is right in everything but, maybe, what its containers ask for together."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [_container("istio-proxy", {})],  # so that none is injected
            "containers": [_container(f"asks-{number}", asked) for number, asked in enumerate(containers or ({},))],
        },
    }


def _container(name: str, asked: Body) -> Body:
    requests = {**_LEAST, **asked}
    return {
        "name": name,
        "image": "registry.invalid/none:1",
        "resources": {"requests": requests, "limits": {key: one for key, one in requests.items() if key != "cpu"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def claim(namespace: str, size: str) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "asks", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "gp3",
            "resources": {"requests": {"storage": size}},
        },
    }


def ask(cluster: Cluster, body: Body) -> None:
    """Has the API server admit an object, and not keep it. Raises KubectlError where it refuses."""
    cluster.box.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(body))


def asks(namespace: str, resource: str, amount: int) -> Body:
    """Something that asks for so many millicores, MiB or GPUs; memory in parts that the LimitRange lets pass."""
    match resource.removeprefix("requests."):
        case "cpu":
            return pod(namespace, "asks", {"cpu": f"{amount}m"})
        case "memory":
            parts = [min(_PART, amount - done) for done in range(0, amount, _PART)]
            return pod(namespace, "asks", *({"memory": f"{part}Mi"} for part in parts))
        case "storage":
            return claim(namespace, f"{amount}Mi")
        case device:
            return pod(namespace, "asks", {device: str(amount)} if amount else {})


@pytest.mark.parametrize(("namespace", "resource"), [quota for quota in QUOTAS if quota[1] != "pods"])
def test_what_fits_is_taken_and_a_little_more_is_not(production: Cluster, namespace: str, resource: str) -> None:
    fits = int(left(production, namespace, resource) / _UNITS.get(resource, 1))
    ask(production, asks(namespace, resource, fits))
    with pytest.raises(KubectlError, match=f"exceeded quota: {namespace}, requested: .*{resource}="):
        ask(production, asks(namespace, resource, fits + 16))


@pytest.mark.parametrize("namespace", [namespace for namespace, resource in QUOTAS if resource == "pods"])
def test_one_pod_too_many_is_refused(production: Cluster, namespace: str) -> None:
    kubectl, rest = production.box.kubectl, int(left(production, namespace, "pods"))
    names = [f"asks-{number}" for number in range(rest)]
    try:
        kubectl.apply([pod(namespace, name) for name in names])
        with pytest.raises(KubectlError, match="exceeded quota"):
            ask(production, pod(namespace, "one-too-many"))
    finally:
        kubectl("delete", "pods", *names, f"--namespace={namespace}", "--ignore-not-found", "--wait=true")
