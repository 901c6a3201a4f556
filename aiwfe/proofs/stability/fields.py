"""The fields of an object, in the form in which the API server answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from aiwfe.dist import Environment
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Body, Object, at, dotted, mapping, mappings, text, walk
from aiwfe.quantity import canonical

SERVER = Rule("stability/server-fields", "No object holds what only the API server writes: status, uid, generation ...")
NULL = Rule("stability/null", "No field is null: the API server drops it.")
EMPTY = Rule("stability/empty", "No field of a built-in kind is empty where the API server drops empty ones.")
PROTOCOL = Rule("stability/protocol", "Ports say their protocol: CRDs default it, and a diff that lasts follows.")
QUANTITY = Rule("stability/quantity", "Quantities are written as the API server prints them.")
DEFAULTS = Rule("stability/defaults", "Defaults that decide how a workload rolls, scales and drains are written out.")
IMAGE = Rule("stability/image", "Images have a tag or digest, and the tag is not latest.")

RULES = (SERVER, NULL, EMPTY, PROTOCOL, QUANTITY, DEFAULTS, IMAGE)

# Kinds that are not CRDs. CRDs keep what is empty, these drop it.
BUILT_IN_GROUPS = frozenset(
    {
        "", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io",
        "scheduling.k8s.io", "storage.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "node.k8s.io",
        "admissionregistration.k8s.io", "apiregistration.k8s.io",
    }
)  # fmt: skip

# Kind -> paths whose default must be written out. Small on purpose: where a default decides how pods are replaced,
# scaled or drained, a reader of dist/ should see it, and a later API version must not change it silently.
EXPLICIT: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("apps", "Deployment"): (
        ("spec", "strategy", "type"),
        ("spec", "revisionHistoryLimit"),
        ("spec", "progressDeadlineSeconds"),
        ("spec", "template", "spec", "terminationGracePeriodSeconds"),
    ),
    ("apps", "StatefulSet"): (
        ("spec", "podManagementPolicy"),
        ("spec", "updateStrategy", "type"),
        ("spec", "revisionHistoryLimit"),
        ("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"),
        ("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"),
        ("spec", "template", "spec", "terminationGracePeriodSeconds"),
    ),
    ("apps", "DaemonSet"): (("spec", "updateStrategy", "type"),),
    ("autoscaling", "HorizontalPodAutoscaler"): (
        ("spec", "minReplicas"),
        ("spec", "behavior", "scaleUp", "stabilizationWindowSeconds"),
        ("spec", "behavior", "scaleDown", "stabilizationWindowSeconds"),
    ),
    ("policy", "PodDisruptionBudget"): (("spec", "unhealthyPodEvictionPolicy"),),
    ("batch", "CronJob"): (("spec", "concurrencyPolicy"),),
    ("", "Service"): (("spec", "type"),),
}

_SERVER_METADATA = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")
# Texts that mean something when empty, and lists that are written although empty.
_KEPT_EMPTY = frozenset({"storageClassName", "apiGroup", "rules", "endpoints"})
# Fields that hold a mapping of names chosen by people: empty, the field is dropped; an empty value inside it is kept.
_NAMED = frozenset(
    {"labels", "annotations", "nodeSelector", "matchLabels", "data", "stringData", "binaryData", "limits", "requests"}
)
_QUANTITIES = frozenset(
    {"requests", "limits", "hard", "min", "max", "default", "defaultRequest", "maxLimitRequestRatio", "overhead"}
)
_QUANTITY_FIELDS = frozenset({"sizeLimit", "averageValue", "divisor"})


def find(item: Object, environment: Environment) -> Iterator[Finding]:
    """The findings about one object's fields."""
    yield from _server_fields(item)
    yield from _values(item)
    yield from _explicit(item, environment)
    yield from _pod(item)


def _server_fields(item: Object) -> Iterator[Finding]:
    found = ["status"] if "status" in item.body else []
    found += [f"metadata.{key}" for key in _SERVER_METADATA if key in mapping(item.body, "metadata")]
    for path in found:
        yield SERVER(item, f"{path} is written by the API server", "leave it out")


def _values(item: Object) -> Iterator[Finding]:
    """Nulls, empty fields and quantities, wherever they stand."""
    built_in = item.group in BUILT_IN_GROUPS
    amounts = item.kind in ("LimitRange", "ResourceQuota")
    for path, value in walk(item.body):
        if value is None:
            yield NULL(item, f"{dotted(path)} is null", "leave the field out")
        elif built_in and value in ("", [], {}) and _dropped(path, value):
            yield EMPTY(item, f"{dotted(path)} is empty: the API server drops it", "leave the field out")
        elif path and path[-1] in _QUANTITY_FIELDS:
            yield from _quantity(item, path, value)
        elif path and path[-1] in _QUANTITIES and isinstance(value, dict) and (amounts or _holds_resources(path)):
            for name, amount in cast(Body, value).items():
                yield from _quantity(item, (*path, name), amount)


def _dropped(path: tuple[str | int, ...], value: object) -> bool:
    if not path or isinstance(path[-1], int) or path[-1] in _KEPT_EMPTY:
        return False
    if any(step in _NAMED for step in path[:-1]):
        return False
    return not isinstance(value, dict) or path[-1] in _NAMED


def _holds_resources(path: tuple[str | int, ...]) -> bool:
    return path[-1:] == ("overhead",) or path[-2:] in (("resources", "requests"), ("resources", "limits"))


def _quantity(item: Object, path: tuple[str | int, ...], value: object) -> Iterator[Finding]:
    try:
        printed = canonical(value)
    except ValueError:
        return  # the schema proof reports it
    if value != printed:
        yield QUANTITY(item, f"{dotted(path)} is {value!r}: the API server prints {printed!r}", f"write {printed!r}")


def _explicit(item: Object, environment: Environment) -> Iterator[Finding]:
    for path in EXPLICIT.get((item.group, item.kind), ()):
        if at(item.body, *path) is None:
            yield DEFAULTS(item, f"{dotted(path)} is left to the default", "write it out")
    if item.kind in ("Deployment", "StatefulSet") and at(item.body, "spec", "replicas") is None:
        scaled = any(
            text(scaler.body, "spec", "scaleTargetRef", "name") == item.name and scaler.namespace == item.namespace
            for scaler in environment.of_kind("HorizontalPodAutoscaler")
        )
        if not scaled:
            yield DEFAULTS(item, "spec.replicas is left to the default, and no HPA sets it", "write it out")


def _pod(item: Object) -> Iterator[Finding]:
    ports: list[tuple[str, Body]] = []
    if item.kind == "Service":
        ports += [("the Service", port) for port in mappings(item.body, "spec", "ports")]
    for container in item.pod.all_containers if item.pod else ():
        name = f"container {text(container, 'name')}"
        ports += [(name, port) for port in mappings(container, "ports")]
        yield from _image(item, name, text(container, "image"))
        if item.group == "apps" and "imagePullPolicy" not in container:
            yield DEFAULTS(item, f"imagePullPolicy of {name} is left to the default", "write it out")
    for name, port in ports:
        if "protocol" not in port:
            shown = port.get("name", port.get("containerPort", port.get("port")))
            yield PROTOCOL(item, f"port {shown} of {name} says no protocol", "add protocol: TCP (or what it is)")


def _image(item: Object, container: str, image: str) -> Iterator[Finding]:
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    if "@sha256:" in image and tag != "latest":
        return
    if tag in ("", "latest"):
        yield IMAGE(item, f"{container} runs {image or 'no image'!r}, which is another one tomorrow", "pin a version")
