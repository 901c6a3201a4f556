"""Configuration that rolls pods when it changes: a ConfigMap whose name carries the hash of its data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from charts.constructs.app import Chart
from charts.constructs.labels import labels
from charts.constructs.reference import Service
from imports import k8s


def config_map(chart: Chart, service: Service, component: str, data: Mapping[str, str]) -> str:
    """The ConfigMap of `service`; returns its name, `<service>-<hash>`.

    A new name is a new pod template, so that configuration rolls out like code; pods of the old template keep theirs
    until the sync has ended well (PruneLast).
    """
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:10]
    name = f"{service.name}-{digest}"
    k8s.ConfigMap(
        chart,
        "config",
        metadata={
            "name": name,
            "namespace": service.namespace.name,
            "labels": labels(service.name, component),
            "annotations": {"argocd.argoproj.io/sync-options": "PruneLast=true"},
        },
        immutable=True,
        data=data,
    )
    return name
