"""Mistakes beside a manifest's own: one line with file and line, exit code 2, and dist/ as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from charts.apps import services
from charts.compose import render
from charts.constructs import app
from charts.constructs.app import HEADER, WriteError, write
from charts.constructs.reference import Service
from charts.platform.namespaces import SYSTEM
from envs import Environment, load
from envs.schema import Gpus, Image, Images, Model, Notifications, Retention, ServiceSize, Storage
from imports.manifest import ROOT, ManifestError
from tests.scratch import files, run, scratch, without_own_images

COMMITTED = files(ROOT / "dist")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return without_own_images(scratch(tmp_path))


def edit(copy: Path, file: str, right: str, wrong: str) -> int:
    """Makes a mistake; returns its line."""
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(right) == 1
    (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
    return text[: text.index(right)].count("\n") + 1


def refused(copy: Path, **environment: str) -> list[str]:
    """What is said of a run that must fail and change nothing."""
    done = run(copy, "main.py", **environment)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


OF_COMPONENTS = {
    "import of no service": (
        "charts/apps/chat.py", "import agent_engine, context, ollama", "import agent_engine, contxt as context, ollama",
        "no such service: contxt (did you mean 'context'?)",
    ),
    "import from no service": (
        "charts/apps/webui.py", "from charts.apps import api_gateway", "from charts.apps.api_gatway import SERVICE",
        "no such service: api_gatway (did you mean 'api_gateway'?)",
    ),
    "import of no construct": (
        "charts/apps/chat.py", "import own_deployment, own_service", "import own_deployment, own_servce as own_service",
        "charts.constructs.own has no own_servce (did you mean 'own_service'?)",
    ),
    "import of no package": (
        "charts/apps/chat.py", "from envs import Environment", "from envz import Environment",
        "No module named 'envz'",
    ),
    "address of no port": (
        "charts/apps/chat.py", 'context.SERVICE.address("grpc")', 'context.SERVICE.address("grcp")',
        "context has no port 'grcp' (did you mean 'grpc'?)",
    ),
    "url of no port": (
        "charts/apps/chat.py", 'ollama.SERVICE.url("http")', 'ollama.SERVICE.url("htp")',
        "ollama has no port 'htp' (did you mean 'http'?)",
    ),
    "number of no port": (
        "charts/apps/api_gateway.py", '"port": service.port("http")', '"port": service.port("htp")',
        "has no port 'htp' (did you mean 'http'?)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_COMPONENTS)
def test_a_mistake_of_a_component_is_one_line(name: str, copy: Path) -> None:
    file, right, wrong, said = OF_COMPONENTS[name]
    line = edit(copy, file, right, wrong)
    (only,) = refused(copy)
    assert only.startswith(f"{file}:{line}: ")
    assert only.endswith(said)
    assert files(copy / "dist") == COMMITTED


SERVICE = 'from charts.constructs.own import own_service\nfrom charts.platform.namespaces import SYSTEM\n\nSERVICE = own_service("{}", SYSTEM)\n'
MODULES = {
    "empty": ("", "declares no SERVICE: write SERVICE = own_service('my-notes', SYSTEM)"),
    "another thing": ('SERVICE = "notes"\n', "declares no SERVICE: write SERVICE = own_service('my-notes', SYSTEM)"),
    "another name": (SERVICE.format("notes"), "SERVICE is called 'notes', its module 'my-notes': rename one of them"),
    "nothing to render": (SERVICE.format("my-notes"), "declares no chart(app, env): write what my-notes renders"),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_is_no_service_is_said(name: str, copy: Path) -> None:
    text, said = MODULES[name]
    (copy / "charts" / "apps" / "my_notes.py").write_text(text, encoding="utf-8")
    assert refused(copy) == [f"charts/apps/my_notes.py:1: {said}"]
    assert files(copy / "dist") == COMMITTED


def test_every_module_here_is_a_service_of_its_name() -> None:
    names = [path.stem.replace("_", "-") for path in (ROOT / "charts" / "apps").glob("[!_]*.py")]
    assert [service.SERVICE.name for service in services()] == sorted(names)


def test_the_ports_of_a_service() -> None:
    service = Service("chat", SYSTEM, {"http": 8080, "grpc": 9000})
    assert service.port("http") == 8080
    assert service.address("grpc") == "chat.aiwfe-system.svc.cluster.local:9000"
    assert service.url("http") == "http://chat.aiwfe-system.svc.cluster.local:8080"
    with pytest.raises(ManifestError, match=r"^tests/charts/test_mistakes\.py:\d+: chat has no port 'x' \(known: "):
        service.url("x")


def test_a_misspelt_image_is_said_with_who_runs_it(copy: Path) -> None:
    text = (copy / "envs" / "images.yaml").read_text(encoding="utf-8")
    line = text.splitlines().index("upstream:") + 1
    edit(copy, "envs/images.yaml", "  ollama:\n", "  olama:\n")
    (only,) = refused(copy)
    user = (ROOT / "charts/apps/ollama.py").read_text(encoding="utf-8").partition('of_upstream("ollama")')[0]
    assert only == (
        f"envs/images.yaml:{line}: upstream.ollama: missing, and charts/apps/ollama.py:{user.count(chr(10)) + 1} runs it "
        "(did you mean 'olama'?)"
    )
    assert files(copy / "dist") == COMMITTED


def test_an_image_that_nothing_runs_is_said(copy: Path) -> None:
    edit(copy, "envs/images.yaml", "own: {}", "own: {ollama: {tag: 1.0.1}}")
    line = edit(
        copy,
        "envs/images.yaml",
        "upstream:\n",
        "upstream:\n  redis: {repository: docker.io/library/redis, tag: 8.4.0}\n",
    )
    assert refused(copy) == [
        f"envs/images.yaml:{line - 2}: own.ollama: no component runs this image: remove it",
        f"envs/images.yaml:{line + 1}: upstream.redis: no component runs this image: remove it",
    ]  # fmt: skip
    assert files(copy / "dist") == COMMITTED


def test_mistakes_of_all_environments_and_components_are_said_at_once(copy: Path) -> None:
    dev = edit(copy, "envs/dev.yaml", "  chat: {replicas: 1}", "  caht: {replicas: 1}\n  chat: {max_replicas: 2}")
    webui = edit(copy, "envs/dev.yaml", "webui: {replicas: 1, max_replicas: 2}", "webui: {replicas: 11}")
    staging = edit(copy, "envs/staging.yaml", "  ollama: {replicas: 1}", "  olama: {replicas: 1}")
    own = edit(copy, "envs/images.yaml", "own: {}", "own: {webiu: {tag: 1.0.1}}")
    edit(copy, "charts/apps/model_management.py", "ollama.SERVICE.port('http')", "ollama.SERVICE.port('htp')")
    said = refused(copy)
    assert said == [
        f"envs/dev.yaml:{dev}: services.caht: no such service (did you mean 'chat'?)",
        f"envs/images.yaml:{own}: own.webiu: no such service (did you mean 'webui'?)",
        f"envs/staging.yaml:{staging}: services.olama: no such service (did you mean 'ollama'?)",
        said[-1],
    ]
    assert said[-1].startswith("charts/apps/model_management.py:")
    edit(copy, "charts/apps/model_management.py", "ollama.SERVICE.port('htp')", "ollama.SERVICE.port('http')")
    assert refused(copy) == [
        f"envs/dev.yaml:{webui}: services.webui.replicas: 11 replicas are above the autoscaler's maximum of 10",
        f"envs/dev.yaml:{dev}: services.caht: no such service (did you mean 'chat'?)",
        f"envs/dev.yaml:{dev + 1}: services.chat.max_replicas: chat has no autoscaler: set replicas alone",
        *said[1:3],
    ]
    assert files(copy / "dist") == COMMITTED


STRANGERS = {
    "a text": ("notes.txt", "mine\n"),
    "YAML of others": ("dev/apps/chat.yaml", "kind: Deployment\n"),
    "an empty file": ("deep/er/empty.yaml", ""),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_folder_of_others_is_refused(name: str, copy: Path) -> None:
    file, text = STRANGERS[name]
    (copy / "mine" / "empty").mkdir(parents=True)
    (copy / "mine" / file).parent.mkdir(parents=True, exist_ok=True)
    (copy / "mine" / file).write_text(text)
    (copy / "mine" / "old.yaml").write_text(HEADER + "charts/old.py: do not edit.\n")
    before = files(copy / "mine")
    assert refused(copy, CDK8S_OUTDIR="mine") == [f"mine: holds {file}, which was not rendered: name an empty folder"]
    assert files(copy / "mine") == before
    assert (copy / "mine" / "empty").is_dir()


def test_a_folder_that_was_rendered_into_before_is_brought_up_to_date(copy: Path) -> None:
    (copy / "other" / "dev" / "apps").mkdir(parents=True)
    (copy / "other" / "dev" / "apps" / "old.yaml").write_text(HEADER + "charts/apps/old.py: do not edit.\n")
    assert run(copy, "main.py", CDK8S_OUTDIR="other").stderr == ""
    assert files(copy / "other") == COMMITTED


def test_a_link_out_of_the_folder_is_a_stranger(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to("/nowhere")
    with pytest.raises(WriteError, match="holds link, which was not rendered"):
        write({}, tmp_path / "out")
    assert (tmp_path / "out" / "link").is_symlink()


@pytest.mark.parametrize("obstacle", ["dist/production/apps/webui.yaml", "dist/production"])
def test_what_cannot_be_written_is_one_line_and_nothing_is(obstacle: str, copy: Path) -> None:
    edit(copy, "envs/dev.yaml", "log_level: debug", "log_level: error")
    stale = copy / "dist" / "dev" / "stale.yaml"
    stale.write_text("a: b\n")
    if (copy / obstacle).is_dir():
        (copy / obstacle).rename(copy / "away")
        (copy / obstacle).write_text("a file\n")
        why = "Not a directory"
    else:
        (copy / obstacle).unlink()
        (copy / obstacle / "folder").mkdir(parents=True)
        why = "Is a directory"
    before = files(copy / "dist")
    assert refused(copy) == [f"{obstacle}: cannot be written: {why}"]
    assert files(copy / "dist") == before


def test_a_folder_below_a_file_is_one_line(copy: Path) -> None:
    assert refused(copy, CDK8S_OUTDIR="main.py/dist") == ["main.py: cannot be written: Not a directory"]


FAILING = {"disk full": errno.ENOSPC, "no permission": errno.EACCES}
OLD = {"a.yaml": f"{HEADER}a\n", "old.yaml": f"{HEADER}old\n"}
NEW = {"a.yaml": f"{HEADER}a: b\n", "dev/new.yaml": f"{HEADER}new\n", "dev/newer.yaml": f"{HEADER}newer\n"}


@pytest.mark.parametrize("name", FAILING)
def test_a_write_that_fails_half_way_leaves_the_folder_as_it_was(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(OLD, tmp_path)
    made: list[Any] = []

    def full(**options: Any) -> Any:
        made.append(NamedTemporaryFile(**options))  # noqa: SIM115
        if len(made) == len(NEW):
            raise OSError(FAILING[name], os.strerror(FAILING[name]))
        return made[-1]

    monkeypatch.setattr(app, "NamedTemporaryFile", full)
    with pytest.raises(WriteError, match=rf"newer\.yaml: cannot be written: {os.strerror(FAILING[name])}$"):
        write(NEW, tmp_path)
    Path(made[-1].name).unlink()  # this test's own
    assert {file: data.decode() for file, data in files(tmp_path).items()} == OLD
    monkeypatch.undo()
    write(NEW, tmp_path)
    assert {file: data.decode() for file, data in files(tmp_path).items()} == NEW


def test_a_folder_that_may_not_be_changed_is_said_before_anything_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(path: Path, mode: int) -> bool:
        return False

    write(OLD, tmp_path)
    monkeypatch.setattr(os, "access", never)
    with pytest.raises(WriteError, match=r"old\.yaml: cannot be written: Permission denied"):
        write(NEW, tmp_path)
    assert {file: data.decode() for file, data in files(tmp_path).items()} == OLD


MODELS: tuple[type[Model], ...] = (Environment, Gpus, Image, Images, Notifications, Retention, ServiceSize, Storage)

# What no component reads yet. Whoever renders a reader takes its fields out of here, and "once it is there" out of
# their descriptions in envs/schema.py.
UNREAD = {
    "Environment.exposure",
    "Environment.retention",
    "Environment.notifications",
    "Retention.backups",
    "Retention.logs",
    "Retention.metrics",
    "Retention.traces",
    "Notifications.slack_channel",
    "Notifications.email",
    "Notifications.pager",
}


def test_the_fields_that_no_component_reads_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()

    def get(model: Model, name: str) -> Any:
        read.add(f"{type(model).__name__}.{name}")
        return object.__getattribute__(model, name)

    environments = load()
    monkeypatch.setattr(Model, "__getattribute__", get, raising=False)
    assert render(environments)[1] == []
    monkeypatch.undo()
    fields = {
        f"{model.__name__}.{name}": str(field.description)
        for model in MODELS
        for name, field in model.model_fields.items()
    }
    assert fields.keys() - read == UNREAD
    promised = {field for field, text in fields.items() if text.endswith(("once it is there.", "once they are there."))}
    assert promised == UNREAD - {"Environment.retention", "Environment.notifications"}
