"""Stock cdk8s, in `.cache/bench/`: the typed classes of `cdk8s import` in Python, and cdk8s itself for Node.

Both run on the project's own cdk8s, constructs, jsii and Node: the Python classes are installed beside the project's
environment, and the JavaScript is what the Python packages carry.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from imports.manifest import ROOT, SCHEMAS

from .processes import NODE, FailedError

CACHE = ROOT / ".cache" / "bench"
LOCK = Path(__file__).with_name("requirements.lock")

Kind = tuple[str, str]  # API version and kind


@dataclass(frozen=True)
class Stock:
    """Where the stock typed classes are: folders for Python's path, and the module of each imported CRD's class."""

    path: tuple[Path, ...]
    modules: Mapping[Kind, str]


def prepare(crds: Iterable[Kind], say: Callable[[str], None] = lambda _: None) -> Stock:
    """Fetch and generate whatever is not there yet; a second run finds it all."""
    say("cdk8s-plus, whose k8s module holds the stock typed classes")
    site = _install()
    modules: dict[Kind, str] = {}
    folders: list[Path] = []
    for kind in sorted(set(crds)):
        if (schema := _schema(kind)).is_file():
            say(f"cdk8s import of {kind[1]} ({kind[0]})")
            folder, modules[kind] = _import(kind, schema)
            folders.append(folder)
    return Stock((site, *folders), modules)


def prepare_node() -> Path:
    """The folder with node's cdk8s and constructs, as the installed Python packages carry them."""
    packages = [_package(name) for name in ("cdk8s", "constructs")]
    target = CACHE / f"node-{_digest(*(package.name.encode() for package in packages))}"
    if not target.is_dir():
        with _new(target) as folder:
            for package in packages:
                with tarfile.open(package) as archive:
                    archive.extractall(folder, filter="data")
                (folder / "package").rename(_made(folder / "modules") / package.name.partition("@")[0])
            _place(folder / "modules", target)
    return target


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(f"{name}._jsii")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.jsii.tgz"))


def _site() -> Path:
    return CACHE / f"site-{_digest(LOCK.read_bytes(), sys.version.encode())}"


def _install() -> Path:
    site = _site()
    if not site.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        with _new(site) as folder:
            _run([*pip, "--require-hashes", "--requirement", str(LOCK), "--target", str(folder / "site")], folder)
            _place(folder / "site", site)
    return site


def _schema(kind: Kind) -> Path:
    group, _, version = kind[0].rpartition("/")
    return SCHEMAS / "crds" / (group or "v1") / f"{kind[1].lower()}_{version}.json"


def _import(kind: Kind, schema: Path) -> tuple[Path, str]:
    """`cdk8s import` of a CRD that is rebuilt from its committed schema: no download, the same fields."""
    group, _, version = kind[0].rpartition("/")
    prefix = f"{kind[1].lower()}_{group.replace('.', '_').replace('-', '_')}_{version}"
    lock = (ROOT / "package-lock.json").read_bytes()
    target = CACHE / f"import-{prefix}-{_digest(schema.read_bytes(), lock)}"
    if not target.is_dir():
        with _new(target) as folder:
            crd = folder / "crd.yaml"
            crd.write_text(yaml.safe_dump(_definition(kind, json.loads(schema.read_bytes()))), encoding="utf-8")
            command = [str(NODE), str(ROOT / "node_modules" / ".bin" / "cdk8s"), "import", f"{prefix}:={crd}"]
            # --no-save: the import is the benchmark's own, and nothing to enter in this repository's cdk8s.yaml.
            _run([*command, "--language", "python", "--output", str(folder / "out"), "--no-save"], folder)
            _place(folder / "out", target)
    module = next(target.rglob("_jsii")).parent.relative_to(target)
    return target, ".".join(module.parts)


def _definition(kind: Kind, schema: dict[str, object]) -> dict[str, object]:
    group, _, version = kind[0].rpartition("/")
    plural = f"{kind[1].lower()}s"
    body = {key: value for key, value in schema.items() if key != "$schema"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind[1], "plural": plural},
            "scope": "Namespaced",
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": body}},
            ],
        },
    }


@contextmanager
def _new(target: Path) -> Generator[Path]:
    """A folder beside `target`, which thus can appear by a rename, and only when it is whole."""
    with TemporaryDirectory(dir=_made(target.parent)) as folder:
        yield Path(folder)


def _place(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was first, with the same
            raise


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _run(command: list[str], folder: Path) -> None:
    # `cdk8s import` starts node and npm by name; the look for a newer version would need a network.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "CDK8S_CHECK_UPGRADE": "false"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
