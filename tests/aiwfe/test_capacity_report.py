"""`aiwfe capacity` over the committed dist/: the table and the JSON say the same, and the figures are right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.aiwfe.dists import COMMITTED, OBJECT, dist, run

# Added up by hand from dist/production/apps/{agent-engine,api-gateway,chat,context,webui}.yaml. A pod is its container's
# requests and those of the sidecar (annotations sidecar.istio.io/proxyCPU and proxyMemory); none has init containers or
# Jobs. Each Deployment surges by one pod. Counts are `replicas`, or minReplicas-maxReplicas of the HPA.
#
#                  CPU                memory                 pods   steady CPU  memory   at most CPU     memory
#   agent-engine   250 +  50 = 300m   640 +  96 = 736Mi    2-20        600m     1472Mi   20: 6000m   14720Mi
#   api-gateway    200 + 100 = 300m   384 + 128 = 512Mi    3-15        900m     1536Mi   15: 4500m    7680Mi
#   chat           150 +  50 = 200m   256 +  96 = 352Mi    2           400m      704Mi        400m     704Mi
#   context        100 +  50 = 150m   256 +  96 = 352Mi    2           300m      704Mi        300m     704Mi
#   webui          200 +  50 = 250m   256 +  96 = 352Mi    2-10        500m      704Mi   10: 2500m    3520Mi
#   sum     surge: 1200m              2304Mi              11-49       2700m     5120Mi      13700m   27328Mi
#
# Of the quota of 4 CPUs, 8Gi = 8192Mi and 20 pods are left 4000 - 2700 - 1200 = 100m, 8192 - 5120 - 2304 = 768Mi and
# 20 - 11 - 5 = 4.
SYSTEM = {
    "requests.cpu": ("4", "4", "2700m", "1200m", "0", "100m", "13700m"),
    "requests.memory": ("8Gi", "8Gi", "5Gi", "2304Mi", "0", "768Mi", "27328Mi"),
    "pods": ("20", "20", "11", "5", "0", "4", "49"),
}
# Beside what is steady, 4000 - 2700 = 1300m, 8192 - 5120 = 3072Mi and 9 pods are free. So agent-engine gets
# min(1300/300, 3072/736, 9) = 4 pods more, where both CPU and memory end (CPU comes first in the quota); api-gateway
# min(1300/300, 3072/512, 9) = 4 more; webui min(1300/250, 3072/352, 9) = 5 more. The quota is the spec's.
SYSTEM_HPAS = {
    "agent-engine": (2, 20, 6, "requests.cpu", 6),
    "api-gateway": (3, 15, 7, "requests.cpu", 7),
    "webui": (2, 10, 7, "requests.cpu", 7),
}

QUOTA_FIELDS = ("quota", "spec", "steady", "surge", "jobs", "left", "at_maximum")
HPA_FIELDS = ("min", "max", "reaches", "limited_by", "reaches_in_spec")
QUOTA_TITLES: Sequence[str] = "namespace resource quota spec §4.2 steady surge jobs left HPAs at maximum".split()
HPA_TITLES: Sequence[str] = "namespace HPA min max reaches limited by reaches in spec's quota".split()


@pytest.fixture(scope="module")
def content() -> dict[str, dict[str, list[dict[str, Any]]]]:
    said = run("capacity", "--dist", COMMITTED, "--format", "json")
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)


def test_the_quota_of_aiwfe_system_in_production_is_added_up_right(content: dict[str, Any]) -> None:
    rows = [row for row in content["production"]["quotas"] if row["namespace"] == "aiwfe-system"]
    assert {row["resource"]: tuple(row[field] for field in QUOTA_FIELDS) for row in rows} == SYSTEM
    assert {(row["mode"], row["fits"]) for row in rows} == {("spec", True)}


def test_how_far_the_hpas_of_aiwfe_system_in_production_get_is_right(content: dict[str, Any]) -> None:
    rows = [row for row in content["production"]["hpas"] if row["namespace"] == "aiwfe-system"]
    assert {row["hpa"]: tuple(row[field] for field in HPA_FIELDS) for row in rows} == SYSTEM_HPAS


def test_the_table_says_what_the_json_says(content: dict[str, Any]) -> None:
    lines = run("capacity", "--dist", COMMITTED).out.splitlines()
    read = [line.split() for line in lines if line.strip() and not set(line) <= {"─", " "}]
    expected: list[Sequence[str]] = []
    for env, tables in content.items():
        expected.append([env])
        expected.append(QUOTA_TITLES)
        expected += _cells(tables["quotas"], ("resource", *QUOTA_FIELDS))
        expected.append(HPA_TITLES)
        expected += _cells(tables["hpas"], ("hpa", *HPA_FIELDS))
    assert read == expected


def _cells(rows: list[dict[str, Any]], fields: tuple[str, ...]) -> list[list[str]]:
    """The cells that hold something; a namespace stands only on its first row."""
    cells: list[list[str]] = []
    previous = ""
    for row in rows:
        namespace = [] if row["namespace"] == previous else [row["namespace"]]
        cells.append([*namespace, *(str(row[field]) for field in fields if row[field] != "")])
        previous = row["namespace"]
    return cells


def test_no_cell_is_cut_away_from_a_terminal() -> None:
    assert run("capacity", "--dist", COMMITTED, COLUMNS="40") == run("capacity", "--dist", COMMITTED)


def test_only_the_environments_asked_for_are_shown(content: dict[str, Any]) -> None:
    said = run("capacity", "--dist", COMMITTED, "--format", "json", "--env", "staging")
    assert json.loads(said.out) == {"staging": content["staging"]}


def test_what_does_not_fit_is_shown_and_is_no_failure(tmp_path: Path) -> None:
    """`aiwfe check capacity` judges; this only shows."""
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota, namespace: aiwfe}\nspec: {hard: {pods: '1', count/jobs.batch: 1}}\n"
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p%s, namespace: aiwfe}\n"
        "spec: {containers: [{name: c, resources: {requests: {cpu: nothing}}}]}\n"
    )
    folder = dist(tmp_path, {"dev/apps/chat.yaml": "---\n".join([OBJECT, quota, pod % 1, pod % 2])})
    said = run("capacity", "--dist", folder, "--format", "json")
    rows = {row["resource"]: row for row in json.loads(said.out)["dev"]["quotas"]}
    assert said.code == 0
    assert (rows["pods"]["left"], rows["pods"]["fits"], rows["pods"]["spec"]) == ("-1", False, "-")
    assert rows["count/jobs.batch"]["fits"]
