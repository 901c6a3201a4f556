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
_INJECT, _REVISION = "sidecar.istio.io/inject", "istio.io/rev"
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
    """Without the overhead, as a LimitRange sees it."""
    limits: Amounts

    @property
    def as_a_whole(self) -> bool:
        """Whether the pod says itself what it asks for, so that its containers need not (Kubernetes 1.34 and later)."""
        return bool(mapping(self.template.spec, "resources"))

    @property
    def usage(self) -> Amounts:
        """The pod in the names that a ResourceQuota uses."""
        overhead = amounts(self.template.spec, "overhead")
        limited = {name: value for name, value in overhead.items() if name in self.limits}
        return {
            "pods": Fraction(1),
            **{f"requests.{name}": value for name, value in add(self.requests, overhead).items()},
            **{f"limits.{name}": value for name, value in add(self.limits, limited).items()},
        }


def pod_of(environment: Environment, template: PodTemplate) -> Pod:
    """What a pod made from this template asks for."""
    ranges = [item for item in environment.of_kind("LimitRange") if item.namespace == template.namespace]
    defaults = _container_defaults(ranges)
    containers = (
        *(
            _container(body, defaults, init=True)
            for body in [*_injected(environment, template), *template.init_containers]
        ),
        *(_container(body, defaults) for body in template.containers),
    )
    return Pod(
        template,
        containers,
        _running(containers, "requests") | _requests_of_the_whole(template),
        _running(containers, "limits") | amounts(template.spec, "resources", "limits"),
    )


def _requests_of_the_whole(template: PodTemplate) -> Amounts:
    """What the pod itself requests, in place of the sum; where only its limits are said, what those make of it."""
    requests, limits = (amounts(template.spec, "resources", kind) for kind in ("requests", "limits"))
    if not limits:
        return requests
    # The API server fills these in before any LimitRange and before the sidecar comes.
    none: dict[str, Amounts] = {"requests": {}, "limits": {}}
    init = [_container(body, none, init=True) for body in template.init_containers]
    own = _running([*init, *(_container(body, none) for body in template.containers)], "requests")
    return limits | {name: value for name, value in own.items() if name in ("cpu", "memory")} | requests


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


def _injected(environment: Environment, template: PodTemplate) -> list[Body]:
    """The sidecar that Istio injects, as a native sidecar that starts before the other init containers.

    The API server applies its defaults and the LimitRange to it too: it runs those once more after the injection.
    """
    if not is_injected(environment, template):
        return []
    annotated: dict[str, Body] = {"requests": {}, "limits": {}}
    for (kind, name), key in SIDECAR_ANNOTATIONS.items():
        if key in template.annotations:
            annotated[kind][name] = template.annotations[key]
    # One annotation switches all defaults of Istio off.
    resources = annotated if any(annotated.values()) else _SIDECAR_DEFAULTS
    return [{"name": SIDECAR, "restartPolicy": "Always", "resources": resources}]


def is_injected(environment: Environment, template: PodTemplate) -> bool:
    """Whether Istio's webhooks select the pod: by its namespace where that says so, else by the pod itself."""
    wish = template.labels.get(_INJECT, template.annotations.get(_INJECT))
    if wish == "false" or template.spec.get("hostNetwork") is True:
        return False
    namespace = environment.get("Namespace", "", template.namespace)
    labels: Body = namespace.labels if namespace else {}
    if "istio-injection" in labels:
        return labels["istio-injection"] == "enabled"
    return _REVISION in labels or _REVISION in template.labels or template.labels.get(_INJECT) == "true"
