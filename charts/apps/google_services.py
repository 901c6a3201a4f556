"""Google Services Hub (spec §5.2): Calendar, Gmail, Drive and Meet."""

from __future__ import annotations

from charts.apps import context
from charts.constructs.app import App
from charts.constructs.own import own_deployment, own_service
from charts.constructs.size import Demand, Size
from charts.platform.namespaces import INTEGRATIONS
from charts.platform.priorities import STANDARD
from envs import Environment

SERVICE = own_service("google-services", INTEGRATIONS, grpc=True)


def chart(app: App, env: Environment) -> Demand:
    """One service for the four APIs: they share the user's consent, tokens and quota at Google."""
    return own_deployment(
        app,
        env,
        SERVICE,
        "integration",
        Size(replicas=2, cpu="150m", memory="256Mi"),
        priority=STANDARD,
        config={
            "CONTEXT_GRPC": context.SERVICE.address("grpc"),
            "OAUTH_REDIRECT_URL": f"https://api.{env.domain}/api/v1/google/oauth/callback",
            "GOOGLE_APIS": "calendar,gmail,drive,meet",
            "GOOGLE_ATTACHMENT_LIMIT_MB": "25",  # Gmail's own limit
        },
        grace_seconds=60,  # a page of a sync is finished, and its token stored
    )
