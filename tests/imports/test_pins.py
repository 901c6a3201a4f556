"""A mistake in pins.yaml is one line that says where and what to write, exit code 2, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from imports.generator.__main__ import main
from imports.generator.output import FOLDER
from imports.generator.pins import PINS, read
from tests.imports import upstream


class Mistake(NamedTuple):
    """Fields of the operator that is pinned right otherwise (None removes one), and what is said of them."""

    operator: dict[str, Any]
    said: str


MODULE = {"go": "example.org/operator", "sum": "h1:x", "path": "crds"}
ONE_SOURCE = "operators.example: give either go, sum and path, or address and files"
MISTAKES: dict[str, Mistake] = {
    "unknown field": Mistake({"adress": "x"}, "operators.example.adress: unknown field (did you mean 'address'?)"),
    "neither source": Mistake({"address": None, "files": None}, ONE_SOURCE),
    "both sources": Mistake(MODULE, ONE_SOURCE),
    "a sum beside an address": Mistake({"sum": "h1:x"}, ONE_SOURCE),
    "an address without files": Mistake({"files": None}, ONE_SOURCE),
    "a module without its sum": Mistake({**MODULE, "sum": None, "address": None, "files": None}, ONE_SOURCE),
    "no version": Mistake({"version": None}, "operators.example.version: Field required"),
    "a version that is no text": Mistake({"version": 1.0}, "operators.example.version: Input should be a valid string"),
    "no kinds": Mistake({"kinds": None}, "operators.example.kinds: Field required"),
    "an apiVersion without kinds": Mistake(
        {"kinds": {"example.org/v1": []}},
        "operators.example.kinds.example.org/v1: List should have at least 1 item after validation, not 0",
    ),
    "a kind in two versions": Mistake(
        {"kinds": {"example.org/v1": ["Database"], "example.org/v1beta1": ["Database"]}},
        "operators.example.kinds: Database: given twice; take one version of each kind",
    ),
    "unknown kind": Mistake(
        {"kinds": {"example.org/v1": ["Databse"]}},
        "example has no example.org/v1 Databse (did you mean 'example.org/v1 Database'?)",
    ),
    "version that is not served": Mistake(
        {"kinds": {"example.org/v1alpha1": ["Database"]}},
        "example has no example.org/v1alpha1 Database (did you mean 'example.org/v1 Database'?)",
    ),
}


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that the generator says of imports/ in `folder`, where it must leave everything as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["--crds", str(folder.parent / "crds")], folder) == 2
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err.removeprefix("imports: ").removesuffix("\n")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_an_operator_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = upstream.imports(tmp_path, monkeypatch)
    pins = yaml.safe_load((folder / PINS).read_text())
    fields = {**pins["operators"]["example"], **MISTAKES[name].operator}
    pins["operators"]["example"] = {field: value for field, value in fields.items() if value is not None}
    (folder / PINS).write_text(yaml.safe_dump(pins))
    assert refused(folder, capsys) == f"pins.yaml: {MISTAKES[name].said}"


FILES: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "pins.yaml cannot be read: [Errno 2] No such file or directory"),
    "not YAML": (b"a: [", "pins.yaml cannot be read: while parsing a flow node"),
    "not text": (b"\xff\xfe", "pins.yaml cannot be read: 'utf-8' codec can't decode byte 0xff"),
    "empty": (b"", "pins.yaml: (top): Input should be a valid dictionary"),
    "misspelled section": (
        (FOLDER / PINS).read_bytes().replace(b"\noperators:", b"\noperator:"),
        "pins.yaml: operator: unknown field (did you mean 'operators'?)",
    ),
    "another section": (
        (FOLDER / PINS).read_bytes() + b"\nhelm: {}\n",
        "pins.yaml: helm: unknown field (known: kubernetes, operators)",
    ),
    "unknown field of kubernetes": (
        (FOLDER / PINS).read_bytes().replace(b"  classes:", b"  klasses: 1\n  classes:"),
        "pins.yaml: kubernetes.klasses: unknown field (did you mean 'classes'?)",
    ),
    "classes of a minor that is not pinned": (
        (FOLDER / PINS).read_bytes().replace(b'classes: "1.36"', b'classes: "1.30"'),
        "pins.yaml: kubernetes: classes: 1.30 is not one of releases: 1.35, 1.36, 1.37",
    ),
    "unknown field of a release": (
        (FOLDER / PINS).read_bytes().replace(b"{version: v1.35", b"{versoin: v1, version: v1.35"),
        "pins.yaml: kubernetes.releases.1.35.versoin: unknown field (did you mean 'version'?)",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_pins_yaml_that_cannot_be_used_is_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, said = FILES[name]
    folder = tmp_path / "imports"
    folder.mkdir()
    if data is not None:
        (folder / PINS).write_bytes(data)
    assert refused(folder, capsys).startswith(said)


def test_a_kind_that_kubernetes_does_not_have_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = upstream.imports(tmp_path, monkeypatch)
    pins = yaml.safe_load((folder / PINS).read_text())
    pins["kubernetes"]["kinds"] = {"apps/v1beta2": ["Deployment"]}
    (folder / PINS).write_text(yaml.safe_dump(pins))
    assert refused(folder, capsys) == (
        "pins.yaml: kubernetes has no apps/v1beta2 Deployment (did you mean 'apps/v1 Deployment'?)"
    )


def test_an_operator_that_is_not_pinned_cannot_be_generated_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", "exmaple"], upstream.imports(tmp_path, monkeypatch)) == 2
    assert capsys.readouterr().err == "imports: --only exmaple: not in pins.yaml (did you mean 'example'?)\n"


def test_every_source_is_named_as_people_know_it() -> None:
    """Generated files start with it: the repository and the version, whatever serves them."""
    operators = read(FOLDER / PINS).operators
    assert operators["certmanager"].source.startswith("github.com/cert-manager/cert-manager v")
    assert operators["redis"].source.startswith("github.com/OT-CONTAINER-KIT/redis-operator v")
