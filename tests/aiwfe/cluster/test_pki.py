"""Each component is who the API server must take it for, and one authority vouches for all."""

from __future__ import annotations

import datetime as dt
import json
import stat
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID

from aiwfe.cluster import pki

SERVERS = ("apiserver", "git")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("box") / "pki"
    pki.create(made, "git.example.org")
    return made


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates((folder / f"{name}.crt").read_bytes())[0]


def names(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> list[str | bytes]:
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(kind)]


def public(key: object) -> bytes:
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("user", pki.USERS)
def test_a_user_is_its_common_name_and_its_group_the_organization(user: str, folder: Path) -> None:
    seen = certificate(folder, user)
    assert (*names(seen, NameOID.COMMON_NAME), *names(seen, NameOID.ORGANIZATION_NAME)) == pki.USERS[user]


def test_only_those_may_do_everything_that_may_in_a_cluster() -> None:
    masters = [user for user, (_, group) in pki.USERS.items() if group == "system:masters"]
    assert masters == ["admin", "kwok", "argocd", "rollouts"]


def test_the_api_server_and_the_repository_answer_to_their_names(folder: Path) -> None:
    api, git = (
        certificate(folder, name).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        for name in SERVERS
    )
    assert git.get_values_for_type(x509.DNSName) == ["git.example.org"]
    assert set(api.get_values_for_type(x509.IPAddress)) == {ip_address("127.0.0.1"), ip_address("10.96.0.1")}
    assert {"localhost", "kubernetes.default.svc"} <= set(api.get_values_for_type(x509.DNSName))


@pytest.mark.parametrize("name", [*SERVERS, *pki.USERS])
def test_every_certificate_is_of_the_authority_and_of_its_key_and_valid_now(name: str, folder: Path) -> None:
    seen = certificate(folder, name)
    seen.verify_directly_issued_by(certificate(folder, "ca"))
    key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert public(key.public_key()) == public(seen.public_key())
    assert seen.not_valid_before_utc <= dt.datetime.now(tz=dt.UTC) < seen.not_valid_after_utc


def test_the_authority_can_sign_what_the_controllers_are_asked_to_sign(folder: Path) -> None:
    key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert public(key.public_key()) == public(certificate(folder, "ca").public_key())


def test_tokens_of_service_accounts_are_signed_and_checked_by_one_pair(folder: Path) -> None:
    private = load_pem_private_key((folder / "sa.key").read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert public(private.public_key()) == public(load_pem_public_key((folder / "sa.pub").read_bytes()))


def test_nobody_else_on_the_machine_reads_the_keys(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_kubeconfig_names_the_server_the_user_and_its_files(folder: Path) -> None:
    content = json.loads(pki.kubeconfig(folder, "argocd", "https://127.0.0.1:6443", "gitops"))
    [cluster], [user], [context] = content["clusters"], content["users"], content["contexts"]
    assert (content["kind"], content["current-context"]) == ("Config", context["name"])
    assert context["context"] == {"cluster": cluster["name"], "user": user["name"], "namespace": "gitops"}
    assert cluster["cluster"]["server"] == "https://127.0.0.1:6443"
    files = (
        cluster["cluster"]["certificate-authority"],
        user["user"]["client-certificate"],
        user["user"]["client-key"],
    )
    assert [Path(file).relative_to(folder).name for file in files] == ["ca.crt", "argocd.crt", "argocd.key"]
    assert all(Path(file).is_file() for file in files)
