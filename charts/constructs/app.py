"""App and Chart: one App is one environment, one Chart is one component and one file of dist/."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import cdk8s

from imports.manifest import ROOT, Manifest, ManifestError, caller

from .emit import dump

HEADER = "# Generated from "  # how every file starts; what starts otherwise was not written here


class WriteError(Exception):
    """Files that cannot be written, in one line; those that were there are as they were."""


class App(cdk8s.App):
    """The components of one environment: `dist/<environment>/<application>/<component>.yaml`.

    Raises ManifestError where two components claim one file or two manifests are the same object.
    """

    def __init__(self, environment: str, *, outdir: str | None = None) -> None:
        super().__init__(outdir=outdir)
        self.environment = environment
        self.components: dict[str, Chart] = {}
        self._objects: dict[tuple[str, str, str | None, str], Manifest] = {}

    def claim(self, chart: Chart) -> None:
        """Enter a component, whose file must be its own."""
        if other := self.components.get(chart.file):
            raise ManifestError(
                f"{chart.where}: {chart.file} is written by {other.where} already: "
                "give this component another name, or put its objects there"
            )
        self.components[chart.file] = chart

    def register(self, manifest: Manifest) -> None:
        """Enter an object, of which there may be one in the cluster, whatever its API version."""
        key = manifest.identity
        if other := self._objects.get(key):
            raise ManifestError(
                f"{manifest.where}: {manifest.title} is made by {other.where} already: rename one, or remove it"
            )
        self._objects[key] = manifest

    def files(self) -> dict[str, str]:
        """Each file of this environment, relative to dist/, with its text. Checks every object once more."""
        return {f"{self.environment}/{file}": chart.text() for file, chart in self.components.items()}

    def synth(self) -> None:
        """Write this environment alone. `main.py` writes all of them or, after a mistake, none."""
        target = Path(self.outdir) / self.environment
        write({file.removeprefix(f"{self.environment}/"): text for file, text in self.files().items()}, target)


class Chart(cdk8s.Chart):
    """One component: a module of charts/ or argocd/, and the file that Argo CD syncs."""

    def __init__(self, app: App, file: str) -> None:
        """`file` is `<application>/<component>`, as in `apps/chat`."""
        self.where = caller()
        self.file = f"{file}.yaml"
        self.manifests: list[Manifest] = []
        self._app = app
        app.claim(self)
        super().__init__(app, file.replace("/", "-"))

    def adopt(self, manifest: Manifest) -> None:
        """Take an object into this component's file."""
        self._app.register(manifest)
        self.manifests.append(manifest)

    def text(self) -> str:
        """The file: where it comes from, then the objects in the order in which they were made."""
        for manifest in self.manifests:
            manifest.check()  # a mapping that was changed after it was checked is found here
        source = self.where.partition(":")[0]
        return f"{HEADER}{source}: do not edit.\n" + dump(manifest.body for manifest in self.manifests)


def write(files: Mapping[str, str], target: Path) -> None:
    """Make `target` hold exactly `files`: changed ones replaced whole, others left alone, stale ones removed.

    Nothing is replaced or removed before everything is written beside it. Raises WriteError where that fails, and where
    the folder is not this repository's dist/ and holds something that was not rendered.
    """
    ready: dict[Path, Path] = {}  # the new file, under a name of its own -> the file that it becomes
    at = target
    try:
        if not target.resolve().is_relative_to((ROOT / "dist").resolve()):
            _refuse_strangers(target)
        stale = [path for path in _contents(target) if str(path.relative_to(target)) not in files]
        for name, text in files.items():
            at, data = target / name, text.encode()
            if at.is_file() and at.read_bytes() == data:
                continue
            if at.is_dir():
                raise _error(errno.EISDIR)
            if blocked := next((folder for folder in at.parents if folder.is_file()), None):
                at = blocked
                raise _error(errno.ENOTDIR)
            at.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=at.parent, prefix=f".{at.name}.", delete=False) as new:
                ready[Path(new.name)] = at
                new.write(data)
            Path(new.name).chmod(0o644)
        for at in stale:
            if not os.access(at.parent, os.W_OK):
                raise _error(errno.EACCES)
        for new, at in ready.items():
            new.replace(at)
        for at in stale:
            at.unlink()
        _remove_empty_folders(target)
    except OSError as error:
        raise WriteError(f"{_shown(at)}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            for new in ready:
                new.unlink(missing_ok=True)
            if ready:
                _remove_empty_folders(target)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _contents(target: Path) -> Iterator[Path]:
    """Everything below `target` but its folders."""
    return (path for path in target.rglob("*") if path.is_symlink() or not path.is_dir())


def _refuse_strangers(target: Path) -> None:
    """Whoever names the wrong folder must not lose it."""
    for path in _contents(target):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(len(HEADER)) == HEADER.encode():
                    continue
        name = path.relative_to(target)
        raise WriteError(f"{_shown(target)}: holds {name}, which was not rendered: name an empty folder")


def _remove_empty_folders(target: Path) -> None:
    for path in sorted(target.rglob("*"), reverse=True):  # contents before their folders
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
