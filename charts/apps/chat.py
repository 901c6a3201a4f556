"""Chat Service (spec §2.2): the conversation with the platform, streamed."""

from __future__ import annotations

from charts.apps import agent_engine, context, ollama
from charts.constructs.app import App
from charts.constructs.own import own_deployment, own_service
from charts.constructs.size import Demand, Size
from charts.platform.namespaces import SYSTEM
from charts.platform.priorities import STANDARD
from envs import Environment

SERVICE = own_service("chat", SYSTEM)


def chart(app: App, env: Environment) -> Demand:
    """Holds streams open, not state: a client whose pod goes reconnects and reads on from Redis."""
    return own_deployment(
        app,
        env,
        SERVICE,
        "chat",
        Size(replicas=2, cpu="150m", memory="256Mi"),
        priority=STANDARD,
        config={
            "AGENT_ENGINE_GRPC": agent_engine.SERVICE.address("grpc"),
            "CONTEXT_GRPC": context.SERVICE.address("grpc"),
            "MODEL_URL": ollama.SERVICE.url("http"),
            "CHAT_MAX_STREAMS": "500",  # a pod: 1,000 users (spec §8.1) on the two that are always there
            "CHAT_STREAM_IDLE_TIMEOUT": "5m",
        },
        grace_seconds=110,  # answers that are being written are finished
    )
