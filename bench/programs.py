"""Writes the compared programs: the same objects as literal constructor calls, in each of the three ways.

Each program is a folder with `objects` (the calls, as a component would write them) and `main`, which renders them:
`main <folder to write> <copies>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

Object = Mapping[str, object]

# Stands in the text of an object for the number of its copy.
INDEX = "\x1f"


@dataclass(frozen=True)
class Component:
    """One file of the output, `<environment>/<application>/<component>`, and its objects."""

    file: str
    objects: Sequence[Object]

    @property
    def id(self) -> str:
        """The name of the stock Chart."""
        return self.file.replace("/", "-")


_OURS_MAIN = """\
import sys
from pathlib import Path

from charts.constructs.app import App, write
from objects import build

app = App({environment!r})
build(app, int(sys.argv[2]))
write(app.files(), Path(sys.argv[1]))
"""

_NODE_MAIN = """\
const { App } = require("cdk8s");
const { build } = require("./objects.cjs");

const app = new App({ outdir: process.argv[2] });
build(app, Number(process.argv[3]));
app.synth();
"""


def write_ours(components: Sequence[Component], folder: Path) -> Path:
    """The program in this repository's own constructs; the components are of one environment. Returns its `main`."""
    environment = components[0].file.partition("/")[0]
    lines = ["from charts.constructs.app import Chart", "from imports import cnpg, k8s", ""]
    build: list[str] = []
    for number, component in enumerate(components):
        lines.append(f"def component_{number}(chart, copies):")
        lines.append("    for i in copies:")
        for place, body in enumerate(component.objects):
            module = "cnpg" if str(body["apiVersion"]).startswith("postgresql.cnpg.io/") else "k8s"
            lines.append(f"        {module}.{body['kind']}(chart, f'{place}-{{i}}', {_fields(body)})")
        file = component.file.removeprefix(f"{environment}/")
        build.append(f"    component_{number}(Chart(app, {file!r}), {_range(number)})")
    lines += ["", "def build(app, each):", *build, ""]
    return _write(folder, {"objects.py": "\n".join(lines), "main.py": _OURS_MAIN.format(environment=environment)})


def write_node(components: Sequence[Component], folder: Path) -> Path:
    """The program for cdk8s in Node: one untyped ApiObject for each object. Returns its `main`."""
    lines = ['const { ApiObject, Chart } = require("cdk8s");', ""]
    build: list[str] = []
    for number, component in enumerate(components):
        lines.append(f"function component{number}(chart, first, last) {{")
        lines.append("  for (let i = first; i < last; i++) {")
        for place, body in enumerate(component.objects):
            lines.append(f"    new ApiObject(chart, `{place}-${{i}}`, {_javascript(body)});")
        lines.append("  }\n}")
        first, last = f"{number} * each", f"{number + 1} * each"
        build.append(f"  component{number}(new Chart(app, {json.dumps(component.id)}), {first}, {last});")
    lines += ["exports.build = (app, each) => {", *build, "};", ""]
    _write(folder, {"objects.cjs": "\n".join(lines), "main.cjs": _NODE_MAIN})
    return folder / "main.cjs"


def write_python(
    folder: Path, head: Sequence[str], calls: Sequence[tuple[Component, Sequence[str]]], main: str
) -> Path:
    """A program for stock cdk8s in Python: the constructor calls of each component, one an object."""
    lines = ["from cdk8s import Chart", *head, ""]
    build: list[str] = []
    for number, (component, statements) in enumerate(calls):
        lines += [f"def component_{number}(chart, copies):", "    for i in copies:"]
        lines += [f"        {statement}" for statement in statements] or ["        pass"]
        build.append(f"    component_{number}(Chart(app, {component.id!r}), {_range(number)})")
    lines += ["", "def build(app, each):", *build, ""]
    return _write(folder, {"objects.py": "\n".join(lines), "main.py": main})


def literal(value: object) -> str:
    """`value` as Python source, the number of the copy put in where INDEX stands."""
    match value:
        case str() if INDEX in value:
            return "f" + repr(value.replace("{", "{{").replace("}", "}}").replace(INDEX, "{i}"))
        case Mapping():
            pairs = cast("Mapping[str, object]", value).items()
            return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(literal(item) for item in cast("Sequence[object]", value)) + "]"
        case _:
            return repr(value)


def _javascript(value: object) -> str:
    match value:
        case str() if INDEX in value:
            text = json.dumps(value.replace(INDEX, "\0"))[1:-1].replace("`", "\\`").replace("$", "\\$")
            return "`" + text.replace("\\u0000", "${i}") + "`"
        case Mapping():
            pairs = cast("Mapping[str, object]", value).items()
            return "{" + ", ".join(f"{_key(key)}: {_javascript(item)}" for key, item in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(_javascript(item) for item in cast("Sequence[object]", value)) + "]"
        case _:
            return json.dumps(value)


def _key(key: str) -> str:
    return f"[{_javascript(key)}]" if INDEX in key else json.dumps(key)


def _fields(body: Object) -> str:
    fields = ((key, value) for key, value in body.items() if key not in ("apiVersion", "kind"))
    return ", ".join(f"{key}={literal(value)}" for key, value in fields)


def _range(number: int) -> str:
    return f"range({number} * each, {number + 1} * each)"


def _write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write changed files only, so that the byte-code of the others stays good. Returns the path of `main.py`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return folder / "main.py"
