"""The files of envs/ together: their names, what one may not share with another, and values as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from envs import InputError, load
from tests.scratch import edit, files, run, scratch

HERE = Path(__file__).parent
BASE = (HERE / "base.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An envs/ of three environments like base.yaml."""
    for name in ("dev", "staging", "production"):
        add(tmp_path, f"{name}.yaml", f"{name}.aiwfe.io")
    (tmp_path / "images.yaml").write_text((HERE / "images.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def add(folder: Path, file: str, domain: str = "demo.aiwfe.io") -> None:
    (folder / file).write_text(BASE.replace("dev.aiwfe.io", domain), encoding="utf-8")


def said(folder: Path) -> list[str]:
    with pytest.raises(InputError) as refused:
        load(folder)
    return [str(mistake) for mistake in refused.value.mistakes]


LABEL = "is no name for an environment: write at most 63 lower-case letters, digits and '-', as in"
MISNAMED = {
    "Demo Env.yaml": f"'Demo Env' {LABEL} demo-env.yaml",
    "demo_env.yaml": f"'demo_env' {LABEL} demo-env.yaml",
    "Demo.yaml": f"'Demo' {LABEL} demo.yaml",
    "demo.v2.yaml": f"'demo.v2' {LABEL} demo-v2.yaml",
    "-demo-.yaml": f"'-demo-' {LABEL} demo.yaml",
    "d" * 64 + ".yaml": f"'{'d' * 64}' {LABEL} {'d' * 63}.yaml",
    "Demo Env.yml": f"'Demo Env' {LABEL} demo-env.yaml",
    "demo.yml": "only .yaml files are read here: rename it to demo.yaml, or move it elsewhere",
    "demo.YAML": "only .yaml files are read here: rename it to demo.yaml, or move it elsewhere",
    "demo": "only .yaml files are read here: rename it to demo.yaml, or move it elsewhere",
    "pins.yml": "no name for an environment: versions of CRDs are pinned, in imports/pins.yaml",
    "pins.yaml": "no name for an environment: versions of CRDs are pinned, in imports/pins.yaml",
}


@pytest.mark.parametrize("file", MISNAMED)
def test_a_file_with_a_wrong_name_is_said_with_the_right_one(file: str, folder: Path) -> None:
    add(folder, file)
    assert said(folder) == [f"envs/{file}:1: {MISNAMED[file]}"]


@pytest.mark.parametrize("name", ["demo", "demo-2", "2", "d" * 63])
def test_an_environment_is_called_by_a_dns_label(name: str, folder: Path) -> None:
    add(folder, f"{name}.yaml")
    assert [env.name for env in load(folder)] == ["dev", "staging", "production", name]


@pytest.mark.parametrize("file", ["notes.md", ".dev.yaml.swp", ".#dev.yaml", "dev.yaml~", "__init__.py"])
def test_what_looks_like_no_environment_is_none(file: str, folder: Path) -> None:
    (folder / file).write_text("hello\n")
    (folder / "folder").mkdir()
    assert [env.name for env in load(folder)] == ["dev", "staging", "production"]


@pytest.mark.parametrize(
    ("file", "wrong"), [("dev.yaml", "dev.yml"), ("staging.yaml", "Staging.yaml"), ("images.yaml", "images.yml")]
)
def test_a_file_that_is_only_misnamed_is_not_missing_too(file: str, wrong: str, folder: Path) -> None:
    (folder / file).rename(folder / wrong)
    (only,) = said(folder)
    assert only.startswith(f"envs/{wrong}:1: ")
    assert file in only


def test_a_domain_belongs_to_one_environment(folder: Path) -> None:
    add(folder, "demo.yaml", "staging.aiwfe.io")
    add(folder, "demo-2.yaml", "staging.aiwfe.io")
    why = "is that of envs/staging.yaml already: a domain belongs to one environment"
    assert said(folder) == [
        f"envs/demo-2.yaml:1: domain: staging.aiwfe.io {why}",
        f"envs/demo.yaml:1: domain: staging.aiwfe.io {why}",
    ]


def test_the_host_of_the_api_belongs_to_one_environment_too(folder: Path) -> None:
    add(folder, "demo.yaml", "api.staging.aiwfe.io")
    assert said(folder) == [
        "envs/demo.yaml:1: domain: api.staging.aiwfe.io is that of envs/staging.yaml already: "
        "a domain belongs to one environment"
    ]
    add(folder, "demo.yaml", "apis.staging.aiwfe.io")
    assert len(load(folder)) == 4


def test_a_shared_domain_is_said_with_all_other_mistakes(folder: Path) -> None:
    add(folder, "demo.yaml", "dev.aiwfe.io\nzone: a")
    add(folder, "staging.yaml", "dev.aiwfe.io")
    add(folder, "test.yaml", "test")
    assert [line.partition(": ")[2].partition(":")[0] for line in said(folder)] == ["zone", "domain", "domain"]


WRITTEN = {
    "log_level: info": [
        ("log_level: 1.10", "1.10 is not one of"),
        ("log_level: true", "true is not one of"),
        ("log_level:", "an empty value is not one of"),
        ("log_level: [info]", "a list of 1 is not one of"),
    ],
    "domain: dev.aiwfe.io": [
        ("domain: 1.10", "1.10 is not text: put it in quotes if it is meant"),
        ("domain: ~", "~ must be text"),
        ("domain: {a: b}", "a mapping must be text"),
    ],
    "zones: [eu-central-1a, eu-central-1b]": [
        ("zones:", "an empty value must be a list"),
        ("zones: a", "'a' must be a list"),
        ("zones: []", "an empty list must hold at least 1"),
        ("zones: [a, b, c, d, e, f, g]", "a list of 7 must hold at most 6"),
    ],
    "gpus: {per_replica: 0}": [
        ("gpus: null", "null must be a mapping"),
        ("gpus: {per_replica: 1.0}", "1.0 must be an integer"),
        ("gpus: {per_replica: false}", "false must be an integer"),
        ('gpus: {per_replica: "1"}', "'1' must be an integer"),
    ],
    "  chat: {replicas: 1, cpu: 100m, memory: 256Mi}": [
        ("  chat:", "an empty value must be a mapping"),
        ("  chat: {cpu: 0.50}", "0.50 is no amount of CPU: write cores (2) or millicores (250m)"),
        ("  chat: {memory: true}", "true is no size: write a whole number of Mi, Gi or Ti"),
    ],
}
VALUES = [(right, wrong, message) for right, cases in WRITTEN.items() for wrong, message in cases]


@pytest.mark.parametrize(("right", "wrong", "message"), VALUES)
def test_a_value_is_said_as_it_is_written(right: str, wrong: str, message: str, folder: Path) -> None:
    assert right in BASE
    (folder / "dev.yaml").write_text(BASE.replace(right, wrong), encoding="utf-8")
    (only,) = said(folder)
    assert f": {message}" in only
    assert not any(word in only for word in ("None", "True", "tuple", "dictionary", "string", "valid"))


@pytest.mark.parametrize("services", ["services:\n", "services: [a]\n", "services: 3\n"])
def test_services_are_a_mapping(services: str, folder: Path) -> None:
    (folder / "dev.yaml").write_text(BASE.partition("services:")[0] + services, encoding="utf-8")
    (only,) = said(folder)
    assert only.startswith("envs/dev.yaml:12: services: ")
    assert only.endswith(" must be a mapping")


def test_a_release_is_said_as_it_is_written(folder: Path) -> None:
    text = (folder / "images.yaml").read_text(encoding="utf-8")
    (folder / "images.yaml").write_text(text.replace("release: 1.0.0", "release: 1.10"), encoding="utf-8")
    assert said(folder) == ["envs/images.yaml:1: release: 1.10 is not text: put it in quotes if it is meant"]
    (folder / "images.yaml").write_text(text.replace("release: 1.0.0", 'release: "1.10"'), encoding="utf-8")
    assert load(folder)[0].images.release == "1.10"


def test_an_environment_may_have_mirrors_of_the_repository_and_the_registry(tmp_path: Path) -> None:
    copy = scratch(tmp_path)
    mirrors = {"repository": "https://git.example.org/mirror/platform.git", "registry": "registry.example.org:5000/own"}
    edit(copy / "envs" / "dev.yaml", lambda content: content.update(mirrors))
    assert run(copy, "main.py").stderr == ""
    assert b"image: registry.example.org:5000/own/chat:" in files(copy / "dist")["dev/apps/chat.yaml"]
    proofs = run(copy, "-m", "aiwfe", "check", "--dist", "dist")
    assert proofs.returncode == 0, proofs.stdout + proofs.stderr
