"""Agent Engine (spec §3.2): what were Coordination, Learning, Memory, Perception, Reasoning and Worker, in one."""

from __future__ import annotations

from charts.apps import context, google_services, ollama, pieces_service
from charts.constructs.app import App
from charts.constructs.own import own_deployment, own_service
from charts.constructs.size import Autoscaler, Demand, Size
from charts.platform.namespaces import SYSTEM
from charts.platform.priorities import STANDARD
from envs import Environment

SERVICE = own_service("agent-engine", SYSTEM, grpc=True)


def chart(app: App, env: Environment) -> Demand:
    """2 to 20 replicas at 80% memory (spec §4.2): each pod runs agents, whose contexts are what fills it."""
    return own_deployment(
        app,
        env,
        SERVICE,
        "agents",
        # The autoscaler looks at the mean of all pods: one whose agents are larger than the others' has room to be so.
        Size(replicas=2, cpu="250m", memory="640Mi", memory_limit="1Gi", autoscaler=Autoscaler(20, "memory", 80)),
        priority=STANDARD,
        config={
            "AGENT_TYPES": "orchestration,knowledge,execution,integration",
            "AGENT_TOOLS": "filesystem,web,database,pieces",
            "AGENT_MAX_CONCURRENT": "8",  # 640Mi at about 60Mi an agent, and the engine itself
            "AGENT_TASK_TIMEOUT": "5m",
            "AGENT_SCRATCH": "/scratch",
            "MCP_PATH": "/mcp",
            "CONTEXT_GRPC": context.SERVICE.address("grpc"),
            "GOOGLE_GRPC": google_services.SERVICE.address("grpc"),
            "PIECES_GRPC": pieces_service.SERVICE.address("grpc"),
            "MODEL_URL": ollama.SERVICE.url("http"),
        },
        # A task that is under way hands itself back to the queue when it cannot end in this time.
        grace_seconds=110,
        start_seconds=90,
        volumes=[{"name": "scratch", "emptyDir": {"sizeLimit": "2Gi"}}],
        volume_mounts=[{"name": "scratch", "mountPath": "/scratch"}],
    )
