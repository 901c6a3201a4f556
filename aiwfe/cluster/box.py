"""One cluster in a box: a folder that holds everything of it, up and down."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aiwfe.cluster import control_plane, delivery, nodes, pki
from aiwfe.cluster.base import base, clear
from aiwfe.cluster.kubectl import Kubectl
from aiwfe.cluster.processes import Processes, Program
from aiwfe.cluster.repository import Repository
from aiwfe.cluster.waiting import ClusterError, until
from aiwfe.dist import Environment
from aiwfe.errors import BadInputError
from aiwfe.gotools import CACHE, source, tool
from aiwfe.objects import Body, at, mappings, text

BOXES = CACHE / "cluster"
_BASE = "base"  # beside the boxes: what they are copied from
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

PORTS = (
    "api", "etcd", "etcd-peer", "git", "redis", "repo-server", "repo-server-metrics", "controller-metrics",
    "application-sets-metrics", "application-sets-probe", "application-sets-webhook", "rollouts-metrics",
    "rollouts-health",
)  # fmt: skip

# Program -> the family under tools/ that it is built from, and what that calls it.
_TOOLS = {
    control_plane.ETCD: ("etcd", "server"),
    control_plane.API_SERVER: ("kube", "kube-apiserver"),
    control_plane.CONTROLLERS: ("kube", "kube-controller-manager"),
    control_plane.SCHEDULER: ("kube", "kube-scheduler"),
    "kubectl": ("kube", "kubectl"),
    nodes.KWOK: ("kwok", "kwok"),
    delivery.REDIS: ("miniredis", "miniredis"),
    "argocd": ("argocd", "cmd"),
    delivery.ROLLOUTS: ("rollouts", "rollouts-controller"),
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Box:
    """A cluster in a box, by its folder; running or not."""

    folder: Path

    @property
    def name(self) -> str:
        """What the person who started it called it."""
        return self.folder.name

    @property
    def _facts(self) -> Mapping[str, object]:
        try:
            return json.loads((self.folder / "box.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise ClusterError(f"there is no cluster {self.name}: `aiwfe cluster up` starts one") from None

    @property
    def environment(self) -> str:
        """The environment whose dist/ it was fed with."""
        return text(self._facts, "environment")

    @property
    def ports(self) -> Mapping[str, int]:
        """Its ports on the loopback address."""
        return at(self._facts, "ports")

    @property
    def repository(self) -> Repository:
        """What Argo CD syncs."""
        return Repository(self.folder / "repository.git", text(self._facts, "repository"))

    @property
    def processes(self) -> Processes:
        """Its processes."""
        return Processes(self.folder)

    @property
    def kubeconfig(self) -> Path:
        """For whoever may do everything."""
        return self.folder / "kubeconfigs" / pki.ADMIN

    @cached_property
    def kubectl(self) -> Kubectl:
        """The command, for this cluster."""
        return Kubectl(tool(*_TOOLS["kubectl"]), self.kubeconfig)

    def running(self) -> bool:
        """Whether any of its processes runs."""
        return any(self.processes.alive(name) for name in self.processes.names())

    def up(self, environment: Environment, dist: Path, say: Say) -> None:
        """Starts the cluster, with Argo CD and the repository that it syncs; nothing is synced yet.

        Raises BadInputError where dist/ is not for a cluster, and ClusterError where the box runs already or something
        does not come up: then nothing of it runs, and its logs are kept.
        """
        if self.running():
            raise ClusterError(f"the cluster {self.name} is up: `aiwfe cluster down --name {self.name}` ends it")
        url = _repository_url(environment)
        tools = build(say)
        self.down()  # what a crash left
        facts = {"environment": environment.name, "ports": _free_ports(), "repository": url}
        try:
            self._start(environment, dist, facts, tools, say)
        except (ClusterError, OSError) as error:
            self.stop()
            raise ClusterError(f"the cluster {self.name} did not come up, and nothing of it runs: {error}") from None
        except BaseException:  # a tool that is missing, or the person who waits has had enough
            self.stop()
            raise

    def _start(
        self, environment: Environment, dist: Path, facts: Mapping[str, object], tools: Mapping[str, Path], say: Say
    ) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "box.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        kept = base(BOXES / _BASE, tools, self.ports, say)
        say("copying etcd")
        shutil.copytree(kept / "etcd", self.folder / "etcd")
        self._write_files(environment, dist)
        for program in self.programs(tools):
            say(f"starting {program.name}")
            self.processes.start(program)
            if program.name == control_plane.API_SERVER:
                self.wait_for_api_server()
                self._bootstrap(environment)
        self._wait_until_ready(environment)

    def programs(self, tools: Mapping[str, Path] | None = None) -> list[Program]:
        """Its programs in the order in which they start."""
        tools = tools or build(lambda _: None)
        path = os.environ.get("PATH", "/usr/bin:/bin")
        return [
            control_plane.etcd(tools[control_plane.ETCD], self.folder, self.ports),
            control_plane.api_server(tools[control_plane.API_SERVER], self.folder, self.ports),
            control_plane.controllers(tools[control_plane.CONTROLLERS], self.folder),
            control_plane.scheduler(tools[control_plane.SCHEDULER], self.folder),
            nodes.kwok(tools[nodes.KWOK], self.folder),
            self.repository.server(self.folder / "pki", self.ports),
            delivery.redis(tools[delivery.REDIS], self.ports),
            *delivery.argocd(tools["argocd"], self.folder, self.ports, path),
            delivery.rollouts(tools[delivery.ROLLOUTS], self.folder, self.ports),
        ]

    def resume(self) -> None:
        """Starts what does not run of its programs again, after it was stopped, killed or has crashed."""
        for program in self.programs():
            self.processes.start(program)
        self.wait_for_api_server()

    def stop(self) -> None:
        """Ends every process, the API server's clients first."""
        self.processes.stop(*(name for name in self.processes.known() if name not in _CORE))
        for name in reversed(_CORE):
            self.processes.stop(name)

    def down(self) -> None:
        """Ends every process and removes the folder. Raises ClusterError where that cannot be removed."""
        self.stop()
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise ClusterError(f"{self.folder} cannot be removed: {error}") from None

    def wait_for_api_server(self) -> None:
        """Waits until the API server says that it is ready."""
        until(
            "the API server",
            lambda: control_plane.unready(self.folder, self.ports["api"]),
            limit=90,
            alive=self.processes.all_must_live,
        )

    def _write_files(self, environment: Environment, dist: Path) -> None:
        pki.create(self.folder / "pki", self.repository.host)
        (self.folder / "kubeconfigs").mkdir()
        for user in pki.USERS:
            namespace = delivery.NAMESPACE if user == "argocd" else "default"
            content = pki.kubeconfig(self.folder / "pki", user, f"https://127.0.0.1:{self.ports['api']}", namespace)
            (self.folder / "kubeconfigs" / user).write_text(content, encoding="utf-8")
        kwok = source("kwok", "sigs.k8s.io/kwok") / "kustomize" / "stage"
        classes = [item.name for item in environment.of_kind("StorageClass")]
        (self.folder / "stages.yaml").write_text(nodes.stages(kwok, classes), encoding="utf-8")
        delivery.prepare(self.folder, _argocd_module(), self.repository, self.folder / "pki" / "ca.crt")
        self.repository.create()
        self.repository.publish(dist)

    def _bootstrap(self, environment: Environment) -> None:
        """What is in a cluster before dist/: its nodes, the injector's part, and Argo CD's configuration."""
        self.kubectl.apply(nodes.nodes(environment))
        self.kubectl.apply_text((nodes.SIMULATED / "sidecar.yaml").read_text(encoding="utf-8"))
        configuration = delivery.configuration(_argocd_module(), self.repository, self.ports)
        self.kubectl.apply([next(configuration)])
        self.kubectl.apply(configuration, namespace=delivery.NAMESPACE)

    def _wait_until_ready(self, environment: Environment) -> None:
        wanted = len(list(nodes.nodes(environment)))
        until(
            "the nodes to be ready", lambda: self._unready_nodes(wanted), limit=60, alive=self.processes.all_must_live
        )
        for port in ("git", "redis", "repo-server", "application-sets-probe", "rollouts-health"):
            until(
                f"{port} to listen",
                lambda port=port: _closed(self.ports[port]),
                limit=60,
                alive=self.processes.all_must_live,
            )
        self.processes.all_must_live()  # on a port may listen who took it from one of them

    def _unready_nodes(self, wanted: int) -> str:
        ready = [node for node in self.kubectl.list("nodes") if _is(node, "Ready")]
        return "" if len(ready) >= wanted else f"{len(ready)} of {wanted} are"


