"""Ollama (spec §2.1, AI/ML layer): the models, on GPUs where the environment has them."""

from __future__ import annotations

from charts.constructs.app import App, Chart
from charts.constructs.own import probes
from charts.constructs.pod import pod_template, resources
from charts.constructs.reference import Service
from charts.constructs.size import Demand, Size
from charts.constructs.workload import container_ports, stateful_set
from charts.platform.namespaces import AI
from charts.platform.priorities import STANDARD
from envs import Environment
from imports import k8s

SERVICE = Service("ollama", AI, {"http": 11434})

_COMPONENT = "model-server"
_MODELS = "/models"


def size(env: Environment) -> Size:
    """Two pods with a GPU each: the two GPUs of spec §4.2, and one pod left when the other's node goes."""
    return Size(replicas=2, cpu="3", memory="6Gi").in_environment(env, SERVICE.name)


def chart(app: App, env: Environment) -> Demand:
    """One GPU a pod, models on the pod's own volume: a restart serves from disk, not from the internet."""
    chart = Chart(app, "apps/ollama")
    pod, gpus = size(env), env.gpus.per_replica
    if pod.replicas * gpus > 2 and env.quota == "spec":
        raise env.mistake(
            "gpus", "per_replica",
            message=f"{pod.replicas} replicas with {gpus} each are above the 2 GPUs of spec §4.2",
        )  # fmt: skip
    container: k8s.Container = {
        "name": SERVICE.name,
        "image": env.images.of_upstream("ollama"),
        "args": ["serve"],
        "env": [
            {"name": "OLLAMA_HOST", "value": f"0.0.0.0:{SERVICE.port('http')}"},
            {"name": "OLLAMA_MODELS", "value": f"{_MODELS}/blobs-and-manifests"},
            {"name": "HOME", "value": _MODELS},  # its key pair; the root file system is read-only
            {"name": "OLLAMA_KEEP_ALIVE", "value": "30m"},
            {"name": "OLLAMA_MAX_LOADED_MODELS", "value": "1"},
            {"name": "OLLAMA_NUM_PARALLEL", "value": "4"},
            {"name": "OLLAMA_CONTEXT_LENGTH", "value": "8192"},  # its default follows the GPU's memory, and fills it
            {"name": "OLLAMA_MAX_QUEUE", "value": "64"},  # past that it says 503, and the caller tries the other pod
            {"name": "OLLAMA_NO_CLOUD", "value": "1"},
        ],
        "ports": container_ports(SERVICE),
        "resources": resources(pod, gpus=gpus),
        **probes("http", start="/", ready="/api/version", live="/", seconds=120),
        "volumeMounts": [{"name": "models", "mountPath": _MODELS}],
    }
    template = pod_template(
        SERVICE,
        _COMPONENT,
        pod,
        container=container,
        priority=STANDARD,
        drain_seconds=115,  # the longest generation that is worth waiting for: at SIGTERM it cuts those that run
        grace_seconds=10,
        stateful=True,
        # GPU nodes are tainted, so that nothing else fills them, and labelled by NVIDIA's feature discovery.
        node_selector={"nvidia.com/gpu.present": "true"} if gpus else None,
        tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}] if gpus else None,
    )
    volumes = {"models": env.storage.models}
    return stateful_set(chart, SERVICE, _COMPONENT, pod, template, volumes, storage_class=env.storage.class_name)
