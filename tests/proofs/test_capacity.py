"""Sums of requests: what holds of them whatever the pods are, against a count one by one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aiwfe.capacity.budget import Budget, budgets_of
from aiwfe.capacity.resources import Amounts, add, pod_of, times
from aiwfe.dist import Environment
from aiwfe.objects import Body
from tests.proofs.test_hostile import Documents, platform_of

SYSTEM = {"namespace": "aiwfe-system"}


def environment_of(*bodies: Body) -> Environment:
    documents: Documents = [("dist/dev/apps/chat.yaml", body) for body in bodies]
    return platform_of(documents).environments[0]


def workload(kind: str, name: str, pod: Body, **spec: Any) -> Body:
    metadata = {"name": name, **SYSTEM}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {**spec, "template": {"spec": pod}}}


def scaler(name: str, least: int, most: int) -> Body:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name, **SYSTEM},
        "spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most},
    }  # fmt: skip


def quota(cpu: int, pods: int) -> Body:
    hard = {"requests.cpu": f"{cpu}m", "pods": str(pods)}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", **SYSTEM},
        "spec": {"hard": hard},
    }


def container(cpu: int) -> Body:
    return {"name": "chat", "resources": {"requests": {"cpu": f"{cpu}m"}}}


def init_container(cpu: int, sidecar: bool) -> Body:
    return {**container(cpu), **({"restartPolicy": "Always"} if sidecar else {})}


cpus = st.integers(0, 3000)
containers = st.lists(st.builds(container, cpus), min_size=1, max_size=3)
inits = st.lists(st.builds(init_container, cpus, st.booleans()), max_size=4)


def cpu_of(container: Body) -> int:
    return int(container["resources"]["requests"]["cpu"].removesuffix("m"))


@given(containers=containers, inits=inits)
@settings(deadline=None)
def test_a_pod_requests_the_largest_moment_of_its_life(containers: list[Body], inits: list[Body]) -> None:
    environment = environment_of(workload("Deployment", "chat", {"containers": containers, "initContainers": inits}))
    moments: list[int] = []
    running = 0
    for init in inits:
        moments.append(running + cpu_of(init))
        running += cpu_of(init) if "restartPolicy" in init else 0
    moments.append(running + sum(map(cpu_of, containers)))
    assert pod_of(environment, environment.pods[0]).requests["cpu"] == Fraction(max(moments), 1000)


kinds = st.sampled_from(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])


@given(
    workloads=st.lists(st.tuples(kinds, st.integers(0, 9), cpus), max_size=4), hard=st.tuples(cpus, st.integers(0, 30))
)
@settings(deadline=None)
def test_what_is_needed_is_never_negative_and_a_workload_more_never_needs_less(
    workloads: list[tuple[str, int, int]], hard: tuple[int, int]
) -> None:
    bodies = [
        workload(kind, f"w{index}", {"containers": [container(cpu)]}, replicas=replicas)
        for index, (kind, replicas, cpu) in enumerate(workloads)
    ]
    needed = [budget_of(quota(*hard), *bodies[:count]).needed for count in range(len(bodies) + 1)]
    for less, more in zip([{"requests.cpu": Fraction(0), "pods": Fraction(0)}, *needed], needed, strict=False):
        assert all(less[name] <= more[name] for name in more)


def budget_of(*bodies: Body) -> Budget:
    (budget,) = budgets_of(environment_of(*bodies))
    return budget


@given(
    cpu=cpus, least=st.integers(1, 5), more=st.integers(0, 20), hard=st.tuples(st.integers(0, 9000), st.integers(0, 30))
)
@settings(deadline=None)
def test_an_hpa_reaches_the_most_replicas_that_fit_its_quota(
    cpu: int, least: int, more: int, hard: tuple[int, int]
) -> None:
    pod = {"containers": [container(cpu)]}
    most = least + more
    budget = budget_of(quota(*hard), workload("Deployment", "chat", pod), scaler("chat", least, most))
    (scaling,) = budget.scalings
    fitting = [count for count in range(most + 1) if fits(count, cpu, *hard)]
    assert scaling.reachable == max(fitting)
    assert (scaling.limited_by != "") == (scaling.reachable < most)


def fits(count: int, cpu: int, hard_cpu: int, hard_pods: int) -> bool:
    return count * cpu <= hard_cpu and count <= hard_pods


names = st.sampled_from(["cpu", "memory", "nvidia.com/gpu"])
amounts = st.dictionaries(names, st.fractions(0, 100))


@given(parts=st.lists(amounts, max_size=3), count=st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_many_times_a_sum_is_the_sum_of_many(parts: list[Amounts], count: int) -> None:
    assert times(add(*parts), count) == add(*(times(part, count) for part in parts))
    assert all(value >= 0 for value in add(*parts).values())
