"""etcd, the API server, its controllers and the scheduler, on the loopback address."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from aiwfe.cluster.processes import Program

ETCD, API_SERVER, CONTROLLERS, SCHEDULER = "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"
SERVICE_NETWORK = "10.96.0.0/16"


def etcd(binary: Path, folder: Path, ports: Mapping[str, int]) -> Program:
    """What it holds may be lost with the machine, so it does not wait for the disk."""
    client, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['etcd-peer']}"
    return Program(
        ETCD,
        (
            binary,
            "--name=box",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=box={peer}",
            "--force-new-cluster",  # a copied data folder knows the ports of the cluster that it was copied from
            "--unsafe-no-fsync=true",
            "--log-level=warn",
        ),
    )


def api_server(binary: Path, folder: Path, ports: Mapping[str, int]) -> Program:
    """The API server with its default admission: quotas, LimitRanges, Pod Security, admission policies, webhooks."""
    pki = folder / "pki"
    return Program(
        API_SERVER,
        (
            binary,
            f"--etcd-servers=http://127.0.0.1:{ports['etcd']}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",  # it refuses to write a loopback address to Endpoints
            f"--secure-port={ports['api']}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki / 'sa.pub'}",
            f"--service-account-signing-key-file={pki / 'sa.key'}",
            "--profiling=false",
        ),
    )


def controllers(binary: Path, folder: Path) -> Program:
    """The controllers, but for those that need a network or a cloud."""
    pki, kubeconfig = folder / "pki", folder / "kubeconfigs" / "controller-manager"
    return Program(
        CONTROLLERS,
        (
            binary,
            *_kubeconfigs(kubeconfig),
            f"--service-account-private-key-file={pki / 'sa.key'}",
            f"--root-ca-file={pki / 'ca.crt'}",
            "--use-service-account-credentials=true",
            f"--cluster-signing-cert-file={pki / 'ca.crt'}",
            f"--cluster-signing-key-file={pki / 'ca.key'}",
            "--controllers=*,-nodeipam,-cloud-node-lifecycle",
        ),
    )


def scheduler(binary: Path, folder: Path) -> Program:
    """The scheduler with its default plugins."""
    return Program(SCHEDULER, (binary, *_kubeconfigs(folder / "kubeconfigs" / "scheduler")))


def _kubeconfigs(kubeconfig: Path) -> tuple[str, ...]:
    names = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    options = tuple(f"--{name}={kubeconfig}" for name in names)
    return (*options, "--bind-address=127.0.0.1", "--secure-port=0", "--leader-elect=false")


def unready(folder: Path, port: int) -> str:
    """Why the API server is not ready, empty where it is."""
    pki = folder / "pki"
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    # Not through the caller's proxy, which could not reach this machine's loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(f"https://127.0.0.1:{port}/readyz", timeout=5):
            return ""
    except urllib.error.HTTPError as error:
        failed = [line for line in error.read().decode(errors="replace").splitlines() if line.startswith("[-]")]
        return "; ".join(failed) or str(error)
    except OSError as error:
        return str(error)
