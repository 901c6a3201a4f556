"""The schema of `envs/*.yaml`: every field with its unit, its limits, and the rules between fields.

Sizes are production's unless an environment says otherwise: each component declares its own in charts/, and `services`
here changes them by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from imports.manifest import caller
from imports.spelling import nearest

from .quantities import Channel, Cpu, Digest, Domain, Duration, Email, Name, Registry, Repository, Size, Tag, days

Where = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend in one file: `envs/dev.yaml:12: services.chat.cpu: '1000m' is 1 cores: write 1`."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.field}: {self.message}"
            if self.field
            else f"{self.file}:{self.line}: {self.message}"
        )


class InputError(ValueError):
    """Everything wrong with the files of envs/, a line each."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(frozen=True)
class Source:
    """The file that a model was read from, the line of each of its fields, and plain scalars as they are written."""

    file: str = "(not from a file)"
    lines: Mapping[Where, int] = field(default_factory=dict[Where, int])
    written: Mapping[Where, str] = field(default_factory=dict[Where, str])

    def mistake(self, where: Where, message: str) -> Mistake:
        """A mistake at `where`, or at the closest field above it that the file holds."""
        known = next((where[:end] for end in range(len(where), 0, -1) if where[:end] in self.lines), ())
        return Mistake(self.file, self.lines.get(known, 1), dotted(where), message)


def dotted(where: Where) -> str:
    """`services.chat.cpu`, `zones[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")


class Model(BaseModel):
    """Frozen, no unknown fields, nothing converted in silence (`"3"` is no number)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class ServiceSize(Model):
    """How one service differs here from the size that its component declares."""

    replicas: Annotated[int, Field(ge=1, le=50)] | None = None
    """Pods; where an autoscaler has the service, its minimum."""
    max_replicas: Annotated[int, Field(ge=1, le=50)] | None = None
    """Pods, the autoscaler's maximum; only for a service that has one (spec §4.2)."""
    cpu: Cpu | None = None
    """Cores or millicores that each pod's own container requests."""
    memory: Size | None = None
    """Memory that each pod's own container requests, and its limit."""

    @model_validator(mode="after")
    def _minimum_below_maximum(self) -> Self:
        if self.replicas and self.max_replicas and self.replicas > self.max_replicas:
            raise ValueError(f"replicas: {self.replicas} is above max_replicas: {self.max_replicas}")
        return self


class Storage(Model):
    """Volumes."""

    class_name: Name
    """StorageClass of every volume: expandable, and bound when the pod is placed."""
    models: Size
    """Volume of each Ollama pod; it holds every model that the environment declares."""
    postgres: Size
    """Data volume of each PostgreSQL instance; it can grow, never shrink."""
    postgres_wal: Size
    """Write-ahead log of each PostgreSQL instance, on a volume of its own; it can grow, never shrink."""


class Gpus(Model):
    """NVIDIA GPUs (spec §4.2: two at the most)."""

    per_replica: Annotated[int, Field(ge=0, le=2)]
    """GPUs of each Ollama pod; 0 runs models on the CPU."""


class Retention(Model):
    """How long data is kept. Nothing reads it until the components that keep the data are rendered."""

    backups: Duration
    """Base backups and snapshots (spec §9.1: 30 days); read by PostgreSQL's backups and Velero, once they are there."""
    logs: Duration
    """Log lines (spec §7.2); read by Loki, once it is there."""
    metrics: Duration
    """Samples (spec §7.1); read by Prometheus, once it is there."""
    traces: Duration
    """Spans (spec §7.2); read by Jaeger, once it is there."""


class Notifications(Model):
    """Where people hear of deliveries and alerts. Nothing reads it until the components that tell them are rendered."""

    slack_channel: Channel
    """Deliveries and warnings; starts with #; read by Argo CD's notifications and Alertmanager, once they are there."""
    email: Email
    """The team that owns the environment; read by the issuer (Let's Encrypt writes there), once it is there."""
    pager: bool
    """Whether critical alerts wake somebody; read by Alertmanager, once it is there."""


