"""What the specification demands of pods and of what keeps them, held against every object of dist/.

CASES shows of each rule (workload_rules.py) that it can fail: one field of a good object is changed, and the rule must
say so.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any, NamedTuple

import pytest

from aiwfe.dist import load
from aiwfe.objects import Body
from imports.manifest import ROOT
from tests.workload_rules import (
    NAMESPACES,
    RULES,
    Rule,
    asked_before_pruning,
    bounded,
    disruption_budget,
    drained,
    namespaces,
    no_privileges,
    no_token,
    not_root,
    nothing_of_the_node,
    of_kind,
    one_hand_on_replicas,
    own_account,
    priority,
    probed,
    resources,
    zone_spread,
)

ENVIRONMENTS = {env.name: env.objects for env in load(ROOT / "dist").environments}


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("rule", RULES)
def test_dist_keeps_the_rule(rule: str, env: str) -> None:
    complaints = RULES[rule](ENVIRONMENTS[env])
    assert not complaints, "\n".join((RULES[rule].__doc__ or "", *complaints))


GOOD = ENVIRONMENTS["production"]
GONE = object()  # no field there, or no object at all
POD = "spec.template.spec."
CONTAINER = POD + "containers.0."


class Case(NamedTuple):
    """A field of the first object of a kind (or of the one with that name) gets a value, and the rule says this."""

    rule: Rule
    kind: str
    path: str
    value: Any
    said: str
    name: str = ""


CASES = (
    Case(not_root, "Deployment", POD + "securityContext.runAsNonRoot", GONE, "runAsNonRoot is not true"),
    Case(not_root, "StatefulSet", POD + "securityContext.seccompProfile", GONE, "seccompProfile is not RuntimeDefault"),
    Case(not_root, "Deployment", CONTAINER + "securityContext.runAsUser", 0, "runs as root"),
    Case(not_root, "Deployment", CONTAINER + "securityContext.runAsNonRoot", False, "runs as root"),
    Case(not_root, "Deployment", CONTAINER + "securityContext.seccompProfile", {"type": "Unconfined"}, "of its own"),
    Case(no_privileges, "Deployment", CONTAINER + "securityContext", GONE, "capabilities.drop is not [ALL]"),
    Case(no_privileges, "Deployment", CONTAINER + "securityContext.capabilities.drop", GONE, "capabilities.drop is not"),
    Case(no_privileges, "StatefulSet", CONTAINER + "securityContext.capabilities.add", ["SYS_ADMIN"], "adds capabilities"),
    Case(no_privileges, "Deployment", CONTAINER + "securityContext.allowPrivilegeEscalation", GONE, "is not false"),
    Case(no_privileges, "Deployment", CONTAINER + "securityContext.privileged", True, "is privileged"),
    Case(no_privileges, "StatefulSet", CONTAINER + "securityContext.readOnlyRootFilesystem", False, "is not true"),
    Case(no_privileges, "Deployment", POD + "initContainers", [{"name": "init"}], "init: capabilities.drop is not [ALL]"),
    Case(nothing_of_the_node, "Deployment", POD + "hostNetwork", True, "hostNetwork is set"),
    Case(nothing_of_the_node, "Deployment", POD + "volumes.0.hostPath", {"path": "/"}, "is a hostPath"),
    Case(nothing_of_the_node, "Deployment", CONTAINER + "ports.0.hostPort", 80, "takes a hostPort"),
    Case(no_token, "Deployment", POD + "automountServiceAccountToken", GONE, "the pod's automountServiceAccountToken"),
    Case(no_token, "ServiceAccount", "automountServiceAccountToken", GONE, "automountServiceAccountToken is not false"),
    Case(own_account, "Deployment", POD + "serviceAccountName", GONE, "there is no ServiceAccount ''"),
    Case(own_account, "Deployment", POD + "serviceAccountName", "aiwfe-webui", "is called aiwfe-api in spec", "api-gateway"),
    Case(own_account, "Deployment", POD + "serviceAccountName", "aiwfe-api", "is that of Deployment/aiwfe-system/", "webui"),
    Case(probed, "Deployment", CONTAINER + "startupProbe", GONE, "has no startupProbe"),
    Case(probed, "Deployment", CONTAINER + "readinessProbe", GONE, "has no readinessProbe"),
    Case(probed, "StatefulSet", CONTAINER + "livenessProbe", GONE, "has no livenessProbe"),
    Case(probed, "Deployment", CONTAINER + "livenessProbe.httpGet.port", "htpp", "asks port htpp, which is not declared"),
    Case(resources, "Deployment", CONTAINER + "resources.requests.cpu", GONE, "requests no cpu"),
    Case(resources, "Deployment", CONTAINER + "resources.requests.memory", GONE, "requests no memory"),
    Case(resources, "StatefulSet", CONTAINER + "resources.requests.ephemeral-storage", GONE, "requests no ephemeral"),
    Case(resources, "Deployment", CONTAINER + "resources.limits.memory", GONE, "has no memory limit"),
    Case(resources, "StatefulSet", CONTAINER + "resources.limits.memory", "1Ti", "its memory limit is not its request"),
    Case(resources, "Deployment", CONTAINER + "resources.limits.cpu", "1", "has a CPU limit"),
    Case(resources, "Cluster", "spec.resources.limits", GONE, "has no memory limit"),
    Case(disruption_budget, "PodDisruptionBudget", "", GONE, "0 PodDisruptionBudgets select its pods"),
    Case(disruption_budget, "PodDisruptionBudget", "spec.selector", {}, "2 PodDisruptionBudgets select its pods"),
    Case(disruption_budget, "PodDisruptionBudget", "spec.maxUnavailable", 0, "a drain may never move on"),
    Case(disruption_budget, "PodDisruptionBudget", "spec.minAvailable", 1, "a drain may never move on"),
    Case(disruption_budget, "PodDisruptionBudget", "spec.unhealthyPodEvictionPolicy", GONE, "hold a drain up"),
    Case(disruption_budget, "Cluster", "spec.enablePDB", False, "enablePDB is not true"),
    Case(zone_spread, "Deployment", POD + "topologySpreadConstraints", GONE, "with DoNotSchedule"),
    Case(zone_spread, "Deployment", POD + "topologySpreadConstraints.0.whenUnsatisfiable", "ScheduleAnyway", "with DoNot"),
    Case(zone_spread, "StatefulSet", POD + "topologySpreadConstraints.0.whenUnsatisfiable", "DoNotSchedule", "with Sched"),
    Case(zone_spread, "Deployment", POD + "topologySpreadConstraints.0.labelSelector.matchLabels", {"a": "b"}, "its own pods"),
    Case(drained, "Deployment", CONTAINER + "lifecycle", GONE, "has no preStop sleep"),
    Case(drained, "Deployment", POD + "terminationGracePeriodSeconds", 10, "of the 10 s that it has"),
    Case(priority, "StatefulSet", POD + "priorityClassName", GONE, "there is no PriorityClass ''"),
    Case(priority, "Cluster", "spec.priorityClassName", "critical", "there is no PriorityClass 'critical'"),
    *(
        Case(asked_before_pruning, kind, "metadata.annotations", {"argocd.argoproj.io/sync-options": one}, f"no {other}")
        for kind in ("StatefulSet", "Cluster", "NodePool", "StorageClass", "Namespace")
        for one, other in (("Prune=confirm", "Delete=confirm"), ("Delete=confirm", "Prune=confirm"))
    ),
    *(
        Case(namespaces, "Namespace", "metadata.labels", {"pod-security.kubernetes.io/enforce": "baseline"}, said, name)
        for name, (level, _) in NAMESPACES.items()
        for said in (f"enforces Pod Security baseline, not {level}",)
    ),
    Case(namespaces, "Namespace", "metadata.labels.istio-injection", GONE, "istio-injection is None, not", "aiwfe-ai"),
    Case(namespaces, "Namespace", "metadata.labels.istio-injection", "enabled", "not disabled", "aiwfe-data"),
    Case(namespaces, "Namespace", "", GONE, "Namespace/gitops: is missing", "gitops"),
    *(Case(bounded, "ResourceQuota", "", GONE, "0 objects of kind ResourceQuota", n) for n in list(NAMESPACES)[:4]),
    *(Case(bounded, "LimitRange", "", GONE, "0 objects of kind LimitRange", n) for n in list(NAMESPACES)[:4]),
    Case(one_hand_on_replicas, "Deployment", "spec.replicas", 3, "beside an autoscaler", "webui"),
    Case(one_hand_on_replicas, "StatefulSet", "spec.replicas", GONE, "neither replicas nor an autoscaler"),
)  # fmt: skip


def changed(body: Body, path: str, value: Any) -> Body:
    """A copy of `body` with one field at a path such as `spec.ports.0.name` changed."""
    new = copy.deepcopy(body)
    *way, last = path.split(".")
    place: Any = new
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return new


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule.__name__}-{case.kind}-{case.path}-{case.name}")
def test_a_rule_finds_what_breaks_it(case: Case) -> None:
    victim = next(item for item in of_kind(GOOD, case.kind) if case.name in ("", item.name))
    broken = [dataclasses.replace(victim, body=changed(victim.body, case.path, case.value))] if case.path else []
    bad = [item for item in GOOD if item is not victim] + broken
    complaints = set(case.rule(bad)) - set(case.rule(GOOD))
    assert any(case.said in line and line.startswith("dist/production/") for line in complaints), complaints


def test_every_rule_has_a_case_and_judges_something() -> None:
    assert {case.rule for case in CASES} == set(RULES.values())
    for env, objects in ENVIRONMENTS.items():
        assert {item.kind for item in objects} >= {"Deployment", "StatefulSet", "Cluster", "NodePool"}, env
