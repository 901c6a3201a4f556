"""Ports that are named from elsewhere: by Services, Ingresses, probes and lifecycle hooks; and headless Services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiwfe.dist import Environment
from aiwfe.errors import nearest
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Body, Object, PodTemplate, at, mapping, mappings, selects, text
from aiwfe.proofs.references.selectors import selected_by

SERVICE_PORT = Rule("references/service-port", "The target port of a Service is a port of the pods it selects.")
PORT_NAME = Rule("references/port-name", "A port that a probe or lifecycle hook names is a port of that container.")
STATEFUL_SERVICE = Rule("references/stateful-service", "The Service of a StatefulSet exists and is headless.")
BACKEND = Rule("references/ingress-backend", "The Service and port that an Ingress leads to exist.")

RULES = (SERVICE_PORT, PORT_NAME, STATEFUL_SERVICE, BACKEND)

_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def find(environment: Environment) -> Iterator[Finding]:
    """Ports and Services that do not exist."""
    for item in environment.of_kind("Service"):
        for pod in selected_by(item, environment):
            yield from _service_ports(item, pod)
    for pod in environment.pods:
        for container in pod.all_containers:
            yield from _named_ports(pod, container)
    for item in environment.of_kind("StatefulSet"):
        yield from _stateful_service(item, environment)
    for item in environment.of_kind("Ingress"):
        yield from _backends(item, environment)


def _service_ports(service: Object, pod: PodTemplate) -> Iterator[Finding]:
    offered = [port for container in _serving(pod) for port in mappings(container, "ports")]
    for port in mappings(service.body, "spec", "ports"):
        target: Any = port.get("targetPort", port.get("port"))
        field = "name" if isinstance(target, str) else "containerPort"
        matching = [candidate for candidate in offered if candidate.get(field) == target]
        protocol = text(port, "protocol") or "TCP"
        if not matching:
            known = [str(candidate.get(field)) for candidate in offered if field in candidate]
            yield SERVICE_PORT(
                service,
                f"port {_name(port)} leads to {target!r}, which {pod.owner.local} does not have "
                f"(it has {', '.join(known) or 'none'}){nearest(str(target), known)}",
                "correct targetPort, or declare the port on the container",
            )
        elif not any((text(candidate, "protocol") or "TCP") == protocol for candidate in matching):
            yield SERVICE_PORT(
                service,
                f"port {_name(port)} is {protocol}, the port of {pod.owner.local} that it leads to is not",
                "use one protocol for both",
            )


def _serving(pod: PodTemplate) -> list[Body]:
    return pod.containers + [item for item in pod.init_containers if item.get("restartPolicy") == "Always"]


def _named_ports(pod: PodTemplate, container: Body) -> Iterator[Finding]:
    known = [text(port, "name") for port in mappings(container, "ports")]
    for path in _HANDLERS:
        for action in ("httpGet", "tcpSocket"):
            port: Any = at(container, *path, action, "port")
            if isinstance(port, str) and port not in known:
                yield PORT_NAME(
                    pod.owner,
                    f"{'.'.join(path)} of container {text(container, 'name')} asks port {port!r}, which the container "
                    f"does not have{nearest(port, known)}",
                    "correct the port, or declare it on the container",
                )


def _stateful_service(item: Object, environment: Environment) -> Iterator[Finding]:
    name = text(item.body, "spec", "serviceName")
    service = environment.get("Service", item.namespace, name)
    if service is None:
        known = environment.names("Service", item.namespace)
        yield STATEFUL_SERVICE(
            item,
            f"names Service {name!r}, which is not in {item.namespace}{nearest(name, known)}: "
            "its pods would have no DNS names",
            "add a headless Service, or correct serviceName",
        )
    elif text(service.body, "spec", "clusterIP") != "None":
        yield STATEFUL_SERVICE(item, f"names Service {name}, which is not headless", "set clusterIP: None on it")
    elif item.pod and not selects({"matchLabels": mapping(service.body, "spec", "selector")}, item.pod.labels):
        yield STATEFUL_SERVICE(item, f"names Service {name}, which does not select its pods", "correct the selector")


def _backends(item: Object, environment: Environment) -> Iterator[Finding]:
    backends = [mapping(item.body, "spec", "defaultBackend", "service")]
    for rule in mappings(item.body, "spec", "rules"):
        backends += [mapping(path, "backend", "service") for path in mappings(rule, "http", "paths")]
    for backend in filter(None, backends):
        name = text(backend, "name")
        service = environment.get("Service", item.namespace, name)
        known = environment.names("Service", item.namespace)
        if service is None:
            why = f"leads to Service {name!r}, which is not in {item.namespace}{nearest(name, known)}"
            yield BACKEND(item, why, "add the Service, or correct the name")
            continue
        ports = mappings(service.body, "spec", "ports")
        field = "name" if "name" in mapping(backend, "port") else "port"
        wanted = at(backend, "port", "name" if field == "name" else "number")
        if wanted not in [port.get(field) for port in ports]:
            yield BACKEND(
                item,
                f"leads to port {wanted!r} of Service {name}, which has {', '.join(map(_name, ports)) or 'no ports'}",
                "correct the port",
            )


def _name(port: Body) -> str:
    return text(port, "name") or str(port.get("port"))
