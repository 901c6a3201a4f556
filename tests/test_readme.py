"""The daily tasks of the README, done as printed, in a copy of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from imports.manifest import ROOT
from tests.scratch import files, run, scratch

README = (ROOT / "README.md").read_text(encoding="utf-8")
ENVIRONMENTS = ("dev", "production", "staging")


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^### {title}\n(.*?)(?=^##)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {title!r}"
    return found[1]


def block(title: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    assert found, f"{title!r} has no {language} block"
    return found[1]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return scratch(tmp_path)


def render(copy: Path) -> dict[str, bytes]:
    """dist/ after `make synth`, with the proofs held against it."""
    done = run(copy, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    proofs = run(copy, "-m", "aiwfe", "check", "--dist", "dist")
    assert (proofs.returncode, "6 proofs" in proofs.stdout) == (0, True), proofs.stdout + proofs.stderr
    return files(copy / "dist")


def changed(copy: Path) -> set[str]:
    before = files(copy / "dist")
    after = render(copy)
    return {file for file in before.keys() | after.keys() if before.get(file) != after.get(file)}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_change_a_value(copy: Path) -> None:
    line = block("Change a value", "yaml").splitlines()[1]
    edit(copy / "envs" / "staging.yaml", "services:\n", f"services:\n{line}\n")
    assert changed(copy) == {"staging/apps/pieces-service.yaml"}


def test_change_a_value_with_a_typo(copy: Path) -> None:
    said = re.search(r"^```\n(envs.*?)\n```", section("Change a value"), re.MULTILINE | re.DOTALL)
    assert said
    edit(
        copy / "envs" / "staging.yaml",
        "  agent-engine: {max_replicas: 6}\n",
        "  agent-engine: {max_replicas: 6}\n  peices-service: {replicas: 3}\n",
    )
    assert run(copy, "main.py").stderr.strip() == said[1]


def test_add_a_service_takes_one_file(copy: Path) -> None:
    source = block("Add a service", "python")
    name = source.partition("\n")[0].removeprefix("# ")
    assert not (ROOT / name).exists()
    (copy / name).write_text(source, encoding="utf-8")
    assert changed(copy) == {f"{env}/apps/search.yaml" for env in ENVIRONMENTS}
    kinds = [body["kind"] for body in yaml.safe_load_all((copy / "dist/production/apps/search.yaml").read_text())]
    assert kinds == ["ConfigMap", "ServiceAccount", "Deployment", "Service", "PodDisruptionBudget"]


def test_a_service_too_many_for_its_quota_is_found(copy: Path) -> None:
    source = block("Add a service", "python").replace("INTEGRATIONS", "SYSTEM")
    (copy / "charts/apps/search.py").write_text(source, encoding="utf-8")
    assert run(copy, "main.py").returncode == 0
    proofs = run(copy, "-m", "aiwfe", "check", "capacity", "--env", "production", "--dist", "dist")
    assert proofs.returncode == 1
    assert "requests.cpu" in proofs.stdout


def test_add_an_environment(copy: Path) -> None:
    cp, _make = block("Add an environment", "sh").splitlines()
    subprocess.run(cp.split(), cwd=copy, check=True)
    new = {file for file in changed(copy) if file.startswith("demo/")}
    assert new == {file.replace("staging/", "demo/") for file in files(ROOT / "dist") if file.startswith("staging/")}


def test_bump_an_image(copy: Path) -> None:
    release = block("Bump an image", "yaml").splitlines()[1].partition("#")[0].strip()
    edit(copy / "envs" / "images.yaml", "release: 1.0.0", release)
    services = ("agent-engine", "chat", "context", "google-services", "model-management", "pieces-service", "webui")
    assert changed(copy) == {f"{env}/apps/{service}.yaml" for env in ENVIRONMENTS for service in services}


def test_bump_one_image(copy: Path) -> None:
    line = block("Bump an image", "yaml").splitlines()[3].partition("#")[0].strip()
    edit(copy / "envs" / "images.yaml", "own: {}", "own:\n  " + line)
    assert changed(copy) == {f"{env}/apps/chat.yaml" for env in ENVIRONMENTS}
    assert b"image: ghcr.io/aiwfe/chat:1.1.1\n" in files(copy / "dist")["dev/apps/chat.yaml"]


def test_every_make_target_of_the_readme_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)", README)) - {"alone"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"README.md names `make {target}`"
