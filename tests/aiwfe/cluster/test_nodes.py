"""Nodes are those that Karpenter would make of dist/'s node pools; KWOK's stages fit our storage classes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from aiwfe.cluster.nodes import PER_ZONE, SIMULATED, STAGES, nodes, stages
from aiwfe.cluster.waiting import ClusterError
from aiwfe.dist import Environment, load
from aiwfe.objects import Body, mapping, mappings, text
from tests.aiwfe.dists import COMMITTED, dist

POOL = """\
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: {name}
spec:
  template:
    metadata:
      labels: {{aiwfe.io/node-pool: {name}}}
    spec:
      taints: {taints}
      requirements:
      - {{key: kubernetes.io/arch, operator: In, values: [amd64]}}
      - {{key: karpenter.sh/capacity-type, operator: In, values: [spot, on-demand]}}
      - {{key: karpenter.k8s.aws/instance-generation, operator: Gt, values: ["5"]}}
      - {{key: topology.kubernetes.io/zone, operator: In, values: {zones}}}
"""
GPUS = '      - {key: karpenter.k8s.aws/instance-gpu-count, operator: In, values: ["4"]}\n'
TAINT = "{key: nvidia.com/gpu, value: present, effect: NoSchedule}"
GENERAL = POOL.format(name="general", taints="[]", zones="[eu-central-1a, eu-central-1b]")
GPU = POOL.format(name="gpu", taints=f"[{TAINT}]", zones="[eu-central-1c]") + GPUS


def environment(folder: Path, *pools: str) -> Environment:
    made = dist(folder, {"dev/platform/node-pools.yaml": "---\n".join(pools)})
    return load(made, ["dev"], baseline=False).environments[0]


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Body]:
    return {text(node, "metadata", "name"): node for node in nodes(environment(tmp_path, GENERAL, GPU))}


def test_each_zone_of_each_pool_has_as_many_nodes(made: dict[str, Body]) -> None:
    zones = {"general": ("eu-central-1a", "eu-central-1b"), "gpu": ("eu-central-1c",)}
    wanted = [
        f"{pool}-{zone}-{number}" for pool, listed in zones.items() for zone in listed for number in range(PER_ZONE)
    ]
    assert list(made) == wanted


def test_a_node_has_the_labels_of_its_pool_its_zone_and_what_a_pool_leaves_no_choice_of(made: dict[str, Body]) -> None:
    assert mapping(made["general-eu-central-1b-0"], "metadata", "labels") == {
        "kubernetes.io/arch": "amd64",
        "aiwfe.io/node-pool": "general",
        "karpenter.sh/nodepool": "general",
        "kubernetes.io/hostname": "general-eu-central-1b-0",
        "topology.kubernetes.io/region": "eu-central-1",
        "topology.kubernetes.io/zone": "eu-central-1b",
    }


def test_a_node_has_the_taints_of_its_pool(made: dict[str, Body]) -> None:
    taints = {name: mappings(node, "spec", "taints") for name, node in made.items()}
    assert taints["general-eu-central-1a-0"] == []
    assert taints["gpu-eu-central-1c-0"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]


def test_only_nodes_of_a_pool_with_gpus_have_some(made: dict[str, Body]) -> None:
    counted = {
        text(node, "metadata", "name"): mapping(node, "status", "capacity").get("nvidia.com/gpu")
        for node in made.values()
    }
    assert {name: gpus for name, gpus in counted.items() if gpus} == {
        f"gpu-eu-central-1c-{n}": "4" for n in range(PER_ZONE)
    }
    assert all(node["status"]["allocatable"] == node["status"]["capacity"] for node in made.values())


def test_without_pools_there_are_no_nodes(tmp_path: Path) -> None:
    made = dist(tmp_path, {"dev/apps/chat.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chat}\n"})
    assert list(nodes(load(made, ["dev"], baseline=False).environments[0])) == []


@pytest.mark.parametrize("env", ["dev", "staging", "production"])
def test_every_pool_of_the_committed_dist_has_nodes(env: str) -> None:
    committed = load(COMMITTED, [env], baseline=False).environments[0]
    counted = Counter(text(node, "metadata", "labels", "karpenter.sh/nodepool") for node in nodes(committed))
    assert set(counted) == {pool.name for pool in committed.of_kind("NodePool")}
    assert all(count % PER_ZONE == 0 for count in counted.values())


STAGE = 'apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: {{name: {name}}}\nspec: {{expression: "{expression}"}}\n'


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """What the kwok module has, in small."""
    for name in STAGES:
        expression = "self.spec.storageClassName == 'kwok-volume'" if name.startswith("volume") else "true"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(STAGE.format(name=Path(name).stem, expression=expression))
    return tmp_path


def test_volumes_are_played_for_our_storage_classes_only(upstream: Path) -> None:
    content = stages(upstream, ["fast", "slow"])
    expressions = {one["metadata"]["name"]: one["spec"].get("expression") for one in yaml.safe_load_all(content)}
    assert expressions["pv-bind"] == expressions["pvc-delete"] == "self.spec.storageClassName in ['fast', 'slow']"
    assert expressions["pod-ready"] == "true"


def test_every_stage_is_yaml_and_there_once_ours_among_them(upstream: Path) -> None:
    found = list(yaml.safe_load_all(stages(upstream, ["fast"])))
    names = [one["metadata"]["name"] for one in found]
    ours = [one["metadata"]["name"] for one in yaml.safe_load_all((SIMULATED / "stages.yaml").read_text())]
    assert sorted(names) == sorted({*ours, *(Path(name).stem for name in STAGES)})
    assert {one["kind"] for one in found} == {"Stage"}


def test_the_other_simulated_objects_are_yaml() -> None:
    found = list(yaml.safe_load_all((SIMULATED / "sidecar.yaml").read_text()))
    assert [one["kind"] for one in found] == ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]


def test_stages_that_upstream_has_renamed_are_said(upstream: Path) -> None:
    for name in STAGES:
        (upstream / name).write_text((upstream / name).read_text().replace("kwok-volume", "other"))
    with pytest.raises(ClusterError, match=r"^KWOK's stages select no volumes by == 'kwok-volume' any more"):
        stages(upstream, ["fast"])
    (upstream / STAGES[0]).unlink()
    with pytest.raises(ClusterError, match=r"^KWOK's stages are not where they were: .*node-initialize.yaml"):
        stages(upstream, ["fast"])
