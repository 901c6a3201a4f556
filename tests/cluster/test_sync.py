"""Each environment's dist/ in a real control plane: accepted, synced, healthy, admitted, placed, and then left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import pytest

from aiwfe.capacity.budget import budgets_of
from aiwfe.cluster.applications import ALL, applications, refresh
from aiwfe.cluster.verdict import FOLDERS, judge, look
from aiwfe.objects import Body, mapping, mappings, text
from aiwfe.quantity import parse
from tests.cluster.conftest import SEEN, Cluster, Start
from tests.cluster.report import Seen

_TRACKING = "argocd.argoproj.io/tracking-id"


@pytest.fixture(scope="module", params=["dev", "staging", "production"])
def cluster(request: pytest.FixtureRequest, synced: Start) -> Cluster:
    return synced(f"test-sync-{request.param}", request.param)


def remember(cluster: Cluster, there: Mapping[str, Body], seen: Seen) -> None:
    """What the report says of this environment."""
    env = cluster.environment.name
    seen.rendered[env] = set(there)
    seen.accepted[env] = {name for name, body in there.items() if body}
    seen.settled[env] = {
        "/".join(filter(None, (text(one, key) for key in ("kind", "namespace", "name"))))
        for application in applications(cluster.box).values()
        for one in application.resources
        if one.get("status") == "Synced" and text(one, "health", "status") in ("", "Healthy")
    }


def complaints(cluster: Cluster) -> list[str]:
    found = judge(look(cluster.box), cluster.environment)
    return [f"{finding.file}:{finding.line}: {finding.object}: {finding.why}" for finding in found]


def in_cluster(cluster: Cluster) -> dict[str, Body]:
    """Every object of dist/ by its name there, as it is in the cluster; empty where it is not."""
    kubectl = cluster.box.kubectl
    kinds = {f"{item.kind}.{item.group}".rstrip(".") for item in cluster.environment.objects}
    found = kubectl.list(",".join(sorted(kinds)))
    by_name = {
        "/".join(
            filter(None, (text(one, "kind"), text(one, "metadata", "namespace"), text(one, "metadata", "name")))
        ): one
        for one in found
    }
    return {item.local: by_name.get(item.local, {}) for item in cluster.environment.objects}


def test_the_control_plane_has_no_complaint(cluster: Cluster) -> None:
    assert complaints(cluster) == []


def test_every_object_of_dist_is_there_and_belongs_to_its_application(
    cluster: Cluster, pytestconfig: pytest.Config
) -> None:
    there = in_cluster(cluster)
    remember(cluster, there, pytestconfig.stash[SEEN])
    owners = {folder: name for name, folder in FOLDERS.items()}
    wrong: list[str] = []
    for item in cluster.environment.objects:
        tracked = text(there[item.local], "metadata", "annotations", _TRACKING)
        if not tracked.startswith(f"{owners[item.application]}:"):
            wrong.append(f"{item.file}:{item.line}: {item.local} is tracked as {tracked or 'nothing'}")
    assert wrong == []


def test_two_more_looks_change_nothing(cluster: Cluster) -> None:
    """Fields that the API server or a controller writes differently would be synced for ever."""
    before = {name: text(body, "metadata", "generation") for name, body in in_cluster(cluster).items()}
    for _ in range(2):
        refresh(cluster.box, *ALL)
        assert complaints(cluster) == []
    assert {name: text(body, "metadata", "generation") for name, body in in_cluster(cluster).items()} == before


def test_waves_come_in_their_order(cluster: Cluster) -> None:
    there = in_cluster(cluster)

    def made(kind: str) -> list[str]:
        return [
            text(body, "metadata", "creationTimestamp") for name, body in there.items() if name.startswith(f"{kind}/")
        ]

    order = [
        made("AppProject"),
        [text(there["Application/gitops/aiwfe-platform"], "metadata", "creationTimestamp")],
        [text(there["Application/gitops/aiwfe-data"], "metadata", "creationTimestamp")],
        [text(there["Application/gitops/aiwfe-applications"], "metadata", "creationTimestamp")],
    ]
    for earlier, later in pairwise(order):
        assert max(earlier) <= min(later)
    assert max(made("Namespace")) <= min(made("ResourceQuota"))
    assert max(made("ResourceQuota")) <= min([*made("Deployment"), *made("StatefulSet"), *made("Cluster")])


def test_quotas_count_what_the_capacity_proof_counts(cluster: Cluster) -> None:
    """Requests, sidecars, defaults and volumes, as the API server's own ledger has them."""
    quotas = {text(one, "metadata", "namespace"): one for one in cluster.box.kubectl.list("resourcequotas")}
    differences: list[str] = []
    for budget in budgets_of(cluster.environment):
        used = mapping(quotas[budget.namespace], "status", "used")
        # What operators make is not there: their controllers do not run.
        made = [item for item in budget.workloads if item.owner.kind not in ("Cluster",)]
        for name in budget.hard:
            steady = sum((item.steady.get(name, Fraction(0)) for item in made), Fraction(0))
            if parse(used[name]) != steady:
                differences.append(f"{budget.namespace} {name}: counted {used[name]}, proven {steady}")
    assert differences == []


def test_autoscalers_find_what_they_scale(cluster: Cluster) -> None:
    lost = [
        f"{text(scaler, 'metadata', 'name')}: {text(one, 'message')}"
        for scaler in cluster.box.kubectl.list("horizontalpodautoscalers")
        for one in mappings(scaler, "status", "conditions")
        if one.get("type") == "AbleToScale" and one.get("status") != "True"
    ]
    assert lost == []


def test_disruption_budgets_cover_their_pods_and_let_a_drain_move_on(cluster: Cluster) -> None:
    budgets = cluster.box.kubectl.list("poddisruptionbudgets")
    assert budgets
    for budget in budgets:
        name = text(budget, "metadata", "name")
        status = mapping(budget, "status")
        assert status["expectedPods"] == status["currentHealthy"] > 0, name
        assert status["disruptionsAllowed"] > 0, name


def test_pods_are_spread_evenly_over_zones(cluster: Cluster) -> None:
    kubectl = cluster.box.kubectl
    zones = {
        text(node, "metadata", "name"): text(node, "metadata", "labels", "topology.kubernetes.io/zone")
        for node in kubectl.list("nodes", selector="aiwfe.io/node-pool=general")
    }
    for item in cluster.environment.of_kind("Deployment"):
        pods = kubectl.list("pods", item.namespace, f"app.kubernetes.io/name={item.name}")
        counted = Counter(dict.fromkeys(zones.values(), 0))
        counted.update(zones[text(pod, "spec", "nodeName")] for pod in pods)
        assert max(counted.values()) - min(counted.values()) <= 1, f"{item.local}: {counted}"


def test_applications_follow_the_spec(cluster: Cluster) -> None:
    """Spec §6.1: platform and applications are automated, the data layer waits for a person."""
    automated = {
        name: bool(mapping(one.body, "spec", "syncPolicy", "automated"))
        for name, one in applications(cluster.box).items()
    }
    assert automated == {"aiwfe": True, "aiwfe-platform": True, "aiwfe-data": False, "aiwfe-applications": True}
