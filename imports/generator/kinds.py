"""Which of the kinds that a source has are wanted."""

from __future__ import annotations

from collections.abc import Collection

from imports.spelling import nearest

from . import ImportsError

Key = tuple[str, str]  # apiVersion, kind


def pick(source: str, wanted: dict[str, list[str]], known: Collection[Key]) -> list[Key]:
    """The wanted kinds in the order of pins.yaml. Raises ImportsError for one that the source does not have."""
    keys = [(api_version, kind) for api_version, kinds in wanted.items() for kind in kinds]
    for key in keys:
        if key not in known:
            hint = nearest(" ".join(key), (" ".join(other) for other in known))
            raise ImportsError(f"pins.yaml: {source} has no {' '.join(key)}{hint}")
    return keys
