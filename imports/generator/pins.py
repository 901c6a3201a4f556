"""pins.yaml: which kinds are taken, from which source, at which version and checksum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from imports.spelling import nearest

from . import ImportsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PINS = "pins.yaml"


def _each_name_once(kinds: dict[str, list[str]]) -> dict[str, list[str]]:
    """A module has one class of each name: of two versions of a kind, only one is taken."""
    names = [name for listed in kinds.values() for name in listed]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)}: given twice; take one version of each kind")
    return kinds


# apiVersion -> kinds: {"apps/v1": ["Deployment", "StatefulSet"]}
Kinds = Annotated[
    dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1), AfterValidator(_each_name_once)
]


class _Pin(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GoModule(_Pin):
    """A module of the Go module proxy; `sum` is what `go mod download -json` prints as Sum."""

    go: str
    version: str
    sum: str
    toolchain: str = "local"  # a module whose go line is newer than the machine's Go names the toolchain to take


class Release(_Pin):
    """One minor of Kubernetes."""

    version: str
    sum: str


class Kubernetes(_Pin):
    """The core kinds: schemas for every release, classes and stubs from one of them."""

    go: str
    classes: str
    releases: dict[str, Release]
    kinds: Kinds

    @model_validator(mode="after")
    def _classes_is_a_release(self) -> Self:
        if self.classes not in self.releases:
            raise ValueError(f"classes: {self.classes} is not one of releases: {', '.join(self.releases)}")
        return self

    def module(self, minor: str) -> GoModule:
        """The Go module of one minor."""
        return GoModule(go=self.go, version=self.releases[minor].version, sum=self.releases[minor].sum)


class Operator(_Pin):
    """An operator's CRDs: `path` in a Go module, or `files` under an upstream address."""

    kinds: Kinds
    version: str
    go: str | None = None
    sum: str | None = None
    toolchain: str = "local"
    path: str | None = None
    address: str | None = None  # `{version}` stands for the version
    files: dict[str, str] = Field(default_factory=dict)  # file name -> sha256 of what it says (sources.checksum)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        module, release = (self.go, self.sum, self.path), (self.address, self.files)
        if not (all(module) and not any(release)) and not (all(release) and not any(module)):
            raise ValueError("give either go, sum and path, or address and files")
        return self

    @property
    def module(self) -> GoModule | None:
        """The Go module, None where the CRDs come from an address."""
        if self.go and self.sum:
            return GoModule(go=self.go, version=self.version, sum=self.sum, toolchain=self.toolchain)
        return None

    @property
    def source(self) -> str:
        """How generated files call the source: `github.com/cert-manager/cert-manager v1.21.2`."""
        repository = (
            (self.address or "").split("/{version}")[0].replace("https://raw.githubusercontent.com", "github.com")
        )
        return f"{self.go or repository} {self.version}"


class Pins(_Pin):
    """The whole of pins.yaml; operators by the name of their Python module."""

    kubernetes: Kubernetes
    operators: dict[str, Operator]


def read(file: Path) -> Pins:
    """The checked content of pins.yaml. Raises ImportsError naming the entry that is wrong."""
    try:
        content: Any = yaml.safe_load(file.read_text())
        return Pins.model_validate(content)
    except ValidationError as error:
        # A misspelt field is unknown and missing at once: the first says what is meant.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise ImportsError(f"{file.name}: {_say(first)}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ImportsError(f"{file.name} cannot be read: {' '.join(str(error).split())}") from error


def _say(error: ErrorDetails) -> str:
    """`operators.cnpg.vesion: unknown field (did you mean 'version'?)`."""
    place = ".".join(map(str, error["loc"])) or "(top)"
    if error["type"] == "extra_forbidden":
        known = {1: Pins, 2: Kubernetes, 3: Operator, 4: Release}[len(error["loc"])]
        return f"{place}: unknown field{nearest(error['loc'][-1], known.model_fields)}"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"