class Environment(Model):
    """One cluster: `envs/<name>.yaml`."""

    domain: Domain
    """The web user interface's host, of this environment alone; the API is `api.` below it."""
    repository: Repository
    """The Git repository that Argo CD syncs dist/ from (spec §6.1)."""
    registry: Registry
    """Registry and folder of the platform's own images."""
    exposure: Literal["public", "internal"]
    """Whether the ingress gateway has an address on the internet; read by the ingress, once it is there."""
    quota: Literal["spec", "fit"]
    """`spec`: the quotas of spec §4.2 to the letter. `fit`: quotas that hold what the autoscalers may ask for."""
    zones: Annotated[tuple[str, ...], Field(min_length=1, max_length=6, strict=False)]
    """Availability zones of the cluster's nodes."""
    log_level: Literal["debug", "info", "warn", "error"]
    """What the platform's own services log at the least."""
    gpus: Gpus
    storage: Storage
    retention: Retention
    notifications: Notifications
    services: Mapping[str, ServiceSize] = {}
    """By service: where its size differs from the one that its component declares."""

    _name: str = PrivateAttr(default="")
    _images: Images = PrivateAttr()
    _source: Source = PrivateAttr(default_factory=Source)

    @property
    def name(self) -> str:
        """The file's name: dev, staging, production."""
        return self._name

    @property
    def images(self) -> Images:
        """Every image, the same in all environments."""
        return self._images

    def mistake(self, *where: str | int, message: str) -> InputError:
        """The error of a field that only a component could judge, with its file and line."""
        return InputError([self._source.mistake(where, message)])

    def attach(self, name: str, images: Images, source: Source) -> Self:
        """Name the environment and give it its images and its file."""
        self._name, self._images, self._source = name, images, source
        return self

    @model_validator(mode="after")
    def _zones_differ(self) -> Self:
        if len(set(self.zones)) < len(self.zones):
            raise ValueError("zones: each zone once")
        return self

    @model_validator(mode="after")
    def _public_is_kept_safe(self) -> Self:
        if self.exposure == "public" and len(self.zones) < 2:
            raise ValueError(
                "zones: a public environment runs in two zones at the least; add one, or exposure: internal"
            )
        if self.exposure == "public" and days(self.retention.backups) < 30:
            raise ValueError(
                f"retention.backups: {self.retention.backups} is under the 30d of spec §9.1 for a public environment"
            )
        return self

    @model_validator(mode="after")
    def _pager_needs_people(self) -> Self:
        if self.exposure == "public" and not self.notifications.pager:
            raise ValueError("notifications.pager: a public environment wakes somebody; write true")
        return self


class Image(Model):
    """One image."""

    tag: Tag
    """The release; for a person to read, and what runs while no digest is known."""
    digest: Digest | None = None
    """What runs, once looked up; never made up."""
    repository: Registry | None = None
    """Registry and name; only for images that are not our own."""

    def reference(self, repository: str) -> str:
        """`registry/name:tag@sha256:...`: with both, the tag is a comment and the digest decides."""
        return f"{repository}:{self.tag}" + (f"@{self.digest}" if self.digest else "")


class Images(Model):
    """`envs/images.yaml`: every image once, for all environments."""

    release: Tag
    """The tag of our own images: one repository builds them and releases them together."""
    own: Mapping[str, Image] = {}
    """By service: an image that runs another release, or whose digest is known."""
    upstream: Mapping[str, Image]
    """By name: images that others build."""

    _source: Source = PrivateAttr(default_factory=Source)
    _used: set[Where] = PrivateAttr(default_factory=set[Where])

    def of_service(self, service: str, registry: str) -> str:
        """The reference of one of our own images."""
        self._used.add(("own", service))
        return self.own.get(service, Image(tag=self.release)).reference(f"{registry}/{service}")

    def of_upstream(self, name: str) -> str:
        """The reference of an image that others build. Raises InputError where images.yaml has none of that name."""
        image = self.upstream.get(name)
        if not image:
            raise self.mistake(
                "upstream", name, message=f"missing, and {caller()} runs it{nearest(name, self.upstream)}"
            )
        self._used.add(("upstream", name))
        return image.reference(str(image.repository))

    def unused(self) -> list[Mistake]:
        """Entries that no component has asked for; for when every environment is rendered."""
        entries = [*(("own", name) for name in self.own), *(("upstream", name) for name in self.upstream)]
        return [
            self._source.mistake(where, "no component runs this image: remove it")
            for where in entries
            if where not in self._used
        ]

    def mistake(self, *where: str | int, message: str) -> InputError:
        """The error of an entry that only a component could judge, with its file and line."""
        return InputError([self._source.mistake(where, message)])

    def attach(self, source: Source) -> Self:
        """Give the images their file."""
        self._source = source
        return self

    @model_validator(mode="after")
    def _repositories(self) -> Self:
        for name, image in self.upstream.items():
            if not image.repository:
                raise ValueError(f"upstream.{name}: required field 'repository' is missing")
        for name, image in self.own.items():
            if image.repository:
                raise ValueError(
                    f"own.{name}.repository: our own images come from each environment's registry; remove it"
                )
        return self
