"""What one pod asks for, as the API server counts it after defaulting, LimitRange and sidecar injection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from aiwfe.dist import Environment
from aiwfe.objects import Body, Object, PodTemplate, mapping, mappings, text
from aiwfe.quantity import parse

Amounts = dict[str, Fraction]
"""Resource name -> exact number."""

SIDECAR = "istio-proxy"
# Istio's defaults (values.global.proxy.resources of its charts), used where no annotation on the pod says otherwise.
_SIDECAR_DEFAULTS = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
SIDECAR_ANNOTATIONS = {
    ("requests", "cpu"): "sidecar.istio.io/proxyCPU",
    ("requests", "memory"): "sidecar.istio.io/proxyMemory",
    ("limits", "cpu"): "sidecar.istio.io/proxyCPULimit",
    ("limits", "memory"): "sidecar.istio.io/proxyMemoryLimit",
}


def amounts(body: Body, *path: str) -> Amounts:
    """The quantities at a path; what is no quantity is left out (the schema proof reports it)."""
    found: Amounts = {}
    for name, value in mapping(body, *path).items():
        try:
            found[name] = parse(value)
        except ValueError:
            continue
    return found


def add(*parts: Mapping[str, Fraction]) -> Amounts:
    """The sum, resource by resource."""
    total: Counter[str] = Counter()
    for part in parts:
        for name, value in part.items():
            total[name] += value  # type: ignore[assignment]  # Fractions count as well as integers
    return dict(total)  # type: ignore[arg-type]


def times(part: Mapping[str, Fraction], count: int) -> Amounts:
    """`count` times the amounts."""
    return {name: value * count for name, value in part.items()}


@dataclass(frozen=True, slots=True)
class Container:
    """One container with the requests and limits that it ends up with."""

    name: str
    requests: Amounts
    limits: Amounts
    init: bool = False
    """An init container that ends before the others start."""
    sidecar: bool = False
    """An init container with restartPolicy Always: it runs as long as the pod does."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod as the quota counts it."""

    template: PodTemplate
    containers: tuple[Container, ...] = field(repr=False)
    requests: Amounts
    limits: Amounts

    @property
    def usage(self) -> Amounts:
        """The pod in the names that a ResourceQuota uses."""
        return {
            "pods": Fraction(1),
            **{f"requests.{name}": value for name, value in self.requests.items()},
            **{f"limits.{name}": value for name, value in self.limits.items()},
        }


def pod_of(environment: Environment, template: PodTemplate) -> Pod:
    """What a pod made from this template asks for."""
    ranges = [item for item in environment.of_kind("LimitRange") if item.namespace == template.namespace]
    defaults = _container_defaults(ranges)
    containers = [
        *_injected(environment, template),
        *(_container(body, defaults, init=True) for body in template.init_containers),
        *(_container(body, defaults) for body in template.containers),
    ]
    overhead = amounts(template.spec, "overhead")
    whole = {kind: amounts(template.spec, "resources", kind) for kind in ("requests", "limits")}
    return Pod(
        template,
        tuple(containers),
        # Requests of the pod as a whole stand in place of the sum (Kubernetes 1.34 and later).
        {
            **add(_running(containers, "requests"), overhead),
            **add(whole["requests"], overhead if whole["requests"] else {}),
        },
        {
            **add(_running(containers, "limits"), overhead if any(c.limits for c in containers) else {}),
            **whole["limits"],
        },
    )


def _running(containers: Iterable[Container], kind: str) -> Amounts:
    """Kubernetes' rule: the containers and sidecars together, or the largest moment of the start if that is more."""
    sidecars: Amounts = {}
    running: Amounts = {}
    start: Amounts = {}
    for container in containers:
        own: Amounts = container.requests if kind == "requests" else container.limits
        if container.sidecar:
            sidecars = add(sidecars, own)
        elif container.init:
            now = add(sidecars, own)
            start = {name: max(start.get(name, now[name]), now[name]) for name in now} | {
                name: value for name, value in start.items() if name not in now
            }
        else:
            running = add(running, own)
    together = add(running, sidecars)
    return {name: max(together.get(name, Fraction(0)), start.get(name, Fraction(0))) for name in together | start}


def _container(body: Body, defaults: Mapping[str, Amounts], *, init: bool = False) -> Container:
    limits = amounts(body, "resources", "limits")
    # The API server's order: a request defaults to the limit first, the LimitRange fills what is still open.
    requests = {**defaults["requests"], **limits, **amounts(body, "resources", "requests")}
    sidecar = init and body.get("restartPolicy") == "Always"
    return Container(text(body, "name"), requests, {**defaults["limits"], **limits}, init and not sidecar, sidecar)


def _container_defaults(ranges: Iterable[Object]) -> dict[str, Amounts]:
    """The LimitRange's own defaulting: max stands in for default, default (else min) for defaultRequest."""
    requests: Amounts = {}
    limits: Amounts = {}
    for item in ranges:
        for limit in mappings(item.body, "spec", "limits"):
            if limit.get("type") == "Container":
                default = {**amounts(limit, "max"), **amounts(limit, "default")}
                limits |= default
                requests |= {**amounts(limit, "min"), **default, **amounts(limit, "defaultRequest")}
    return {"requests": requests, "limits": limits}


def _injected(environment: Environment, template: PodTemplate) -> list[Container]:
    """The sidecar that Istio injects, as a native sidecar that starts before the other init containers."""
    if not is_injected(environment, template):
        return []
    resources: dict[str, Amounts] = {"requests": {}, "limits": {}}
    annotated = {place: key for place, key in SIDECAR_ANNOTATIONS.items() if key in template.annotations}
    if annotated:  # One annotation switches all defaults off: the others are then really absent.
        for (kind, name), key in annotated.items():
            resources[kind] |= amounts({name: template.annotations[key]})
    else:
        resources = {kind: amounts(_SIDECAR_DEFAULTS, kind) for kind in resources}
    return [Container(SIDECAR, {**resources["limits"], **resources["requests"]}, resources["limits"], sidecar=True)]


def is_injected(environment: Environment, template: PodTemplate) -> bool:
    """Whether the pod gets a sidecar: the namespace says so, and neither label nor host network says no."""
    namespace = environment.get("Namespace", "", template.namespace)
    enabled = namespace is not None and (
        namespace.labels.get("istio-injection") == "enabled" or "istio.io/rev" in namespace.labels
    )
    key = "sidecar.istio.io/inject"
    wish = template.labels.get(key, template.annotations.get(key))
    return enabled and wish != "false" and template.spec.get("hostNetwork") is not True
