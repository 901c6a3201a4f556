"""What one component may know of another: its name, its namespace and its ports, spelled once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from charts.platform.namespaces import Namespace
from imports.manifest import ManifestError, caller
from imports.spelling import nearest


@dataclass(frozen=True)
class Service:
    """A component that others call, by reference: `chat.SERVICE.url("http")`."""

    name: str
    namespace: Namespace
    ports: Mapping[str, int]
    """Port by name; the name starts with the protocol, as Istio reads it (http, grpc-mcp, http-metrics)."""

    @property
    def host(self) -> str:
        """The full DNS name: short ones differ by the caller's namespace, and certificates carry this one."""
        return f"{self.name}.{self.namespace.name}.svc.cluster.local"

    def port(self, name: str) -> int:
        """The number of a port. Raises ManifestError, at the component's line, where there is none of that name."""
        if name not in self.ports:
            raise ManifestError(f"{caller()}: {self.name} has no port {name!r}{nearest(name, self.ports)}")
        return self.ports[name]

    def address(self, port: str) -> str:
        """`host:port`, as gRPC clients take it."""
        return f"{self.host}:{self.port(port)}"

    def url(self, port: str) -> str:
        """`http://host:port`; the mesh encrypts it (spec §2.1, mTLS)."""
        return f"http://{self.address(port)}"
