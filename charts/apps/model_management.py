"""Model management (spec §2.2, core service 7): which models Ollama holds, and who may use them."""

from __future__ import annotations

from charts.apps import ollama
from charts.constructs.app import App
from charts.constructs.own import own_deployment, own_service
from charts.constructs.size import Demand, Size
from charts.platform.namespaces import AI
from charts.platform.priorities import STANDARD
from envs import Environment

SERVICE = own_service("model-management", AI)


def chart(app: App, env: Environment) -> Demand:
    """Asks each Ollama pod by its own name, since each has a volume of its own."""
    pods = [
        f"http://{ollama.SERVICE.name}-{index}.{ollama.SERVICE.name}-pods.{AI.name}.svc.cluster.local"
        f":{ollama.SERVICE.port('http')}"
        for index in range(ollama.size(env).replicas)
    ]
    return own_deployment(
        app,
        env,
        SERVICE,
        "models",
        Size(replicas=2, cpu="100m", memory="128Mi"),
        priority=STANDARD,
        config={"MODEL_SERVERS": ",".join(pods), "MODEL_VOLUME": env.storage.models},
    )
