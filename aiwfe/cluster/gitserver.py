"""Serves one Git repository over HTTPS, under whatever name it has in dist/, as a proxy that answers for that name.

Argo CD is told to reach the repository through this proxy. It answers `CONNECT <host>:443` itself, with a certificate
of the box's authority, and refuses every other host: nothing leaves the machine, and the manifests stay as they were
committed, address included.
"""

from __future__ import annotations

import argparse
import os
import ssl
import subprocess
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_SERVICE = "git-upload-pack"  # fetching; nobody pushes here


class _Repository(BaseHTTPRequestHandler):
    """Git's smart HTTP protocol, read only."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object, path: str, repository: Path) -> None:
        self._prefix = path
        self._repository = repository
        super().__init__(*arguments)  # pyright: ignore[reportArgumentType]

    def do_GET(self) -> None:
        """What refs there are."""
        url = urlsplit(self.path)
        if url.path != f"{self._prefix}/info/refs" or parse_qs(url.query).get("service") != [_SERVICE]:
            self.send_error(404)
            return
        service = f"# service={_SERVICE}\n"
        head = f"{len(service) + 4:04x}{service}0000".encode()
        if refs := self._git("--http-backend-info-refs", stdin=b""):
            self._answer(f"application/x-{_SERVICE}-advertisement", head + refs)

    def do_POST(self) -> None:
        """A pack with what the caller lacks."""
        if urlsplit(self.path).path != f"{self._prefix}/{_SERVICE}":
            self.send_error(404)
            return
        if pack := self._git(stdin=self._body()):
            self._answer(f"application/x-{_SERVICE}-result", pack)

    def _body(self) -> bytes:
        body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self._sized()
        if self.headers.get("Content-Encoding") != "gzip":
            return body
        import gzip

        return gzip.decompress(body)

    def _sized(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _git(self, *options: str, stdin: bytes) -> bytes:
        """What git answers; where it says nothing, the caller is told that it failed."""
        command = ["git", "upload-pack", "--stateless-rpc", *options, str(self._repository)]
        environment = {**os.environ, "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
        done = subprocess.run(command, input=stdin, env=environment, capture_output=True, check=False)
        if not done.stdout:
            self.log_error("git upload-pack: %s", done.stderr.decode(errors="replace").strip())
            self.send_error(500)
        return done.stdout

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Proxy(BaseHTTPRequestHandler):
    """Answers for one host, refuses all others."""

    def __init__(self, *arguments: object, host: str, context: ssl.SSLContext, behind: partial[_Repository]) -> None:
        self._host = host
        self._context = context
        self._behind = behind
        super().__init__(*arguments)  # pyright: ignore[reportArgumentType]

    def do_CONNECT(self) -> None:
        """A tunnel, whose other end is here."""
        if self.path != f"{self._host}:443":
            self.send_error(403, f"only {self._host} is here")
            return
        self.send_response(200)
        self.end_headers()
        with self._context.wrap_socket(self.connection, server_side=True) as tunnel:
            self._behind(tunnel, self.client_address, self.server)
        self.close_connection = True


def main() -> None:
    """`python -m aiwfe.cluster.gitserver`, as aiwfe/cluster/repository.py starts it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", required=True, help="the name that it answers for")
    parser.add_argument("--path", required=True, help="the repository's path below that name")
    parser.add_argument("--repository", type=Path, required=True, help="the bare repository")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    behind = partial(_Repository, path=options.path, repository=options.repository)
    proxy = partial(_Proxy, host=options.host, context=context, behind=behind)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", options.port), proxy)
    except OSError as error:
        sys.exit(f"port {options.port}: {(error.strerror or str(error)).lower()}")
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
