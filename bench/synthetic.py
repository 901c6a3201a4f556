"""The synthetic objects: five kinds, 1.2 kB of YAML on average, spread over ten components, as many as asked for."""

from __future__ import annotations

from .programs import INDEX, Component, Object

COMPONENTS = 10
KINDS = 5

_NAMESPACE = "aiwfe-system"


def synthetic() -> list[Component]:
    """Ten components, each of which repeats the same five objects under numbered names."""
    name = f"service-{INDEX}"
    objects = [_deployment(name), _service(name), _config(name), _policy(name), _cluster(name)]
    return [Component(f"synthetic/apps/part-{number}", objects) for number in range(COMPONENTS)]


def copies(objects: int) -> int:
    """How often each component repeats its five objects, so that all of them make `objects`."""
    each, rest = divmod(objects, COMPONENTS * KINDS)
    if rest:
        raise ValueError(f"{objects} objects: not a multiple of {COMPONENTS * KINDS}")
    return each


def _labels(name: str) -> Object:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "aiwfe",
        "app.kubernetes.io/component": "application",
        "app.kubernetes.io/managed-by": "cdk8s",
    }


def _metadata(name: str) -> Object:
    return {"name": name, "namespace": _NAMESPACE, "labels": _labels(name)}


def _deployment(name: str) -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "timeoutSeconds": 2}
    container: Object = {
        "name": "main",
        "image": f"registry.example.com/aiwfe/{name}:1.4.2",
        "args": ["--listen", "0.0.0.0:8080", "--log-format=json"],
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        "readinessProbe": probe,
        "livenessProbe": {**probe, "failureThreshold": 6},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    selector = {"app.kubernetes.io/name": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(name),
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}},
            "template": {
                "metadata": {"labels": _labels(name)},
                "spec": {
                    "serviceAccountName": name,
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 45,
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [container],
                },
            },
        },
    }


def _service(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**_metadata(name), "annotations": {"example.com/owner": "platform"}},
        "spec": {
            "type": "ClusterIP",
            "selector": {"app.kubernetes.io/name": name},
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"},
                {"name": "grpc", "port": 9090, "targetPort": 9090, "protocol": "TCP"},
                {"name": "metrics", "port": 9100, "targetPort": "metrics", "protocol": "TCP"},
            ],
        },
    }


def _config(name: str) -> Object:
    settings = "".join(f"{name}.setting-{number:02} = value of setting {number}\n" for number in range(12))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(name),
        "data": {"application.properties": settings, "LOG_LEVEL": "info", "FEATURES": "search,history,export"},
    }


def _policy(name: str) -> Object:
    def peer(other: str) -> Object:
        return {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": _NAMESPACE}},
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": other}},
        }

    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(name),
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [peer("gateway"), peer("webui")], "ports": [{"protocol": "TCP", "port": 8080}]},
                {"from": [peer("prometheus")], "ports": [{"protocol": "TCP", "port": 9100}]},
            ],
            "egress": [{"to": [peer("context")], "ports": [{"protocol": "TCP", "port": 8080}]}],
        },
    }


def _cluster(name: str) -> Object:
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": _metadata(name),
        "spec": {
            "instances": 3,
            "imageName": "ghcr.io/cloudnative-pg/postgresql:17.6",
            "primaryUpdateStrategy": "unsupervised",
            "storage": {"size": "20Gi", "storageClass": "fast"},
            "walStorage": {"size": "5Gi", "storageClass": "fast"},
            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
            "bootstrap": {"initdb": {"database": "app", "owner": "app", "secret": {"name": f"{name}-owner"}}},
            "affinity": {"enablePodAntiAffinity": True, "topologyKey": "topology.kubernetes.io/zone"},
            "postgresql": {
                "parameters": {
                    "max_connections": "200",
                    "shared_buffers": "256MB",
                    "effective_cache_size": "768MB",
                    "log_min_duration_statement": "1000",
                },
                "pg_hba": ["hostssl app app 10.0.0.0/8 scram-sha-256"],
            },
            "managed": {"roles": [{"name": "reader", "ensure": "present", "login": True, "inRoles": ["pg_monitor"]}]},
        },
    }
