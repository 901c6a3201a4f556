"""Fetching: a Go module's folder by its pinned sum, and CRD files by the checksum of what they say."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from . import ImportsError
from .pins import GoModule, Operator

_TIMEOUT_S = 60


class _Loader(yaml.CSafeLoader):
    """Reads a bare `=` as text: YAML 1.1 calls it a value key, AlertmanagerConfig's CRD writes it in an enum."""


def _as_text(loader: _Loader, node: yaml.ScalarNode) -> object:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:value", _as_text)


def go_module(pin: GoModule) -> Path:
    """The folder of a Go module in the module cache, downloaded where it is not there yet.

    Raises ImportsError without go, without an answer of the module proxy, and where the sum is not the pinned one.
    """
    name = f"{pin.go}@{pin.version}"
    if not shutil.which("go"):
        raise ImportsError(f"go is not on the PATH: it fetches {name} (any Go from 1.21 on will do)")
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": pin.toolchain}
    with tempfile.TemporaryDirectory() as outside_any_module:
        done = subprocess.run(
            ["go", "mod", "download", "-json", name],
            cwd=outside_any_module,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    answer: dict[str, str] = json.loads(done.stdout or "{}")
    if "Dir" not in answer or "Error" in answer:
        reason = answer.get("Error") or done.stderr or "no answer"
        raise ImportsError(f"go could not fetch {name}: {' '.join(reason.split())}")
    if answer["Sum"] != pin.sum:
        raise ImportsError(f"{name}: the sum is {answer['Sum']}, pins.yaml says {pin.sum}")
    return Path(answer["Dir"])


def crd_files(operator: Operator, local: Path | None = None) -> Iterator[str]:
    """The texts of an operator's CRD files; `local` is a folder that stands in for the upstream address.

    Raises ImportsError where a file is missing, is not what its checksum says, or an address does not answer.
    """
    if operator.module and operator.path:
        place = go_module(operator.module) / operator.path
        files = [place] if place.is_file() else sorted(place.glob("*.yaml"))
        if not files:
            raise ImportsError(f"{operator.source} has no YAML files in {operator.path}")
        yield from (file.read_text() for file in files)
    for name, pinned in operator.files.items():
        address = f"{(operator.address or '').replace('{version}', operator.version)}/{name}"
        text = _read(local / name) if local else _download(address)
        place = str(local / name) if local else address
        if (seen := checksum(text, place)) != pinned:
            raise ImportsError(f"{place}: the checksum is {seen}, pins.yaml says {pinned}")
        yield text


def documents(text: str, source: str) -> Iterator[dict[str, Any]]:
    """The mappings among the YAML documents of a text. Raises ImportsError, naming the source, where it is not YAML."""
    try:
        yield from (document for document in yaml.load_all(text, _Loader) if isinstance(document, dict))
    except yaml.YAMLError as error:
        raise ImportsError(f"{source}: not YAML: {' '.join(str(error).split())}") from error


def checksum(text: str, source: str) -> str:
    """`sha256:` of what CRDs say to the API server: their specs as canonical JSON, without descriptions.

    The same for upstream's file and for one whose comments, layout, annotations or descriptions were removed.
    """
    specs = [without_descriptions(document.get("spec")) for document in documents(text, source)]
    canonical = json.dumps(specs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def without_descriptions(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """A description is text; a property that is called description is a schema, and stays."""
    match value:
        case dict():
            items = cast(dict[str, Any], value).items()
            kept = ((key, child) for key, child in items if not (key == "description" and isinstance(child, str)))
            return {key: without_descriptions(child) for key, child in kept}
        case list():
            return [without_descriptions(child) for child in cast(list[Any], value)]
        case _:
            return value


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise ImportsError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImportsError(f"{file} cannot be read: {error}") from error


def _download(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:
            return answer.read().decode()
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: no address, or no text
        reason = getattr(error, "reason", error)
        raise ImportsError(f"no answer from {address} ({reason}); --crds FOLDER takes a local copy") from error
