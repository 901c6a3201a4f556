"""Manifests that are right: no type checker may say a word, and every schema takes them (tests/imports/test_samples.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from constructs import Construct

from imports import argocd, certmanager, cnpg, gatewayapi, istio, k8s, prometheus, redis, rollouts, velero

# The names of types exist for checkers only: use them in annotations.
METADATA: k8s.ObjectMeta = {"name": "chat", "namespace": "aiwfe-system", "labels": {"app.kubernetes.io/name": "chat"}}
SPOT: Sequence[k8s.Toleration] = ({"key": "karpenter.sh/capacity-type", "operator": "Equal", "value": "spot"},)
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": "chat"}


def container(image: str) -> k8s.Container:
    return {
        "name": "chat",
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": 2, "nvidia.com/gpu": 1}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5},
    }


def make(scope: Construct) -> None:
    template: k8s.PodTemplateSpec = {
        "metadata": {"labels": {**LABELS}},
        "spec": {"containers": [container("ghcr.io/aiwfe/chat:1.0.0")], "tolerations": [*SPOT]},
    }
    k8s.Namespace(scope, "namespace", metadata={"name": "aiwfe-system"})
    k8s.Deployment(
        scope, "deployment", metadata=METADATA, spec={"selector": {"matchLabels": {**LABELS}}, "template": template}
    )
    # The core's types fit where an operator embeds them.
    rollouts.Rollout(
        scope,
        "rollout",
        metadata=METADATA,
        spec={
            "selector": {"matchLabels": {**LABELS}},
            "template": template,
            "strategy": {"canary": {"steps": [{"setWeight": 10}, {"pause": {"duration": "5m"}}, {"pause": {}}]}},
        },
    )
    # A field may have a name that Python keeps for itself, or one with a hyphen in a mapping.
    k8s.NetworkPolicy(
        scope,
        "policy",
        metadata=METADATA,
        spec={"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]},
    )
    # A port is a number or a name, an amount a number or text.
    k8s.Service(
        scope,
        "service",
        metadata=METADATA,
        spec={
            "selector": {**LABELS},
            "ports": [{"port": 80, "targetPort": "http"}, {"name": "b", "port": 81, "targetPort": 81}],
        },
    )
    k8s.ConfigMap(scope, "config", metadata=METADATA, data={"LOG_LEVEL": "info"}, immutable=True)
    cnpg.Cluster(
        scope,
        "database",
        metadata={"name": "aiwfe", "namespace": "aiwfe-data"},
        spec={
            "instances": 3,
            "storage": {"size": "20Gi"},
            "affinity": {"tolerations": [*SPOT]},
            "bootstrap": {
                "initdb": {
                    "database": "aiwfe",
                    "import": {"type": "microservice", "databases": ["aiwfe"], "source": {"externalCluster": "old"}},
                }
            },
            "externalClusters": [{"name": "old", "connectionParameters": {"host": "old"}}],
        },
    )
    redis.RedisCluster(
        scope,
        "cache",
        metadata={"name": "cache", "namespace": "aiwfe-data"},
        spec={"clusterSize": 3, "kubernetesConfig": {"image": "redis:8"}, "redisLeader": {"tolerations": [*SPOT]}},
    )
    istio.VirtualService(
        scope,
        "route",
        metadata=METADATA,
        spec={"hosts": ["chat"], "http": [{"route": [{"destination": {"host": "chat", "port": {"number": 80}}}]}]},
    )
    gatewayapi.HTTPRoute(
        scope,
        "http",
        metadata=METADATA,
        spec={"parentRefs": [{"name": "kong"}], "rules": [{"backendRefs": [{"name": "chat", "port": 80}]}]},
    )
    certmanager.Certificate(
        scope,
        "certificate",
        metadata=METADATA,
        spec={"secretName": "chat-tls", "issuerRef": {"name": "letsencrypt"}, "dnsNames": ["aiwfe.io"]},
    )
    prometheus.PrometheusRule(
        scope,
        "alerts",
        metadata=METADATA,
        spec={"groups": [{"name": "chat", "rules": [{"alert": "Down", "expr": "up == 0", "for": "5m", "labels": {}}]}]},
    )
    velero.Schedule(
        scope, "backups", metadata=METADATA, spec={"schedule": "0 3 * * *", "template": {"includedNamespaces": ["*"]}}
    )
    # What a chart's values are is the chart's to know: any mapping.
    argocd.Application(
        scope,
        "application",
        metadata={"name": "chat", "namespace": "gitops"},
        spec={
            "project": "apps",
            "destination": {"server": "https://kubernetes.default.svc"},
            "source": {
                "repoURL": "https://example.org/a.git",
                "helm": {"valuesObject": {"any": [1, "b", {"c": None}]}},
            },
        },
    )
