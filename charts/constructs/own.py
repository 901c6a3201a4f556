"""Our own services, which all keep one contract with the platform (docs/service-contract.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from charts.constructs.app import App, Chart
from charts.constructs.config import config_map
from charts.constructs.pod import pod_template, resources
from charts.constructs.reference import Service
from charts.constructs.size import Demand, Size
from charts.constructs.workload import container_ports, deployment
from charts.platform.namespaces import Namespace
from envs import Environment
from imports import k8s

HTTP = 8080
METRICS = 9090
GRPC = 9000


def own_service(name: str, namespace: Namespace, *, grpc: bool = False) -> Service:
    """The reference of one of our own services: HTTP, metrics and, for internal callers, gRPC (spec §5.1)."""
    ports = {"http": HTTP, "http-metrics": METRICS}
    return Service(name, namespace, {**ports, "grpc": GRPC} if grpc else ports)


def own_deployment(
    app: App,
    env: Environment,
    service: Service,
    component: str,
    size: Size,
    *,
    priority: str,
    config: Mapping[str, str],
    grace_seconds: int = 30,
    start_seconds: int = 60,
    volumes: Sequence[k8s.Volume] = (),
    volume_mounts: Sequence[k8s.VolumeMount] = (),
) -> Demand:
    """The file `apps/<service>.yaml`: a stateless service of ours.

    `config` becomes its environment variables, on top of the contract's. `grace_seconds` is the longest that a request
    or task may take to finish after SIGTERM, `start_seconds` the longest that a start may take.
    """
    chart = Chart(app, f"apps/{service.name}")
    size = size.in_environment(env, service.name)
    settings = config_map(chart, service, component, {**_contract(env, service), **config})
    container: k8s.Container = {
        "name": service.name,
        "image": env.images.of_service(service.name, env.registry),
        "envFrom": [{"configMapRef": {"name": settings}}],
        "ports": container_ports(service),
        "resources": resources(size),
        **probes("http", start="/healthz/startup", ready="/healthz/ready", live="/healthz/live", seconds=start_seconds),
        "volumeMounts": volume_mounts,
    }
    template = pod_template(
        service, component, size,
        container=container, priority=priority, grace_seconds=grace_seconds, volumes=volumes,
    )  # fmt: skip
    return deployment(chart, service, component, size, template)


class Probes(TypedDict):
    """The three probes of a container."""

    startupProbe: k8s.Probe
    readinessProbe: k8s.Probe
    livenessProbe: k8s.Probe


def probes(port: str, *, start: str, ready: str, live: str, seconds: int) -> Probes:
    """The three probes by their jobs: `start` waits for a slow start, `ready` takes the pod out of the Service at once,
    `live` restarts only what has hung for a minute.
    """
    period = 3
    return {
        "startupProbe": {
            "httpGet": {"path": start, "port": port, "scheme": "HTTP"},
            "periodSeconds": period,
            "timeoutSeconds": 2,
            "failureThreshold": -(-seconds // period),
        },
        "readinessProbe": {
            "httpGet": {"path": ready, "port": port, "scheme": "HTTP"},
            "periodSeconds": 5,
            "timeoutSeconds": 2,
            "failureThreshold": 2,
        },
        "livenessProbe": {
            "httpGet": {"path": live, "port": port, "scheme": "HTTP"},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
    }


def _contract(env: Environment, service: Service) -> Mapping[str, str]:
    """What every service of ours is told."""
    return {
        "AIWFE_SERVICE": service.name,
        "AIWFE_ENVIRONMENT": env.name,
        "LOG_FORMAT": "json",  # spec §7.2
        "LOG_LEVEL": env.log_level,
        "HTTP_PORT": str(service.port("http")),
        "METRICS_PORT": str(service.port("http-metrics")),
        **({"GRPC_PORT": str(service.port("grpc"))} if "grpc" in service.ports else {}),
    }
