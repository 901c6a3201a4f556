"""API Gateway (spec §2.2): Kong without a database; its routes are configuration that rolls out like code."""

from __future__ import annotations

from charts.apps import agent_engine, chat, context, google_services, model_management, pieces_service
from charts.constructs.app import App, Chart
from charts.constructs.config import config_map
from charts.constructs.emit import dump
from charts.constructs.own import probes
from charts.constructs.pod import pod_template, resources
from charts.constructs.reference import Service
from charts.constructs.size import Autoscaler, Demand, Size
from charts.constructs.workload import container_ports, deployment
from charts.platform.namespaces import SYSTEM
from charts.platform.priorities import CRITICAL
from envs import Environment
from imports import k8s

SERVICE = Service("api-gateway", SYSTEM, {"http": 8000, "http-metrics": 8100})

_COMPONENT = "gateway"
_USER = 1000  # `kong` in Kong's image
_LEVELS = {"debug": "info", "info": "notice", "warn": "warn", "error": "error"}  # nginx' names; its debug is Kong's own

_DRAIN_SECONDS = 120  # as long as chat gets to finish what it streams
_PLUGINS = {
    "correlation-id": {"header_name": "X-Request-ID", "generator": "uuid", "echo_downstream": True},
    "prometheus": {"status_code_metrics": True, "latency_metrics": True, "upstream_health_metrics": False},
}

# Path below /api/v1, the service that answers it, and how long an answer may take (spec §8.1: 95% under 200 ms;
# models and agents are slower by nature, and stream).
_ROUTES = (
    ("agents", agent_engine.SERVICE, 330),  # longer than their own limits of 5 minutes: theirs is the better answer
    ("chat", chat.SERVICE, 330),
    ("context", context.SERVICE, 10),
    ("google", google_services.SERVICE, 60),
    ("models", model_management.SERVICE, 60),
    ("pieces", pieces_service.SERVICE, 60),
)


def chart(app: App, env: Environment) -> Demand:
    """3 to 15 replicas at 80% CPU (spec §4.2)."""
    chart = Chart(app, "apps/api-gateway")
    # The gateway's sidecar carries every request twice; it gets more than the others'.
    size = Size(
        replicas=3,
        cpu="200m",
        memory="384Mi",
        autoscaler=Autoscaler(15, "cpu", 80),
        sidecar={"cpu": "100m", "memory": "128Mi"},
    ).in_environment(env, SERVICE.name)
    settings = config_map(chart, SERVICE, _COMPONENT, {"kong.yaml": dump([_declarative()])})
    container: k8s.Container = {
        "name": SERVICE.name,
        "image": env.images.of_upstream("kong"),
        "env": _environment(env),
        "ports": container_ports(SERVICE),
        "resources": resources(size),
        **probes("http-metrics", start="/status", ready="/status/ready", live="/status", seconds=60),
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/kong/declarative", "readOnly": True},
            {"name": "prefix", "mountPath": "/kong"},
        ],
    }
    template = pod_template(
        SERVICE,
        _COMPONENT,
        size,
        container=container,
        priority=CRITICAL,
        grace_seconds=_DRAIN_SECONDS + 10,  # Kong's image stops on SIGQUIT: nginx ends the requests that it has
        user=_USER,
        volumes=[
            {"name": "config", "configMap": {"name": settings}},
            {"name": "prefix", "emptyDir": {"sizeLimit": "256Mi"}},
        ],
    )
    return deployment(chart, SERVICE, _COMPONENT, size, template)


def _environment(env: Environment) -> list[k8s.EnvVar]:
    settings = {
        "KONG_DATABASE": "off",
        "KONG_DECLARATIVE_CONFIG": "/etc/kong/declarative/kong.yaml",
        "KONG_PREFIX": "/kong",
        "KONG_PROXY_LISTEN": f"0.0.0.0:{SERVICE.port('http')} reuseport backlog=16384",
        "KONG_STATUS_LISTEN": f"0.0.0.0:{SERVICE.port('http-metrics')}",
        "KONG_ADMIN_LISTEN": "off",  # what it could change comes from Git
        # Its caller is the sidecar, which says who the client is. Nobody else reaches it past strict mTLS.
        "KONG_TRUSTED_IPS": "127.0.0.6/32,::6/128",
        "KONG_REAL_IP_HEADER": "X-Forwarded-For",
        "KONG_REAL_IP_RECURSIVE": "on",
        "KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE": "32m",  # above the largest attachment (Gmail's 25 MB)
        "KONG_NGINX_HTTP_CLIENT_BODY_BUFFER_SIZE": "64k",
        "KONG_NGINX_MAIN_WORKER_SHUTDOWN_TIMEOUT": f"{_DRAIN_SECONDS}s",
        "KONG_NGINX_WORKER_PROCESSES": "2",  # not one for each core of the node
        "KONG_MEM_CACHE_SIZE": "64m",
        "KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT": "60",
        "KONG_LOG_LEVEL": _LEVELS[env.log_level],
        "KONG_PROXY_ACCESS_LOG": "off",  # the sidecar logs each request, with its trace
        "KONG_PROXY_ERROR_LOG": "/dev/stderr",
        "KONG_STATUS_ACCESS_LOG": "off",
        "KONG_STATUS_ERROR_LOG": "/dev/stderr",
        "KONG_PLUGINS": ",".join(_PLUGINS),  # no others are loaded
        "KONG_UNTRUSTED_LUA": "off",
        "KONG_HEADERS": "off",
        "KONG_ANONYMOUS_REPORTS": "off",
    }
    return [{"name": name, "value": value} for name, value in settings.items()]


def _declarative() -> dict[str, object]:
    """Kong's own configuration: each service behind one path, an id for each request, metrics."""
    return {
        "_format_version": "3.0",
        "services": [
            {
                "name": service.name,
                "protocol": "http",
                "host": service.host,
                "port": service.port("http"),
                "connect_timeout": 2000,
                "write_timeout": seconds * 1000,
                "read_timeout": seconds * 1000,
                "retries": 0,  # the mesh retries, and only what may be retried
                "routes": [
                    {
                        "name": service.name,
                        "paths": [f"/api/v1/{path}"],
                        "protocols": ["http"],
                        "strip_path": True,
                        "preserve_host": False,
                        # Streams and uploads pass through as they come, not by way of a file.
                        "request_buffering": False,
                        "response_buffering": False,
                    }
                ],
            }
            for path, service, seconds in _ROUTES
        ],
        "plugins": [{"name": name, "config": config} for name, config in _PLUGINS.items()],
    }
