"""Pieces Integration Service (spec §3.3, §5.1): code snippets and context, in step with Pieces OS."""

from __future__ import annotations

from charts.apps import context
from charts.constructs.app import App
from charts.constructs.own import own_deployment, own_service
from charts.constructs.size import Demand, Size
from charts.platform.namespaces import INTEGRATIONS
from charts.platform.priorities import STANDARD
from envs import Environment

SERVICE = own_service("pieces-service", INTEGRATIONS, grpc=True)


def chart(app: App, env: Environment) -> Demand:
    """REST and WebSocket for clients, gRPC for the platform's own services (spec §5.1)."""
    return own_deployment(
        app,
        env,
        SERVICE,
        "integration",
        Size(replicas=2, cpu="150m", memory="256Mi"),
        priority=STANDARD,
        config={
            "CONTEXT_GRPC": context.SERVICE.address("grpc"),
            "OAUTH_REDIRECT_URL": f"https://api.{env.domain}/api/v1/pieces/oauth/callback",
            "WEBSOCKET_PING_INTERVAL": "30s",
        },
        grace_seconds=60,  # WebSocket clients are told to reconnect elsewhere
    )
