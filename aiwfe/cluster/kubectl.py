"""What is in the cluster, asked and told through kubectl, so that each step can be repeated by hand."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiwfe.cluster.waiting import ClusterError
from aiwfe.objects import Body, mappings

_LIMIT = 120  # seconds that one call may take


class KubectlError(ClusterError):
    """What kubectl, or the API server through it, refused."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl with the box's kubeconfig."""

    binary: Path
    kubeconfig: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What kubectl keeps goes with the box, and the caller's preferences are not its own."""
        return {**os.environ, "KUBECACHEDIR": str(self.kubeconfig.parent / "cache"), "KUBERC": "off"}

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints. Raises KubectlError with its own words where it fails."""
        try:
            done = subprocess.run(
                [str(self.binary), f"--kubeconfig={self.kubeconfig}", *arguments],
                input=stdin,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise KubectlError(f"kubectl {' '.join(arguments)} took more than {_LIMIT} s") from None
        if done.returncode:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def get(self, kind: str, name: str, namespace: str = "") -> Body:
        """One object, empty where it does not exist."""
        arguments = ["get", kind, name, "--output=json", "--ignore-not-found"]
        return json.loads(self(*arguments, *_in(namespace)) or "{}")

    def list(self, kinds: str, namespace: str = "", selector: str = "") -> list[Body]:
        """Objects of one or more kinds, of all namespaces by default."""
        where = _in(namespace) or ("--all-namespaces",)
        return mappings(json.loads(self("get", kinds, "--output=json", f"--selector={selector}", *where)), "items")

    def apply(self, objects: Iterable[Body], *, namespace: str = "") -> None:
        """Applies objects, server-side."""
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self.apply_text(content, namespace=namespace)

    def apply_text(self, content: str, *, namespace: str = "") -> None:
        """Applies a YAML or JSON text, server-side."""
        self("apply", "--server-side", "--force-conflicts", "--filename=-", *_in(namespace), stdin=content)


def _in(namespace: str) -> tuple[str, ...]:
    return (f"--namespace={namespace}",) if namespace else ()
