"""What one component may know of another: its name, its namespace and its ports, spelled once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from charts.platform.namespaces import Namespace


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

    def address(self, port: str) -> str:
        """`host:port`, as gRPC clients take it."""
        return f"{self.host}:{self.ports[port]}"

    def url(self, port: str) -> str:
        """`http://host:port`; the mesh encrypts it (spec §2.1, mTLS)."""
        return f"http://{self.address(port)}"
