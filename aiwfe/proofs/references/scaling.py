"""HorizontalPodAutoscalers: what they scale, and what they measure."""

from __future__ import annotations

from collections.abc import Iterator

from aiwfe.capacity.resources import pod_of
from aiwfe.dist import Environment
from aiwfe.errors import nearest
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Object, at, mapping, mappings, text

TARGET = Rule("references/hpa-target", "What an HPA scales exists, and no other HPA scales it.")
REPLICAS = Rule("references/hpa-replicas", "What an HPA scales sets no replicas: each sync would undo the scaling.")
METRIC = Rule("references/hpa-metric", "Every container requests the resource that an HPA measures.")

RULES = (TARGET, REPLICAS, METRIC)


def find(environment: Environment) -> Iterator[Finding]:
    """HPAs that scale or measure what is not there."""
    taken: dict[Object, Object] = {}
    for item in environment.of_kind("HorizontalPodAutoscaler"):
        reference = mapping(item.body, "spec", "scaleTargetRef")
        kind, name = text(reference, "kind"), text(reference, "name")
        target = environment.get(kind, item.namespace, name)
        if target is None or target.api_version != text(reference, "apiVersion"):
            yield TARGET(
                item,
                f"scales {text(reference, 'apiVersion')} {kind} {name!r}, which is not in {item.namespace}"
                f"{nearest(name, environment.names(kind, item.namespace))}",
                "correct scaleTargetRef",
            )
            continue
        if other := taken.get(target):
            yield TARGET(item, f"scales {target.local}, which {other.name} scales too", "keep one of them")
        taken[target] = item
        if at(target.body, "spec", "replicas") is not None:
            yield REPLICAS(target, f"sets spec.replicas, and HPA {item.name} scales it", "leave spec.replicas out")
        yield from _metrics(item, target, environment)


def _metrics(item: Object, target: Object, environment: Environment) -> Iterator[Finding]:
    if target.pod is None:
        return
    containers = [container for container in pod_of(environment, target.pod).containers if not container.init]
    for metric in mappings(item.body, "spec", "metrics"):
        only = text(metric, "containerResource", "container")
        resource = text(metric, "resource", "name") or text(metric, "containerResource", "name")
        measured = [container for container in containers if only in ("", container.name)]
        if not only and at(target.pod.spec, "resources", "requests", resource) is not None:
            continue  # the share is then one of the pod's own request
        if only and not measured:
            yield METRIC(item, f"measures container {only!r}, which {target.local} does not have", "correct the name")
        for container in measured:
            if resource and resource not in container.requests:
                yield METRIC(
                    item,
                    f"measures {resource}, which container {container.name} of {target.local} does not request: "
                    "the HPA could not compute a share",
                    f"set resources.requests.{resource}",
                )
