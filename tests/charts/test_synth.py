"""`python main.py` and `cdk8s synth`: the same bytes each time, all of dist/ and nothing else, or nothing at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imports.manifest import ROOT
from tests.scratch import files, remove_service, run, scratch, without_own_images

COMMITTED = files(ROOT / "dist")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return scratch(tmp_path)


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_every_run_gives_the_bytes_of_dist(copy: Path, seed: str) -> None:
    done = run(copy, "main.py", CDK8S_OUTDIR="other", PYTHONHASHSEED=seed)
    assert (done.returncode, done.stderr) == (0, "")
    assert files(copy / "other") == COMMITTED


def test_the_cdk8s_command_gives_the_bytes_of_dist(copy: Path) -> None:
    (copy / "dist" / "dev" / "apps" / "chat.yaml").unlink()
    subprocess.run(["npx", "--no", "cdk8s", "synth"], cwd=copy, check=True, capture_output=True)
    assert files(copy / "dist") == COMMITTED


def test_a_removed_component_disappears(copy: Path) -> None:
    remove_service(copy, "webui")  # nothing calls it, but users
    assert run(copy, "main.py").stderr == ""
    gone = set(COMMITTED) - set(files(copy / "dist"))
    assert gone == {file for file in COMMITTED if file.endswith("/apps/webui.yaml")}
    assert gone


def test_strangers_disappear(copy: Path) -> None:
    (copy / "dist" / "dev" / "old" / "deep").mkdir(parents=True)
    (copy / "dist" / "dev" / "old" / "deep" / "file.yaml").write_text("a: b\n")
    (copy / "dist" / "notes.txt").write_text("hello\n")
    assert run(copy, "main.py").returncode == 0
    assert files(copy / "dist") == COMMITTED
    assert not (copy / "dist" / "dev" / "old").exists()


def test_files_that_stay_the_same_are_not_touched(copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (copy / "dist").rglob("*.yaml")}
    run(copy, "main.py")
    assert {path: path.stat().st_mtime_ns for path in before} == before


MISTAKES = {
    "an environment's typo": (
        "envs/staging.yaml", "exposure: internal", "exposure: intenal",
        ": exposure: 'intenal' is not one of 'public' or 'internal' (did you mean 'internal'?)",
    ),
    "a service that does not exist": (
        "envs/dev.yaml", "  chat: {replicas: 1}", "  caht: {replicas: 1}",
        ": services.caht: no such service (did you mean 'chat'?)",
    ),
    "an image of a service that does not exist": (
        "envs/images.yaml", "own: {}", "own: {webiu: {tag: 1.0.1}}",
        ": own.webiu: no such service (did you mean 'webui'?)",
    ),
    "a maximum without an autoscaler": (
        "envs/dev.yaml", "  chat: {replicas: 1}", "  chat: {max_replicas: 3}",
        ": services.chat.max_replicas: chat has no autoscaler: set replicas alone",
    ),
    "replicas above the component's maximum": (
        "envs/dev.yaml", "webui: {replicas: 1, max_replicas: 2}", "webui: {replicas: 11}",
        ": services.webui.replicas: 11 replicas are above the autoscaler's maximum of 10",
    ),
    "more GPUs than the spec's": (
        "envs/production.yaml", "per_replica: 1", "per_replica: 2",
        ": gpus.per_replica: 2 replicas with 2 each are above the 2 GPUs of spec §4.2",
    ),
    "a component's typo": (
        "charts/apps/ollama.py", '"args": ["serve"]', '"arg": ["serve"]',
        ": StatefulSet aiwfe-ai/ollama (apps/v1) is not valid\n"
        "  spec.template.spec.containers[0]: unknown field 'arg' (did you mean 'args'?)",
    ),
    "two components with one file": (
        "charts/apps/ollama.py", 'Chart(app, "apps/ollama")', 'Chart(app, "apps/model-management")',
        "apps/model-management.yaml is written by charts/apps/model_management.py",
    ),
    "one object twice": (
        "charts/platform/priorities.py", '"name": name,', '"name": "aiwfe-critical",',
        "PriorityClass aiwfe-critical (scheduling.k8s.io/v1) is made by charts/platform/priorities.py",
    ),
    "an object in no namespace": (
        "charts/platform/quotas.py", '"namespace": name,', "",
        "metadata.namespace: missing; a ResourceQuota lives in a namespace (spec §4.1)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_leaves_dist_as_it_was(name: str, copy: Path) -> None:
    file, right, wrong, said = MISTAKES[name]
    without_own_images(copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert right in text
    (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
    done = run(copy, "main.py")
    line = text[: text.index(right)].count("\n") + 1
    assert (f"{file}:{line}{said}" if file.startswith("envs/") else said) in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert files(copy / "dist") == COMMITTED
