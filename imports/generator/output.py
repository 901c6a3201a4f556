"""Writing what was generated: all of it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from .modules import MARK
from .schema import Kind

FOLDER = Path(__file__).parent.parent
KINDS = "schemas/kinds.json"


def schema_files(folder: str, kinds: Iterable[Kind]) -> dict[str, str]:
    """The schema of each kind by its file, compact: they are many, and read by programs."""
    return {
        f"schemas/{folder}/{kind.file}": json.dumps(kind.document(), sort_keys=True, separators=(",", ":")) + "\n"
        for kind in kinds
    }


def kinds_file(kinds: Iterable[Kind], known: Path | None = None) -> str:
    """kinds.json: what a reader of plain manifests must know of a kind beyond its schema.

    `known` is a file of that form, whose other kinds are kept.
    """
    facts: dict[str, dict[str, object]] = json.loads(known.read_text()) if known and known.exists() else {}
    for kind in kinds:
        facts[f"{kind.api_version}/{kind.name}"] = {"namespaced": kind.namespaced, "plural": kind.plural}
    return json.dumps(facts, sort_keys=True, indent=1) + "\n"


def write(texts: Mapping[str, str], folder: Path, *, prune: bool = True) -> list[str]:
    """Write the files that differ and, unless told otherwise, remove generated ones that are no longer asked for.

    Returns the names of the files that changed.
    """
    changed: list[str] = []
    for name, text in sorted(texts.items()):
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            changed.append(name)
    for name in sorted(generated(folder) - set(texts)) if prune else ():
        (folder / name).unlink()
        changed.append(name)
    return changed


def generated(folder: Path) -> set[str]:
    """The files in the folder that the generator wrote, now or earlier."""
    schemas = set((folder / "schemas").rglob("*.json"))
    modules = {file for file in folder.glob("*.py*") if MARK in file.read_text()[:400]}
    return {file.relative_to(folder).as_posix() for file in schemas | modules}
