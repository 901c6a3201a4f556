"""WebUI (spec §3.1): the Next.js progressive web app, which talks to the API gateway and nothing else."""

from __future__ import annotations

from charts.apps import api_gateway
from charts.constructs.app import App
from charts.constructs.own import HTTP, own_deployment, own_service
from charts.constructs.size import Autoscaler, Demand, Size
from charts.platform.namespaces import SYSTEM
from charts.platform.priorities import CRITICAL
from envs import Environment

SERVICE = own_service("webui", SYSTEM)


def chart(app: App, env: Environment) -> Demand:
    """2 to 10 replicas at 70% CPU (spec §4.2)."""
    return own_deployment(
        app,
        env,
        SERVICE,
        "web",
        Size(replicas=2, cpu="200m", memory="256Mi", autoscaler=Autoscaler(10, "cpu", 70)),
        priority=CRITICAL,
        config={
            # Next.js' own names: where the standalone server listens, and the address that OAuth providers return to.
            "HOSTNAME": "0.0.0.0",
            "PORT": str(HTTP),
            "NEXTAUTH_URL": f"https://{env.domain}",
            "NEXTAUTH_URL_INTERNAL": SERVICE.url("http"),
            "API_URL": api_gateway.SERVICE.url("http"),  # from the server, inside the mesh
            "PUBLIC_API_URL": f"https://api.{env.domain}",  # from the browser
        },
        # Incremental pages and optimised images: rebuilt by any pod, so they may be lost. A pod that outgrows the limit
        # is evicted: the image keeps its own below it (docs/service-contract.md).
        volumes=[{"name": "next-cache", "emptyDir": {"sizeLimit": "1Gi"}}],
        volume_mounts=[{"name": "next-cache", "mountPath": "/app/.next/cache"}],
    )
