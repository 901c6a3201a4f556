"""Labels come from here and nowhere else; selectors are the part of them that never changes."""

from __future__ import annotations


def labels(name: str, component: str) -> dict[str, str]:
    """The labels that Kubernetes recommends, for an object of `name`, which is a `component` of the platform."""
    return {
        **selector(name),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "aiwfe",
        "app.kubernetes.io/managed-by": "cdk8s",
    }


def selector(name: str) -> dict[str, str]:
    """What Services, workloads and policies select by. Immutable in a Deployment: never add to it."""
    return {"app.kubernetes.io/name": name}
