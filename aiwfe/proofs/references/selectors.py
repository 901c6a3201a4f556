"""Selectors: each selects some pods, and those that it should."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from aiwfe.dist import Environment
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Body, Object, PodTemplate, at, mapping, mappings, selects, text
from aiwfe.proofs.references import operators

SELECTOR = Rule("references/selector", "A selector selects at least one pod of its namespace.")
WORKLOAD = Rule("references/workload-selector", "A workload's selector selects its own pods and no other workload's.")
SPREAD = Rule(
    "references/spread-selector", "A pod spreads over itself: topology constraints select the pod they stand in."
)
SERVICE_WORKLOAD = Rule("references/service-workload", "A Service selects the pods of one workload.")
BUDGETS = Rule(
    "references/disruption-budgets", "At most one PodDisruptionBudget selects a pod: with two, eviction fails."
)

RULES = (SELECTOR, WORKLOAD, SPREAD, SERVICE_WORKLOAD, BUDGETS)


def find(environment: Environment) -> Iterator[Finding]:
    """Selectors that select nothing or too much."""
    yield from _some_pod(environment)
    yield from _workloads(environment)
    yield from _spread(environment)
    yield from _services(environment)
    yield from _budgets(environment)


def selector_of(item: Object) -> Body | None:
    """The pods that a Service, PodDisruptionBudget or NetworkPolicy selects, as a LabelSelector; None for none."""
    if item.kind == "Service":
        labels = mapping(item.body, "spec", "selector")
        return {"matchLabels": labels} if labels else None
    field = "podSelector" if item.kind == "NetworkPolicy" else "selector"
    found = at(item.body, "spec", field)
    return mapping(found) if isinstance(found, dict) else None


def selected_by(item: Object, environment: Environment) -> list[PodTemplate]:
    """The pod templates of dist/ that the object's selector selects."""
    selector = selector_of(item)
    if selector is None:
        return []
    return [pod for pod in environment.pods if pod.namespace == item.namespace and selects(selector, pod.labels)]


def _some_pod(environment: Environment) -> Iterator[Finding]:
    for item in environment.of_kind("Service", "PodDisruptionBudget", "NetworkPolicy"):
        selector = selector_of(item)
        # An empty podSelector of a NetworkPolicy means the namespace, whether it has pods or not.
        if item.namespace in operators.CHART_NAMESPACES or not selector or selected_by(item, environment):
            continue
        if not any(selects(selector, labels) for labels in operators.operator_pods(environment, item.namespace)):
            yield SELECTOR(
                item,
                f"selects {_shown(selector)}, which no pod of {item.namespace} has",
                "correct the selector, or the labels of the pods",
            )


def _workloads(environment: Environment) -> Iterator[Finding]:
    for pod in environment.pods:
        owner = pod.owner
        selector = mapping(owner.body, "spec", "selector")
        if owner.kind in ("Job", "CronJob", "Pod") or not selector:
            continue
        if not selects(selector, pod.labels):
            yield WORKLOAD(owner, f"selects {_shown(selector)}, which its own pods do not have", "use the same labels")
        for other in environment.pods:
            if other is not pod and other.namespace == pod.namespace and selects(selector, other.labels):
                yield WORKLOAD(
                    owner,
                    f"selects {_shown(selector)}, which the pods of {other.owner.local} have too: both would fight",
                    "select by a label that only its own pods have",
                )


def _spread(environment: Environment) -> Iterator[Finding]:
    for pod in environment.pods:
        for constraint in mappings(pod.spec, "topologySpreadConstraints"):
            selector = mapping(constraint, "labelSelector")
            if not selector or not selects(selector, pod.labels):
                yield SPREAD(
                    pod.owner,
                    f"spreads over {text(constraint, 'topologyKey')} by {_shown(selector)}, "
                    "which its own pods do not have",
                    "select the pod's own labels",
                )


def _services(environment: Environment) -> Iterator[Finding]:
    for item in environment.of_kind("Service"):
        owners = [pod.owner for pod in selected_by(item, environment)]
        if len(owners) > 1:
            yield SERVICE_WORKLOAD(
                item,
                f"selects the pods of {' and '.join(owner.local for owner in owners)}: traffic would reach all of them",
                "select by a label that one workload has",
            )


def _budgets(environment: Environment) -> Iterator[Finding]:
    budgets: dict[Object, list[Object]] = defaultdict(list)
    for item in environment.of_kind("PodDisruptionBudget"):
        for pod in selected_by(item, environment):
            budgets[pod.owner].append(item)
    for owner, items in budgets.items():
        if len(items) > 1:
            names = ", ".join(item.name for item in items)
            yield BUDGETS(owner, f"its pods are selected by the PodDisruptionBudgets {names}", "keep one of them")


def _shown(selector: Body) -> str:
    labels = [f"{key}={value}" for key, value in mapping(selector, "matchLabels").items()]
    labels += [f"{text(item, 'key')} {text(item, 'operator')}" for item in mappings(selector, "matchExpressions")]
    return ",".join(labels) or "nothing"
