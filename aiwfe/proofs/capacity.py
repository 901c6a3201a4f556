"""Requests, surge, sidecars, Jobs, storage and GPUs fit the quotas and LimitRanges; HPAs reach what they promise.

Terminating pods count against a quota until they are gone. They are left out: a roll-out that meets the quota for that
moment is tried again by its controller and ends well, where one that never fits would hang.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aiwfe.capacity.budget import QUOTA_MODE, Budget, budgets_of
from aiwfe.capacity.resources import SIDECAR, SIDECAR_ANNOTATIONS, Amounts, Container, Pod, amounts
from aiwfe.capacity.workloads import hpa_range, workloads_of
from aiwfe.dist import BASELINE, Environment, Platform
from aiwfe.findings import Finding, Proof, Rule
from aiwfe.objects import Body, Object, at, mapping, mappings, text
from aiwfe.quantity import show

# spec §4.2, literally. Kubernetes counts extended resources and storage only under `requests.`.
SPEC_QUOTAS = {
    "aiwfe-system": {"requests.cpu": "4", "requests.memory": "8Gi", "pods": "20"},
    "aiwfe-data": {"requests.cpu": "6", "requests.memory": "12Gi", "pods": "10", "requests.storage": "100Gi"},
    "aiwfe-ai": {"requests.cpu": "8", "requests.memory": "16Gi", "requests.nvidia.com/gpu": "2"},
}

# spec §4.2: what scales -> least, most, resource, average utilisation in percent.
SPEC_HPAS = {
    "webui": (2, 10, "cpu", 70),
    "api-gateway": (3, 15, "cpu", 80),
    "agent-engine": (2, 20, "memory", 80),
}

# What the API server demands of every container once a quota counts it.
_COMPUTE = frozenset({"requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})

QUOTA = Rule("capacity/quota", "What a namespace's pods ask for, with surge and Jobs, fits its ResourceQuota.")
QUOTA_SPEC = Rule("capacity/quota-spec", "ResourceQuotas have the figures of spec §4.2, or larger ones where declared.")
QUOTA_FIT = Rule("capacity/quota-fit", "A quota declared to fit holds every HPA at its maximum at once.")
REQUEST = Rule("capacity/request", "Every container requests what the quota of its namespace counts.")
LIMIT_RANGE = Rule("capacity/limit-range", "Every container, pod and claim lies within its namespace's LimitRange.")
HPA_SPEC = Rule("capacity/hpa-spec", "HPAs have the figures of spec §4.2 in production, and nowhere larger ones.")
HPA_CEILING = Rule("capacity/hpa-ceiling", "How far an HPA can scale before the quota ends it.", "note")


def find(platform: Platform) -> Iterator[Finding]:
    """All capacity findings, environment by environment."""
    for environment in platform.environments:
        yield from _spec_quotas(environment)
        yield from _spec_hpas(environment)
        for budget in budgets_of(environment):
            yield from _quota(budget)
            yield from _scalings(budget)
            yield from _requests(budget)
        yield from _limit_ranges(environment)


def _spec_quotas(environment: Environment) -> Iterator[Finding]:
    for name, spec in SPEC_QUOTAS.items():
        namespace = environment.get("Namespace", "", name)
        quotas = [item for item in environment.of_kind("ResourceQuota") if item.namespace == name]
        if namespace and not quotas:
            yield QUOTA_SPEC(namespace, "has no ResourceQuota, but spec §4.2 gives one", f"add one with {spec}")
        for quota in quotas:
            yield from _spec_quota(quota, spec)


def _spec_quota(quota: Object, spec: dict[str, str]) -> Iterator[Finding]:
    mode = quota.annotations.get(QUOTA_MODE)
    hard, wanted = amounts(quota.body, "spec", "hard"), amounts({"spec": spec}, "spec")
    if mode not in ("spec", "fit"):
        yield QUOTA_SPEC(quota, f"annotation {QUOTA_MODE} is {mode!r}", "set it to 'spec' or 'fit'")
    elif mode == "spec" and hard != wanted:
        yield QUOTA_SPEC(
            quota,
            f"has {_amounts(hard)}, spec §4.2 says {_amounts(wanted)}",
            "use the spec's figures, or declare `quota: fit` for the environment",
        )
    elif mode == "fit":
        for name, value in wanted.items():
            if hard.get(name, Fraction(0)) < value:
                yield QUOTA_SPEC(
                    quota,
                    f"allows {show(hard.get(name, Fraction(0)), name)} {name}, less than spec §4.2's {spec[name]}",
                    "a quota that fits is at least the spec's",
                )


def _spec_hpas(environment: Environment) -> Iterator[Finding]:
    for name, spec in SPEC_HPAS.items():
        scalers = [
            item
            for item in environment.of_kind("HorizontalPodAutoscaler")
            if item.namespace == "aiwfe-system" and text(item.body, "spec", "scaleTargetRef", "name") == name
        ]
        owner = environment.get("Deployment", "aiwfe-system", name) or environment.get("Rollout", "aiwfe-system", name)
        if owner and not scalers and environment.name == BASELINE:
            yield HPA_SPEC(owner, "has no HPA, but spec §4.2 gives one", f"scale it {_hpa(*spec)}")
        for scaler in scalers:
            yield from _spec_hpa(scaler, spec, exact=environment.name == BASELINE)


def _spec_hpa(scaler: Object, spec: tuple[int, int, str, int], *, exact: bool) -> Iterator[Finding]:
    least, most = hpa_range(scaler)
    metrics = [_metric(metric) for metric in mappings(scaler.body, "spec", "metrics")]
    here = f"scales {least}-{most} on " + ", ".join(f"{name} {share}%" for name, share in metrics)
    fits = (least, most) == spec[:2] if exact else least <= spec[0] and most <= spec[1]
    if not fits or metrics != [spec[2:]]:
        most_or_exactly = "exactly that" if exact else "no more than that"
        yield HPA_SPEC(scaler, f"{here}, spec §4.2 says {_hpa(*spec)}", f"use {most_or_exactly}")


def _metric(metric: Body) -> tuple[str, object]:
    """Resource and share; of the whole pod or of one container, since the spec's figures leave that open."""
    source = mapping(metric, "containerResource") or mapping(metric, "resource")
    return text(source, "name"), at(source, "target", "averageUtilization")


