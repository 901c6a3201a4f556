"""Reads dist/<env>/<application>/<component>.yaml: each file once, each mistake as one line with file and line."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

from aiwfe.errors import BadInputError, nearest
from aiwfe.objects import Body, Object, PodTemplate, text
from aiwfe.yamlreader import Document, YamlError, read_documents

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout that this package lies in: where the schemas and the Go modules are."""

APPLICATIONS = ("argocd", "platform", "data", "apps")
"""The folders of an environment. spec §6.1 names the last three; argocd holds the Applications themselves."""

BASELINE = "production"
"""The environment that the others are compared with."""


@dataclass(frozen=True)
class File:
    """One file of dist/ with its text."""

    path: str
    """Relative to the repository's root: dist/dev/apps/chat.yaml."""
    env: str
    application: str
    component: str
    text: str = field(repr=False)
    objects: tuple[Object, ...] = field(repr=False)


@dataclass(frozen=True)
class Environment:
    """Everything that dist/<env> holds."""

    name: str
    files: tuple[File, ...] = field(repr=False)
    strays: tuple[str, ...] = ()
    """Paths below dist/<env> that are not <application>/<component>.yaml."""

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        """All objects, file by file."""
        return tuple(item for file in self.files for item in file.objects)

    @cached_property
    def _by_kind(self) -> Mapping[str, Sequence[Object]]:
        found: dict[str, list[Object]] = defaultdict(list)
        for item in self.objects:
            found[item.kind].append(item)
        return found

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], Object]:
        return {(item.kind, item.namespace, item.name): item for item in reversed(self.objects)}

    def of_kind(self, *kinds: str) -> Iterator[Object]:
        """The objects of these kinds, kind by kind, in the order of the files."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object of that name, `namespace` empty for cluster-scoped kinds."""
        return self._by_name.get((kind, namespace, name))

    def names(self, kind: str, namespace: str) -> list[str]:
        """The names of all objects of a kind in a namespace."""
        return [item.name for item in self.of_kind(kind) if item.namespace == namespace]

    @cached_property
    def pods(self) -> tuple[PodTemplate, ...]:
        """The pod templates of all workloads."""
        return tuple(item.pod for item in self.objects if item.pod)


@dataclass(frozen=True)
class Platform:
    """What a proof judges: the environments that were asked for, and what belongs beside them."""

    environments: tuple[Environment, ...]
    baseline: Environment | None
    """Production, whether asked for or not; None where dist/ has none."""
    strays: tuple[str, ...] = ()
    """Paths directly below dist/ that are no environment."""
    known: tuple[str, ...] = ()
    """The names of all environments of dist/, asked for or not."""
    schemas: Path = REPOSITORY / "imports" / "schemas"
    tools: Path = REPOSITORY / "tools"
    cache: Path = REPOSITORY / ".cache"

    @property
    def objects(self) -> Iterator[Object]:
        """All objects, file by file."""
        for environment in self.environments:
            yield from environment.objects

    @property
    def files(self) -> Iterator[File]:
        """All files of the environments that were asked for."""
        for environment in self.environments:
            yield from environment.files


def find_dist(start: Path) -> Path:
    """The dist/ of the repository that `start` lies in."""
    for folder in (start, *start.parents):
        if (folder / "cdk8s.yaml").is_file() or (folder / ".git").exists():
            return folder / "dist"
    return start / "dist"


def load(dist: Path, only: Sequence[str] = (), *, baseline: bool = True) -> Platform:
    """Reads dist/, or of it only the named environments (and production, with `baseline`).

    Raises BadInputError with one message for each file or document that cannot be read.
    """
    if not dist.is_dir():
        raise BadInputError(f"{dist}: no such folder: run `make synth`, or say where it is with --dist")
    try:
        top = sorted(dist.iterdir())
    except OSError as error:
        raise BadInputError(f"{dist}: cannot be read ({error.strerror})") from None
    known = [entry.name for entry in top if entry.is_dir() and not entry.is_symlink()]
    if not known:
        raise BadInputError(f"{dist}: holds no environment: run `make synth`")
    if unknown := [name for name in only if name not in known]:
        raise BadInputError(
            *(f"unknown environment '{n}'{nearest(n, known)} (there are: {', '.join(known)})" for n in unknown)
        )
    mistakes: list[str] = []
    wanted = [name for name in known if not only or name in only]
    loaded = {
        name: _environment(dist, name, mistakes) for name in known if name in wanted or (baseline and name == BASELINE)
    }
    if mistakes:
        raise BadInputError(*mistakes)
    return Platform(
        environments=tuple(loaded[name] for name in wanted),
        baseline=loaded.get(BASELINE),
        strays=tuple(_shown(dist, entry) for entry in top if entry.name not in known),
        known=tuple(known),
    )


