"""Every reader that dist/ meets: PyYAML (YAML 1.1, in C and in Python), ruamel (YAML 1.2), and the API server's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import yaml
from ruamel.yaml import YAML

Reader = Callable[[Sequence[str]], list[object]]


def pyyaml_c(texts: Sequence[str]) -> list[object]:
    return [yaml.load(text, Loader=yaml.CSafeLoader) for text in texts]


def pyyaml_python(texts: Sequence[str]) -> list[object]:
    return [yaml.load(text, Loader=yaml.SafeLoader) for text in texts]


def ruamel_12(texts: Sequence[str]) -> list[object]:
    reader = YAML(typ="safe", pure=True)  # YAML 1.2 by default
    return [reader.load(StringIO(text)) for text in texts]  # pyright: ignore[reportUnknownMemberType]


def api_server(program: Path) -> Reader:
    """sigs.k8s.io/yaml, as kubectl, the API server and Argo CD read (tools/sigsyaml)."""

    def read(texts: Sequence[str]) -> list[object]:
        done = subprocess.run([program], input=json.dumps(list(texts)), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return read