def _hpa(least: int, most: int, resource: str, percent: int) -> str:
    return f"{least}-{most} on {resource} {percent}%"


def _quota(budget: Budget) -> Iterator[Finding]:
    for name, left in budget.left.items():
        if left < 0:
            yield QUOTA(
                budget.quota,
                f"{name}: {show(budget.needed[name], name)} needed ({show(budget.steady[name], name)} steady, "
                f"{show(budget.surge[name], name)} more while rolling out, {show(budget.jobs[name], name)} in Jobs), "
                f"{show(budget.hard[name], name)} allowed",
                f"ask for {show(-left, name)} less: fewer replicas, smaller requests, less surge; see `aiwfe capacity`",
            )
    if budget.mode == "fit":
        for name, needed in budget.at_maximum.items():
            if needed > budget.hard[name]:
                yield QUOTA_FIT(
                    budget.quota,
                    f"{name}: the HPAs at their maxima need {show(needed, name)}, "
                    f"{show(budget.hard[name], name)} allowed",
                    f"allow {show(needed, name)}",
                )


def _scalings(budget: Budget) -> Iterator[Finding]:
    for scaling in budget.scalings:
        if scaling.reachable < scaling.most:
            yield HPA_CEILING(
                scaling.scaler,
                f"reaches {scaling.reachable} of {scaling.most} replicas: then {scaling.limited_by} of "
                f"{budget.namespace} is used up",
                "nothing, where that is enough; else declare `quota: fit` for the environment",
            )


