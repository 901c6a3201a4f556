"""App and Chart: one App is one environment, one Chart is one component and one file of dist/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

import cdk8s

from imports.manifest import Manifest, ManifestError, caller

from .emit import dump


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
        return f"# Generated from {source}: do not edit.\n" + dump(manifest.body for manifest in self.manifests)


def write(files: Mapping[str, str], target: Path) -> None:
    """Make `target` hold exactly `files`: changed ones replaced whole, others left alone, stale ones removed."""
    for name, text in files.items():
        path = target / name
        data = text.encode()
        if path.is_file() and path.read_bytes() == data:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
            new.write(data)
        Path(new.name).chmod(0o644)
        Path(new.name).replace(path)
    _remove_stale(target, {target / name for name in files})


def _remove_stale(target: Path, keep: Iterable[Path]) -> None:
    kept = set(keep)
    for path in sorted(target.rglob("*"), reverse=True):  # contents before their folders
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()
