"""Context Management Service (spec §2.1): what a user is working on, for every agent and chat."""

from __future__ import annotations

from charts.constructs.app import App
from charts.constructs.own import own_deployment, own_service
from charts.constructs.size import Demand, Size
from charts.platform.namespaces import SYSTEM
from charts.platform.priorities import STANDARD
from envs import Environment

SERVICE = own_service("context", SYSTEM, grpc=True)


def chart(app: App, env: Environment) -> Demand:
    """Stateless: sessions are cached in Redis, knowledge is in PostgreSQL and Qdrant (spec §3.4)."""
    return own_deployment(
        app,
        env,
        SERVICE,
        "context",
        Size(replicas=2, cpu="100m", memory="256Mi"),
        priority=STANDARD,
        config={
            "CONTEXT_SESSION_TTL": "24h",
            "CONTEXT_SEARCH_TIMEOUT": "100ms",  # spec §8.1: search under 100 ms
        },
    )
