"""The tables that the proofs hold dist/ to: what they declare is meant, and nothing beside it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiwfe.dist import REPOSITORY, load
from aiwfe.errors import BadInputError
from aiwfe.proofs import ownership, parity, schema
from aiwfe.proofs.parity import Field, Presence
from aiwfe.proofs.stability.fields import BUILT_IN_GROUPS, EXPLICIT
from tests.proofs.cases import Files, loaded

KINDS = json.loads((REPOSITORY / "imports" / "schemas" / "kinds.json").read_text(encoding="utf-8"))
GROUP_KINDS = {
    f"{kind}.{api_version.rpartition('/')[0]}" if "/" in api_version else kind: KINDS[f"{api_version}/{kind}"][
        "namespaced"
    ]
    for api_version, _, kind in (name.rpartition("/") for name in KINDS)
}


def config_map(env: str, name: str) -> dict[str, str]:
    body = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: aiwfe-system}}\n"
    return {f"dist/{env}/apps/{name}.yaml": body}


DEV_HAS_MORE = config_map("dev", "chat") | config_map("dev", "tools") | config_map("production", "chat")


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("ConfigMap/aiwfe-system/tools", []),
        ("ConfigMap/aiwfe-system/t*", []),
        ("ConfigMap/aiwfe-ai/tools", ["parity/objects"]),
    ],
)
def test_an_object_may_be_absent_where_that_is_declared(
    declared: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "PRESENCES", (Presence(declared, "a reason"),))
    assert [finding.rule for finding in parity.find(loaded(DEV_HAS_MORE, tmp_path))] == found


def test_without_production_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert list(parity.find(loaded(config_map("dev", "chat") | config_map("staging", "webui"), tmp_path))) == []


def test_an_environment_asked_for_alone_is_still_compared_with_production(tmp_path: Path) -> None:
    loaded(DEV_HAS_MORE, tmp_path)
    assert [finding.rule for finding in parity.find(load(tmp_path / "dist", ["dev"]))] == ["parity/objects"]
    assert list(parity.find(load(tmp_path / "dist", ["production"]))) == []


def holding(path: str, value: str) -> Any:
    """An object's body with a value in a declared field: `spec.containers[*].image`, `metadata.annotations['a/b']`."""
    body: Any = value
    for key, item, name in reversed(re.findall(r"\['([^']+)'\]|\[(\*)\]|([^.\[\]]+)", path)):
        body = [{"name": "main", **body}] if item else {key or name: body}
    return body


def differing(kind: str, path: str) -> Files:
    """Two environments with one object, which differs in one field."""
    files: dict[str, str] = {}
    for env in ("dev", "production"):
        body = holding(path, env)
        body["metadata"] = {"name": "chat", **body.get("metadata", {})}
        files[f"dist/{env}/apps/chat.yaml"] = yaml.safe_dump({"apiVersion": "v1", "kind": kind, **body})
    return files


@pytest.mark.parametrize("field", parity.FIELDS, ids=lambda field: f"{field.kinds}-{field.path}")
def test_a_declared_field_may_differ_and_the_one_beside_it_may_not(field: Field, tmp_path: Path) -> None:
    assert field.why
    kind = "Service" if field.kinds == "*" else field.kinds.split()[-1]
    assert list(parity.find(loaded(differing(kind, field.path), tmp_path / "declared"))) == []
    beside = f"{field.path[:-2]}2']" if field.path.endswith("]") else f"{field.path}2"
    found = list(parity.find(loaded(differing(kind, beside), tmp_path / "beside")))
    assert [finding.rule for finding in found] == ["parity/fields"]


def test_every_declared_absence_has_a_reason() -> None:
    assert all(presence.why for presence in parity.PRESENCES)


def territories() -> list[tuple[str, str, bool]]:
    """Application, kind, and whether the table has it as namespaced."""
    found: list[tuple[str, str, bool]] = []
    for name, territory in ownership.TERRITORIES.items():
        found += [(name, kind, False) for kind in territory.cluster]
        found += [(name, kind, True) for kinds in territory.namespaced.values() for kind in kinds]
    return found


def test_every_kind_of_a_territory_is_a_kind_and_of_that_scope() -> None:
    wrong = {
        (application, kind)
        for application, kind, namespaced in territories()
        if kind != "*" and GROUP_KINDS.get(kind) is not namespaced
    }
    assert wrong == set()


def test_every_default_to_write_out_is_of_a_kind_that_is_there() -> None:
    assert {f"{kind}.{group}" if group else kind for group, kind in EXPLICIT} <= GROUP_KINDS.keys()


def test_groups_with_schemas_of_kubernetes_are_not_those_of_crds() -> None:
    of_kubernetes = {path.name for path in (REPOSITORY / "imports" / "schemas" / schema.KUBERNETES[0]).iterdir()}
    of_crds = {path.name for path in (REPOSITORY / "imports" / "schemas" / "crds").iterdir()}
    assert BUILT_IN_GROUPS & of_crds == set()
    assert of_kubernetes - {"v1", "apiextensions.k8s.io"} <= BUILT_IN_GROUPS


def test_schemas_that_are_not_there_are_bad_input(tmp_path: Path) -> None:
    platform = replace(loaded(config_map("dev", "chat"), tmp_path), schemas=tmp_path)
    with pytest.raises(BadInputError, match=r"kinds\.json: cannot be read .*`make imports` writes it"):
        list(ownership.find(platform))
