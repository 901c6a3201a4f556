"""An etcd that holds every CRD already, kept for the next box: applying and establishing them takes half a minute."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from aiwfe.cluster import control_plane, crds, pki
from aiwfe.cluster.kubectl import Kubectl
from aiwfe.cluster.processes import Processes
from aiwfe.cluster.waiting import until
from aiwfe.objects import at, text

_LAYOUT = "1"  # raise it where the way in which a base is made changes


def base(cache: Path, tools: Mapping[str, Path], ports: Mapping[str, int], say: Callable[[str], None]) -> Path:
    """The folder with `etcd`, kept in `cache` under a hash of what is in it; made where it is not there."""
    objects = crds.crds()
    content = json.dumps(objects, sort_keys=True)
    version = tools[control_plane.API_SERVER].parent.name  # the hash of the pinned module that it was built from
    key = hashlib.sha256(f"{_LAYOUT} {version} {content}".encode()).hexdigest()[:16]
    folder = cache / f"base-{key}"
    if not folder.is_dir():
        say(f"{len(objects)} CRDs into a new etcd (once)")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".base-") as scratch:
            _make(Path(scratch), tools, ports, content, len(objects))
            with suppress(OSError):  # another box was faster
                (Path(scratch) / "kept").rename(folder)
    return folder


def clear(cache: Path) -> bool:
    """Ends and removes what a command left that was killed while it made a base; returns whether there was any."""
    left = list(cache.glob(".base-*"))
    for folder in left:
        processes = Processes(folder)
        processes.kill(*processes.known())
        shutil.rmtree(folder, ignore_errors=True)
    return bool(left)


def _make(folder: Path, tools: Mapping[str, Path], ports: Mapping[str, int], content: str, count: int) -> None:
    processes = Processes(folder)
    pki.create(folder / "pki", "localhost")
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(pki.kubeconfig(folder / "pki", pki.ADMIN, f"https://127.0.0.1:{ports['api']}"))
    kubectl = Kubectl(tools["kubectl"], kubeconfig)
    try:
        processes.start(control_plane.etcd(tools["etcd"], folder, ports))
        processes.start(control_plane.api_server(tools[control_plane.API_SERVER], folder, ports))
        until(
            "the API server",
            lambda: control_plane.unready(folder, ports["api"]),
            limit=60,
            alive=processes.all_must_live,
        )
        kubectl.apply_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": json.loads(content)}))
        until("the CRDs to be established", lambda: _waiting(kubectl, count), limit=120)
    finally:
        processes.stop(control_plane.API_SERVER)
        processes.stop(control_plane.ETCD)
    (folder / "kept").mkdir()
    shutil.move(folder / "etcd", folder / "kept" / "etcd")


def _waiting(kubectl: Kubectl, count: int) -> str:
    found = kubectl.list("customresourcedefinitions")
    ready = [
        crd
        for crd in found
        if any(
            text(one, "type") == "Established" and one["status"] == "True"
            for one in at(crd, "status", "conditions") or ()
        )
    ]
    names = [text(crd, "metadata", "name") for crd in found if crd not in ready]
    return "" if len(ready) >= count else f"{len(ready)} of {count} are; not {', '.join(names[:3]) or 'there yet'}"
