"""The daily tasks of the README, done as printed, in a copy of the repository.

Somebody has done them here before, and committed that: so each starts from a copy in which all of them are undone.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from envs import Environment, load
from imports.manifest import ROOT
from tests.scratch import edit, files, pytest_in, remove_service, run, scratch

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^### {title}\n(.*?)(?=^##)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {title!r}"
    return found[1]


def block(title: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    assert found, f"{title!r} has no {language} block"
    return found[1]


# What the README prints.
VALUE: dict[str, Any] = yaml.safe_load(block("Change a value", "yaml"))
SERVICE = block("Add a service", "python")
MODULE = SERVICE.partition("\n")[0].removeprefix("# ")
SERVICE_NAME = Path(MODULE).stem.replace("_", "-")
IMAGES: dict[str, Any] = yaml.safe_load(block("Bump an image", "yaml"))
OLDER = "0.9.0"  # a release before the one that the README bumps to


def change_a_value(copy: Path, value: Mapping[str, Any] = VALUE) -> None:
    edit(copy / "envs" / "staging.yaml", lambda env: env.setdefault("services", {}).update(value))


def add_a_service(copy: Path, source: str = SERVICE) -> None:
    (copy / MODULE).write_text(source, encoding="utf-8")


def add_an_environment(copy: Path) -> None:
    for line in block("Add an environment", "sh").splitlines():
        if not line.startswith("make"):
            subprocess.run(line, shell=True, cwd=copy, check=True)
    edit(copy / "envs" / "demo.yaml", lambda env: env.update(domain="demo.example.org"))


def bump_the_release(copy: Path) -> None:
    edit(copy / "envs" / "images.yaml", lambda images: images.update(release=IMAGES["release"]))


def bump_one_image(copy: Path) -> None:
    edit(copy / "envs" / "images.yaml", lambda images: images.setdefault("own", {}).update(IMAGES["own"]))


def undo(copy: Path) -> None:
    """The repository as it was before anybody did one of these."""
    remove_service(copy, SERVICE_NAME)
    (copy / "envs" / "demo.yaml").unlink(missing_ok=True)
    edit(copy / "envs" / "staging.yaml", lambda env: [env.get("services", {}).pop(name, None) for name in VALUE])
    edit(copy / "envs" / "images.yaml", lambda images: images.update(release=OLDER, own={}))


@pytest.fixture(scope="module")
def undone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = scratch(tmp_path_factory.mktemp("undone"))
    undo(folder)
    synth(folder)
    return folder


@pytest.fixture
def copy(undone: Path, tmp_path: Path) -> Path:
    return shutil.copytree(undone, tmp_path, symlinks=True, dirs_exist_ok=True)


def synth(copy: Path) -> None:
    done = run(copy, "main.py")
    assert (done.returncode, done.stderr) == (0, "")


def changed(copy: Path) -> set[str]:
    """The files of dist/ that `make synth` changes; the proofs hold afterwards."""
    before = files(copy / "dist")
    synth(copy)
    proofs = run(copy, "-m", "aiwfe", "check", "--dist", "dist")
    assert (proofs.returncode, "6 proofs" in proofs.stdout) == (0, True), proofs.stdout + proofs.stderr
    after = files(copy / "dist")
    return {file for file in before.keys() | after.keys() if before.get(file) != after.get(file)}


def environments(copy: Path) -> list[Environment]:
    return load(copy / "envs")


def test_change_a_value(copy: Path) -> None:
    change_a_value(copy)
    assert changed(copy) == {f"staging/apps/{name}.yaml" for name in VALUE}


def test_change_a_value_with_a_typo(copy: Path) -> None:
    said = re.search(
        r"^```\n(envs/staging\.yaml):\d+: services\.([a-z-]+): (.*?)\n```", section("Change a value"), re.M
    )
    assert said
    file, typo, message = said.groups()
    change_a_value(copy, {typo: {"replicas": 3}})
    text = (copy / file).read_text(encoding="utf-8")
    line = text[: text.index(f"{typo}:")].count("\n") + 1
    before = files(copy / "dist")
    done = run(copy, "main.py")
    assert (done.returncode, done.stderr) == (2, f"{file}:{line}: services.{typo}: {message}\n")
    assert files(copy / "dist") == before


def test_add_a_service_takes_one_file(copy: Path) -> None:
    add_a_service(copy)
    assert changed(copy) == {f"{env.name}/apps/{SERVICE_NAME}.yaml" for env in environments(copy)}
    text = (copy / f"dist/production/apps/{SERVICE_NAME}.yaml").read_text(encoding="utf-8")
    kinds = [body["kind"] for body in yaml.safe_load_all(text)]
    assert kinds == ["ConfigMap", "ServiceAccount", "Deployment", "Service", "PodDisruptionBudget"]


def test_a_service_too_many_for_its_quota_is_found(copy: Path) -> None:
    edit(copy / "envs" / "production.yaml", lambda env: env.update(quota="spec"))
    add_a_service(copy, SERVICE.replace("INTEGRATIONS", "SYSTEM"))
    synth(copy)
    proofs = run(copy, "-m", "aiwfe", "check", "capacity", "--env", "production", "--dist", "dist")
    assert proofs.returncode == 1
    assert "requests.cpu" in proofs.stdout


def test_add_an_environment(copy: Path) -> None:
    staging = {file for file in files(copy / "dist") if file.startswith("staging/")}
    add_an_environment(copy)
    assert changed(copy) == {file.replace("staging/", "demo/") for file in staging}


def own(copy: Path) -> set[str]:
    """The files of dist/ that run an image of our own."""
    registries = {env.name: f"image: {env.registry}/".encode() for env in environments(copy)}
    return {file for file, text in files(copy / "dist").items() if registries[file.partition("/")[0]] in text}


def test_bump_an_image(copy: Path) -> None:
    bump_the_release(copy)
    assert len(own(copy)) >= len(environments(copy))
    assert changed(copy) == own(copy)


def test_bump_one_image(copy: Path) -> None:
    bump_one_image(copy)
    ((name, image),) = IMAGES["own"].items()
    assert changed(copy) == {f"{env.name}/apps/{name}.yaml" for env in environments(copy)}
    for env in environments(copy):
        text = (copy / "dist" / env.name / "apps" / f"{name}.yaml").read_text(encoding="utf-8")
        assert f"image: {env.registry}/{name}:{image['tag']}\n" in text


# What looks at the live envs/, charts/ and dist/, and is quick.
LOOKS_AT_WHAT_IS_LIVE = {
    "the tasks again": (
        "tests/test_readme.py::test_change_a_value_with_a_typo",
        "tests/test_readme.py::test_add_a_service_takes_one_file",
        "tests/test_readme.py::test_bump_one_image",
    ),
    "the rest": (
        "tests/aiwfe/test_capacity_report.py",
        "tests/aiwfe/test_cli.py::test_the_committed_dist_holds",
        "tests/charts/test_synth.py::test_a_removed_component_disappears",
        "tests/envs/test_schema.py",
        "tests/test_consolidation.py",
        "tests/test_dist.py",
        "tests/test_report.py",
        "tests/test_workloads.py",
    ),
}


@pytest.mark.parametrize("what", LOOKS_AT_WHAT_IS_LIVE)
def test_whoever_does_all_of_it_and_commits_has_tests_that_pass(what: str, tmp_path: Path) -> None:
    copy = scratch(tmp_path, tests=True)
    change_a_value(copy)
    add_a_service(copy)
    add_an_environment(copy)
    bump_the_release(copy)
    bump_one_image(copy)
    synth(copy)
    # Not this test, and not the other that starts pytest: each would start itself.
    done = pytest_in(copy, *LOOKS_AT_WHAT_IS_LIVE[what], "-k", "not whoever_does_all_of_it and not snapshot_update")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_make_target_of_the_readme_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z][a-z0-9-]*)", README)) - {"alone"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"README.md names `make {target}`"
