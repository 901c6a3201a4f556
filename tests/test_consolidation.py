"""From 23 services to 8 (spec §2.2): docs/consolidation.yaml against dist/."""

from __future__ import annotations

import json
from typing import NotRequired, TypedDict

import pytest
import yaml

from aiwfe.dist import load
from imports.manifest import ROOT

# Spec §1.1, in its order; its "various exporters" and "certificate management" count as one each.
OLD = """
    api webui worker postgres redis qdrant
    ollama coordination learning memory perception reasoning
    prometheus grafana alertmanager exporters
    loki promtail elasticsearch kibana fluent-bit
    caddy certificate-management
""".split()

# Spec §2.2, "Final Core Services".
CORE = {
    1: "WebUI Service",
    2: "API Gateway",
    3: "Agent Engine",
    4: "Chat Service",
    5: "Pieces Integration Service",
    6: "Database Layer",
    7: "AI Model Service",
    8: "Platform Services",
}
NEW = {4, 5}  # they replace nothing

# Spec §4.1.
NAMESPACES = set("aiwfe-system aiwfe-data aiwfe-ai aiwfe-integrations istio-system monitoring gitops".split())

# The parts of the platform that are still to come.
EXPECTED = {"data layer", "delivery", "observability", "zero trust"}

# `apps/v1/Deployment` and the like: every kind that has a binding.
KINDS = {name.rpartition("/")[2] for name in json.loads((ROOT / "imports/schemas/kinds.json").read_bytes())}


class Replacement(TypedDict):
    kind: str
    namespace: str
    name: str


class Entry(TypedDict):
    was: str
    core: int
    by: Replacement
    expected: NotRequired[str]


LEDGER: list[Entry] = yaml.safe_load((ROOT / "docs" / "consolidation.yaml").read_text(encoding="utf-8"))
DIST = {env.name: env for env in load(ROOT / "dist").environments}


def unlike_any(entry: Entry) -> list[str]:
    """What could never be in dist/: without this, an `expected` entry with a typo would pass for ever."""
    by = entry["by"]
    found: list[str] = []
    if by["kind"] not in KINDS:
        found.append(f"{entry['was']}: imports/ has no kind {by['kind']}")
    if by["namespace"] not in NAMESPACES:
        found.append(f"{entry['was']}: spec §4.1 has no namespace {by['namespace']}")
    if "expected" in entry and entry["expected"] not in EXPECTED:
        found.append(f"{entry['was']}: nothing to come is called {entry['expected']!r}")
    return found


def test_every_old_service_is_accounted_for_once() -> None:
    assert [entry["was"] for entry in LEDGER] == OLD
    assert len(OLD) == 23


def test_the_core_services_are_the_eight_of_the_spec() -> None:
    assert {entry["core"] for entry in LEDGER} | NEW == set(CORE)


@pytest.mark.parametrize("entry", LEDGER, ids=OLD)
def test_what_replaces_it_can_be_in_dist(entry: Entry) -> None:
    assert unlike_any(entry) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"by": {"kind": "RedisClutser", "namespace": "aiwfe-data", "name": "redis"}},
            "imports/ has no kind RedisClutser",
        ),
        ({"by": {"kind": "RedisCluster", "namespace": "aiwfe", "name": "redis"}}, "spec §4.1 has no namespace aiwfe"),
        ({"expected": "data leyer"}, "nothing to come is called 'data leyer'"),
    ],
)
def test_a_typo_in_an_entry_is_found(wrong: Entry, said: str) -> None:
    right: Entry = {
        "was": "redis",
        "core": 6,
        "by": {"kind": "RedisCluster", "namespace": "aiwfe-data", "name": "redis"},
        "expected": "data layer",
    }
    assert unlike_any(right) == []
    assert unlike_any({**right, **wrong}) == [f"redis: {said}"]


def test_what_is_to_come_is_expected_by_somebody() -> None:
    assert {entry["expected"] for entry in LEDGER if "expected" in entry} == EXPECTED


@pytest.mark.parametrize("env", DIST)
@pytest.mark.parametrize("entry", LEDGER, ids=OLD)
def test_what_replaces_it_is_in_dist(entry: Entry, env: str) -> None:
    by = entry["by"]
    there = DIST[env].get(by["kind"], by["namespace"], by["name"])
    if "expected" in entry:
        assert not there, f"{entry['was']}: {by} is in dist/{env} now: remove `expected` from docs/consolidation.yaml"
    else:
        assert there, f"{entry['was']}: {by} is missing from dist/{env}"


@pytest.mark.parametrize(("core", "deployment"), [(4, "aiwfe-system/chat"), (5, "aiwfe-integrations/pieces-service")])
def test_the_new_core_services_are_in_dist(core: int, deployment: str) -> None:
    for env in DIST.values():
        assert env.get("Deployment", *deployment.split("/")), CORE[core]
