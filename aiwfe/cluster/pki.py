"""The box's own certificate authority, the certificates of its components, and their kubeconfigs."""

from __future__ import annotations

import json
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

# Names that the API server answers to; 10.96.0.1 is the Service `kubernetes`.
_API_SERVER = (
    "127.0.0.1", "10.96.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)  # fmt: skip

ADMIN = "admin"
# Component -> (CN, O): the user and the group that the API server sees. system:masters may do everything.
USERS = {
    ADMIN: ("aiwfe-admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", "aiwfe"),
    "scheduler": ("system:kube-scheduler", "aiwfe"),
    "kwok": ("kwok", "system:masters"),
    "argocd": ("argocd", "system:masters"),  # as its chart's ClusterRole: all of the cluster
    "rollouts": ("argo-rollouts", "system:masters"),
}


def create(folder: Path, git_host: str) -> None:
    """Writes ca.crt, <component>.crt and .key, and the key pair that ServiceAccount tokens are signed with."""
    folder.mkdir(parents=True, mode=0o700)  # whoever reads the keys may do everything
    authority = trustme.CA(organization_name="aiwfe cluster in a box")
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    authority.private_key_pem.write_to_path(str(folder / "ca.key"))
    _write(folder, "apiserver", authority.issue_cert(*_API_SERVER, common_name="kube-apiserver"))
    _write(folder, "git", authority.issue_cert(git_host))
    for user, (name, group) in USERS.items():
        # A name, though nobody asks for it: Go refuses a certificate that has an empty list of names.
        certificate = authority.issue_cert(f"{user}.box", common_name=name, organization_name=group)
        _write(folder, user, certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "sa.key").write_bytes(private)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "sa.pub").write_bytes(public)


def kubeconfig(pki: Path, user: str, server: str, namespace: str = "default") -> str:
    """A kubeconfig of a component (JSON, which is YAML), for the API server at `server`."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "box",
            "clusters": [{"name": "box", "cluster": {"server": server, "certificate-authority": str(pki / "ca.crt")}}],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate": str(pki / f"{user}.crt"),
                        "client-key": str(pki / f"{user}.key"),
                    },
                }
            ],
            "contexts": [{"name": "box", "context": {"cluster": "box", "user": user, "namespace": namespace}}],
        },
        indent=1,
    )


def _write(folder: Path, name: str, certificate: trustme.LeafCert) -> None:
    certificate.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    (folder / f"{name}.crt").write_bytes(chain)