def _shown(dist: Path, path: Path) -> str:
    return path.relative_to(dist.parent).as_posix()


def _environment(dist: Path, name: str, mistakes: list[str]) -> Environment:
    files: list[File] = []
    strays: list[str] = []
    for path in _below(dist, name, mistakes):
        shown = _shown(dist, path)
        application, *rest = path.relative_to(dist / name).parts
        if path.is_dir() and not path.is_symlink():
            if application not in APPLICATIONS or rest:
                strays.append(shown)
        elif not _is_plain(path) or application not in APPLICATIONS or len(rest) != 1 or path.suffix != ".yaml":
            strays.append(shown)
        elif file := _file(path, _Place(shown, name, application, path.stem), mistakes):
            files.append(file)
    return Environment(name, tuple(files), tuple(strays))


def _is_plain(path: Path) -> bool:
    """Links and pipes are never opened: they lead out of dist/, or nowhere."""
    return path.is_file() and not path.is_symlink()


def _below(dist: Path, name: str, mistakes: list[str]) -> list[Path]:
    """Everything below an environment, symbolic links not followed. A folder that cannot be read is a mistake."""

    def refuse(error: OSError) -> None:
        mistakes.append(f"{_shown(dist, Path(error.filename))}: cannot be read ({error.strerror})")

    return sorted(
        Path(top, entry) for top, folders, files in os.walk(dist / name, onerror=refuse) for entry in (*folders, *files)
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file lies."""

    path: str
    env: str
    application: str
    component: str


def _file(path: Path, place: _Place, mistakes: list[str]) -> File | None:
    """The file, or None where it holds mistakes."""
    before = len(mistakes)
    try:
        content = path.read_bytes().decode()
        objects = [_object(document, place, mistakes) for document in read_documents(content)]
    except OSError as error:
        mistakes.append(f"{place.path}: cannot be read ({error.strerror})")
    except UnicodeDecodeError as error:
        mistakes.append(f"{place.path}: not UTF-8 (byte {error.start}): run `make synth` to write it anew")
    except YamlError as error:
        mistakes.append(f"{place.path}:{error.line}: {error.problem}: run `make synth` to write it anew")
    else:
        if len(mistakes) == before:
            whole = tuple(item for item in objects if item)
            return File(place.path, place.env, place.application, place.component, content, whole)
    return None


def _object(document: Document, place: _Place, mistakes: list[str]) -> Object | None:
    line = f"{place.path}:{document.line}"
    value = document.value
    if not isinstance(value, dict):
        mistakes.append(f"{line}: a document that is {_what(value)}, not an object: run `make synth`")
        return None
    body = cast(Body, value)
    fields = {
        "apiVersion": text(body, "apiVersion"),
        "kind": text(body, "kind"),
        "metadata.name": text(body, "metadata", "name"),
    }
    if missing := [name for name, value in fields.items() if not value]:
        mistakes.append(f"{line}: a document without {' and '.join(missing)}: run `make synth`")
        return None
    return Object(
        body=body,
        env=place.env,
        application=place.application,
        component=place.component,
        file=place.path,
        line=document.line,
        last_line=document.last_line,
        api_version=fields["apiVersion"],
        kind=fields["kind"],
        namespace=text(body, "metadata", "namespace"),
        name=fields["metadata.name"],
    )


def _what(value: object) -> str:
    if value is None:
        return "empty"
    return "a list" if isinstance(value, list) else "a single value"
