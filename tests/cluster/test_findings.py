"""What is wrong with dist/ is found by the real programs, and said of the object and the file that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from aiwfe.cluster.applications import ALL, refresh
from aiwfe.cluster.verdict import judge, look
from aiwfe.cluster.waiting import until
from tests.cluster.conftest import Cluster, Start

ROLLOUT = """\
# Generated from charts/apps/rollout.py: do not edit.
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: rollout
  namespace: aiwfe-integrations
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: rollout
  strategy:
    canary: {}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: rollout
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: rollout
        image: registry.invalid/rollout:1
        ports:
        - name: http
          containerPort: 8080
        resources:
          requests:
            cpu: 10m
            memory: 16Mi
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
"""


@pytest.fixture(scope="module")
def dev(synced: Start) -> Cluster:
    return synced("test-dev", "dev")


@pytest.fixture
def cluster(dev: Cluster) -> Iterator[Cluster]:
    yield dev
    dev.restore()


def refused_by_the_api_server_alone(cluster: Cluster) -> None:
    cluster.edit("apps/webui", "  minReplicas: 1\n", "  minReplicas: 5\n")  # above the maximum of 2


def quota_one_pod_too_small(cluster: Cluster) -> None:
    cluster.edit("platform/quotas", '    pods: "20"\n', '    pods: "4"\n')
    for name in ("chat", "context", "webui", "agent-engine"):
        cluster.edit(f"apps/{name}", ":1.0.", ":2.0.")  # so that all of them make new pods


def rollout_port_without_protocol(cluster: Cluster) -> None:
    cluster.file("apps/rollout").write_text(ROLLOUT, encoding="utf-8")
    cluster.edit(
        "argocd/projects",
        "    kind: StatefulSet\n",
        "    kind: StatefulSet\n  - group: argoproj.io\n    kind: Rollout\n",
    )


def namespace_without_its_label(cluster: Cluster) -> None:
    cluster.edit("platform/namespaces", "    pod-security.kubernetes.io/enforce: restricted\n", "", 1)


def pod_that_pod_security_refuses(cluster: Cluster) -> None:
    cluster.edit(
        "apps/chat", "          allowPrivilegeEscalation: false\n", "          allowPrivilegeEscalation: true\n"
    )


@pytest.mark.parametrize(
    ("break_it", "rule", "about", "file", "why"),
    [
        (
            refused_by_the_api_server_alone, "cluster/accepted", "HorizontalPodAutoscaler/aiwfe-system/webui",
            "apps/webui", "must be greater than or equal to `minReplicas`",
        ),
        (
            quota_one_pod_too_small, "cluster/admitted", "Deployment/aiwfe-system/",
            "apps/", "exceeded quota: aiwfe-system",
        ),
        (
            rollout_port_without_protocol, "cluster/synced", "Rollout/aiwfe-integrations/rollout",
            "apps/rollout", "OutOfSync",
        ),
        (
            namespace_without_its_label, "cluster/guarded", "Namespace/aiwfe-system",
            "platform/namespaces", "takes a privileged pod",
        ),
        (
            pod_that_pod_security_refuses, "cluster/admitted", "Deployment/aiwfe-system/chat",
            "apps/chat", "violates PodSecurity",
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)  # fmt: skip
def test_a_mistake_that_only_the_control_plane_sees(
    cluster: Cluster, break_it: Callable[[Cluster], None], rule: str, about: str, file: str, why: str
) -> None:
    break_it(cluster)
    cluster.publish()
    refresh(cluster.box, *ALL)

    def missing() -> str:
        found = judge(look(cluster.box), cluster.environment)
        said = [f"{one.rule} {one.object} {one.file}: {one.why}" for one in found]
        wanted = [
            one
            for one in found
            if one.rule == rule and f"/{about}" in f"/{one.object}" and f"/{file}" in one.file and why in one.why
        ]
        return "" if wanted else "; ".join(said) or "no complaint"

    until(f"a finding of {rule} about {about}", missing, limit=90)
