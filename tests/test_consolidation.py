"""From 23 services to 8 (spec §2.2): docs/consolidation.yaml against dist/."""

from __future__ import annotations

from typing import NotRequired, TypedDict

import pytest
import yaml

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
ENVIRONMENTS = ("dev", "staging", "production")


@pytest.fixture(scope="module")
def objects() -> dict[str, set[tuple[str, str, str]]]:
    """Kind, namespace and name of everything, by environment."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for env in ENVIRONMENTS:
        bodies = (
            body
            for path in (ROOT / "dist" / env).rglob("*.yaml")
            for body in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        )
        found[env] = {
            (body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]) for body in bodies
        }
    return found


def test_every_old_service_is_accounted_for_once() -> None:
    assert [entry["was"] for entry in LEDGER] == OLD
    assert len(OLD) == 23


def test_the_core_services_are_the_eight_of_the_spec() -> None:
    assert {entry["core"] for entry in LEDGER} | NEW == set(CORE)


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("entry", LEDGER, ids=OLD)
def test_what_replaces_it_is_in_dist(entry: Entry, env: str, objects: dict[str, set[tuple[str, str, str]]]) -> None:
    by = entry["by"]
    there = (by["kind"], by["namespace"], by["name"]) in objects[env]
    if "expected" in entry:
        assert not there, f"{entry['was']}: {by} is in dist/{env} now: remove `expected` from docs/consolidation.yaml"
    else:
        assert there, f"{entry['was']}: {by} is missing from dist/{env}"


@pytest.mark.parametrize(("core", "deployment"), [(4, "aiwfe-system/chat"), (5, "aiwfe-integrations/pieces-service")])
def test_the_new_core_services_are_in_dist(
    core: int, deployment: str, objects: dict[str, set[tuple[str, str, str]]]
) -> None:
    namespace, name = deployment.split("/")
    for env in ENVIRONMENTS:
        assert ("Deployment", namespace, name) in objects[env], CORE[core]