def _requests(budget: Budget) -> Iterator[Finding]:
    counted = sorted(_COMPUTE & budget.hard.keys())
    for workload in budget.workloads:
        for container in () if workload.pod.as_a_whole else workload.pod.containers:
            for name in counted:
                kind, _, resource = name.partition(".")
                if resource not in (container.requests if kind == "requests" else container.limits):
                    yield REQUEST(
                        workload.owner,
                        f"container {container.name} has no resources.{name}, and no LimitRange gives a default: "
                        "the quota refuses the pod",
                        _how_to_request(container, kind, resource),
                    )


def _how_to_request(container: Container, kind: str, resource: str) -> str:
    if container.name != SIDECAR:
        return f"set resources.{kind}.{resource}"
    return f"set annotation {SIDECAR_ANNOTATIONS[kind, resource]} on the pod template"


def _limit_ranges(environment: Environment) -> Iterator[Finding]:
    for item in environment.of_kind("LimitRange"):
        limits = mappings(item.body, "spec", "limits")
        for workload in workloads_of(environment, item.namespace):
            for why in _pod_against(workload.pod, limits):
                yield LIMIT_RANGE(workload.owner, f"{why} (LimitRange {item.name})", "change one of the two")
        for claim in environment.of_kind("PersistentVolumeClaim"):
            if claim.namespace == item.namespace:
                for why in _claim_against(claim.body, limits):
                    yield LIMIT_RANGE(claim, f"{why} (LimitRange {item.name})", "change one of the two")


def _pod_against(pod: Pod, limits: list[Body]) -> Iterator[str]:
    for limit in limits:
        if limit.get("type") == "Container":
            for container in pod.containers:
                yield from _against(f"container {container.name}", container.requests, container.limits, limit)
        elif limit.get("type") == "Pod":
            yield from _against("the pod", pod.requests, pod.limits, limit)
        elif limit.get("type") == "PersistentVolumeClaim":
            for template in mappings(pod.template.owner.body, "spec", "volumeClaimTemplates"):
                yield from _claim_against(template, [limit])


def _claim_against(body: Body, limits: list[Body]) -> Iterator[str]:
    requests = amounts(body, "spec", "resources", "requests")
    for limit in limits:
        if limit.get("type") == "PersistentVolumeClaim":
            yield from _against("the claim", requests, requests, limit)


def _against(what: str, requests: Amounts, limits: Amounts, limit: Body) -> Iterator[str]:
    """The checks of the API server's LimitRanger, in its order: min, max, limit to request."""
    for name, least in amounts(limit, "min").items():
        if requests.get(name, Fraction(-1)) < least:
            yield f"{what} requests {_or_none(requests, name)} {name}, at least {show(least, name)} must be"
    for name, most in amounts(limit, "max").items():
        if name not in limits or max(limits[name], requests.get(name, Fraction(0))) > most:
            used = _or_none(limits, name, "any amount of")
            yield f"{what} may use {used} {name}, at most {show(most, name)} is allowed"
    for name, ratio in amounts(limit, "maxLimitRequestRatio").items():
        if not requests.get(name) or name not in limits or limits[name] / requests[name] > ratio:
            yield (
                f"{what} requests {_or_none(requests, name)} {name} with a limit of {_or_none(limits, name)}: "
                f"more than {show(ratio, '')} times as much"
            )
    for name in sorted(requests.keys() & limits.keys()):
        if requests[name] > limits[name]:
            yield (
                f"{what} requests {show(requests[name], name)} {name}, "
                f"more than its limit of {show(limits[name], name)}"
            )


def _or_none(found: Amounts, name: str, none: str = "no") -> str:
    return show(found[name], name) if name in found else none


def _amounts(found: Amounts) -> str:
    return ", ".join(f"{name} {show(value, name)}" for name, value in found.items()) or "nothing"


PROOF = Proof(
    "capacity",
    "Requests, surge, sidecars, Jobs, storage and GPUs fit quotas and LimitRanges; what HPAs can reach.",
    (QUOTA, QUOTA_SPEC, QUOTA_FIT, REQUEST, LIMIT_RANGE, HPA_SPEC, HPA_CEILING),
    find,
)
