"""`python -m imports.generator [--crds FOLDER] [--only MODULE]`: generate imports/ from pins.yaml."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from imports.spelling import nearest

from . import ImportsError, crds, kubernetes, modules, output, sources
from .pins import PINS, Pins, read
from .schema import Kind


def main(arguments: list[str] | None = None, folder: Path = output.FOLDER) -> int:
    """Run the generator; the exit code is 0, or 2 after one line that says what is wrong, with nothing written.

    `folder` is imports/: pins.yaml is read there, and the rest written.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    bar = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        pins = read(folder / PINS)
        with Progress(*bar, console=console, transient=True, disable=not console.is_terminal) as progress:
            if options.only:
                texts = generate_one(pins, options.only, options.crds, progress, folder / output.KINDS)
            else:
                texts = generate(pins, options.crds, progress)
        changed = output.write(texts, folder, prune=not options.only)
    except ImportsError as error:
        print(f"imports: {error}", file=sys.stderr)
        return 2
    print(f"imports: {len(texts)} files, {len(changed)} changed")
    return 0


def generate(pins: Pins, local: Path | None, progress: Progress) -> dict[str, str]:
    """Every generated file by its name in imports/. `local` is the folder that stands in for addresses.

    Raises ImportsError for anything that a person must put right.
    """
    task = progress.add_task("kubernetes", total=len(pins.kubernetes.releases) + len(pins.operators))
    texts: dict[str, str] = {}
    core: list[Kind] = []
    for minor in pins.kubernetes.releases:
        progress.update(task, description=f"kubernetes {minor}")
        kinds = _core_kinds(pins, minor)
        texts |= output.schema_files(minor, kinds)
        core = kinds if minor == pins.kubernetes.classes else core
        progress.advance(task)
    every = list(core)
    stubs, shared = modules.core_stubs(_core_source(pins), core)
    texts |= {"k8s.py": modules.classes(_core_source(pins), core), "k8s.pyi": stubs}
    for name in pins.operators:
        progress.update(task, description=name)
        files, kinds = _operator(pins, name, local, shared)
        texts |= files
        every += kinds
        progress.advance(task)
    return {**texts, output.KINDS: output.kinds_file(every)}


def generate_one(pins: Pins, name: str, local: Path | None, progress: Progress, known: Path) -> dict[str, str]:
    """The files of one operator, beside what is there: `known` is the kinds.json to add to.

    Raises ImportsError, as for an operator that is not pinned.
    """
    if name not in pins.operators:
        raise ImportsError(f"--only {name}: not in pins.yaml{nearest(name, pins.operators)}")
    progress.add_task(name, total=1)
    core = _core_kinds(pins, pins.kubernetes.classes)
    _, shared = modules.core_stubs(_core_source(pins), core)
    texts, kinds = _operator(pins, name, local, shared)
    return {**texts, output.KINDS: output.kinds_file(kinds, known)}


def _core_kinds(pins: Pins, minor: str) -> list[Kind]:
    return kubernetes.kinds(sources.go_module(pins.kubernetes.module(minor)), pins.kubernetes.kinds)


def _core_source(pins: Pins) -> str:
    return f"{pins.kubernetes.go} {pins.kubernetes.releases[pins.kubernetes.classes].version}"


def _operator(
    pins: Pins, name: str, local: Path | None, shared: modules.SharedTypes
) -> tuple[dict[str, str], list[Kind]]:
    """Schemas, classes and stubs of an operator, and its kinds."""
    pin = pins.operators[name]
    kinds = crds.kinds(name, sources.crd_files(pin, local), pin.kinds)
    texts = {
        **output.schema_files("crds", kinds),
        f"{name}.py": modules.classes(pin.source, kinds),
        f"{name}.pyi": modules.operator_stubs(pin.source, kinds, shared),
    }
    return texts, kinds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m imports.generator", description=__doc__)
    parser.add_argument("--crds", type=Path, metavar="FOLDER", help="take release files from here, not their addresses")
    parser.add_argument("--only", metavar="MODULE", help="generate one operator's module, leave the others as they are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