_CORE = (control_plane.ETCD, control_plane.API_SERVER)
_PORT_RANGE = range(20_000, 30_000)


def build(say: Say) -> Mapping[str, Path]:
    """The binaries, built where they are not yet: minutes, once. Raises ToolMissingError where that fails."""
    return {name: tool(family, binary, say=say) for name, (family, binary) in _TOOLS.items()}


def boxes() -> list[Box]:
    """All clusters that were started and not ended, also what a crash left of one."""
    return [Box(path.parent) for path in sorted(BOXES.glob("*/box.json"))]


def named(name: str) -> Box:
    """The cluster of that name, whether it is there or not. Raises BadInputError where none can be called so."""
    if name == _BASE or not _NAME.fullmatch(name):
        raise BadInputError(f"no cluster can be called '{name}': letters, digits, '.', '_' and '-', and not '{_BASE}'")
    return Box(BOXES / name)


def clear_leftovers() -> bool:
    """Ends what a start left that was killed before its box was there; returns whether there was any."""
    return clear(BOXES / _BASE)


def _argocd_module() -> Path:
    return source("argocd", "github.com/argoproj/argo-cd/v3")


def _repository_url(environment: Environment) -> str:
    """The address in the root Application."""
    for item in environment.of_kind("Application"):
        url = text(item.body, "spec", "source", "repoURL")
        if not url.startswith("https://"):
            raise BadInputError(
                f"{item.file}:{item.line}: repoURL '{url}' is no https:// address: the box serves only those"
            )
        return url
    raise BadInputError(f"dist/{environment.name} holds no Application: there is nothing that Argo CD could sync")


def _free_ports() -> dict[str, int]:
    """A free port for each use, all held until all are found.

    Below the range from which the kernel gives ports to clients: one that dials a port of that range while nobody
    listens may be given the same port, is then connected to itself, and keeps a program that comes back from it.
    """
    held: dict[int, socket.socket] = {}
    try:
        for port in random.sample(_PORT_RANGE, len(_PORT_RANGE)):
            one = socket.socket()
            with suppress(OSError):
                one.bind(("127.0.0.1", port))
                held[port] = one
            if port not in held:
                one.close()
            if len(held) == len(PORTS):
                return dict(zip(PORTS, held, strict=True))
        raise ClusterError(f"no {len(PORTS)} ports from {_PORT_RANGE.start} to {_PORT_RANGE.stop} are free")
    finally:
        for one in held.values():
            one.close()


def _closed(port: int) -> str:
    with socket.socket() as one:
        one.settimeout(1)
        return "" if one.connect_ex(("127.0.0.1", port)) == 0 else f"port {port} is closed"


def _is(item: Body, condition: str) -> bool:
    conditions = mappings(item, "status", "conditions")
    return any(one.get("type") == condition and one.get("status") == "True" for one in conditions)
