"""Argo CD and Argo Rollouts, as they are installed in a cluster, but for their own Pods and Services."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from aiwfe.cluster.processes import Program
from aiwfe.cluster.repository import Repository
from aiwfe.objects import Body, mapping, text

NAMESPACE = "gitops"  # spec §4.1: Argo CD and deployment tools
REDIS, REPO_SERVER, CONTROLLER, APPLICATION_SETS, ROLLOUTS = (
    "redis",
    "argocd-repo-server",
    "argocd-application-controller",
    "argocd-applicationset-controller",
    "argo-rollouts",
)

# Of the argo-cd module: its own configuration, and what its image has on the PATH.
CONFIGURATION = "manifests/base/config"
WRAPPERS = ("hack/git-verify-wrapper.sh", "hack/gpg-wrapper.sh")

# Since Argo CD 1.8 an Application has no health of its own, and waves of Applications would not wait for each other.
# Its resources' health is not enough: one that is not there yet has none, and so a half-synced Application is Healthy.
# The root Application is among what it syncs, and must not wait for itself.
APPLICATION_HEALTH = """\
if obj.metadata.name == "aiwfe" then
  return {status = "Healthy", message = ""}
end
hs = {status = "Progressing", message = "not looked at yet"}
if obj.status == nil or obj.status.health == nil or obj.status.health.status == nil then
  return hs
end
if obj.status.operationState ~= nil and obj.status.operationState.phase == "Running" then
  hs.message = "a sync is running"
  return hs
end
policy = obj.spec.syncPolicy
if policy ~= nil and policy.automated ~= nil and obj.status.sync.status ~= "Synced" then
  hs.message = "not synced yet"
  return hs
end
if obj.status.health.status == "Missing" then
  hs.message = "waiting for the first sync"
  return hs
end
hs.status = obj.status.health.status
hs.message = obj.status.health.message or ""
return hs
"""


def configuration(module: Path, repository: Repository, ports: Mapping[str, int]) -> Iterator[Body]:
    """Argo CD's ConfigMaps and Secrets: upstream's, quicker to look, and told where the repository is."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    for path in sorted((module / CONFIGURATION).glob("argocd-*.yaml")):
        body: Body = yaml.safe_load(path.read_text(encoding="utf-8"))
        if text(body, "metadata", "name") == "argocd-cm":
            body["data"] = {
                **mapping(body, "data"),
                "timeout.reconciliation": "5s",
                "timeout.reconciliation.jitter": "0s",
                "application.resourceTrackingMethod": "annotation",
                "resource.customizations.health.argoproj.io_Application": APPLICATION_HEALTH,
            }
        if text(body, "metadata", "name") == "argocd-secret":
            body["stringData"] = {"server.secretkey": "of no use: there is no server"}
        yield body
    yield {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "platform-repository", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
        "stringData": {"type": "git", "url": repository.url, "proxy": f"http://127.0.0.1:{ports['git']}"},
    }


def prepare(folder: Path, module: Path, repository: Repository, authority: Path) -> None:
    """The folders that Argo CD expects, with the certificate that it trusts for the repository's host."""
    for name in ("tls", "ssh", "gpg", "tmp", "home", "bin"):
        (folder / "argocd" / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(authority, folder / "argocd" / "tls" / repository.host)
    (folder / "argocd" / "ssh" / "ssh_known_hosts").touch()
    for wrapper in WRAPPERS:
        target = folder / "argocd" / "bin" / Path(wrapper).name
        shutil.copyfile(module / wrapper, target)
        target.chmod(0o755)


def redis(binary: Path, ports: Mapping[str, int]) -> Program:
    """Argo CD's cache."""
    return Program(REDIS, (binary, f"--addr=127.0.0.1:{ports['redis']}"))


def argocd(binary: Path, folder: Path, ports: Mapping[str, int], path: str) -> list[Program]:
    """The repository server, the application controller and the ApplicationSet controller: one binary, three names."""
    place, repo_server = folder / "argocd", f"127.0.0.1:{ports['repo-server']}"
    environment = {
        "PATH": f"{place / 'bin'}:{path}",
        "KUBECONFIG": str(folder / "kubeconfigs" / "argocd"),
        "HOME": str(place / "home"),
        "TMPDIR": str(place / "tmp"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_TLS_DATA_PATH": str(place / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(place / "ssh"),
        "ARGOCD_GPG_DATA_PATH": str(place / "gpg"),
        "ARGOCD_GNUPGHOME": str(place / "gpg"),
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_SYNC_WAVE_DELAY": "1",
    }
    commands = {
        REPO_SERVER: (
            "--address=127.0.0.1",
            f"--port={ports['repo-server']}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={ports['repo-server-metrics']}",
            "--revision-cache-expiration=1s",
            f"--redis=127.0.0.1:{ports['redis']}",
        ),
        CONTROLLER: (
            f"--namespace={NAMESPACE}",
            f"--redis=127.0.0.1:{ports['redis']}",
            f"--repo-server={repo_server}",
            f"--metrics-port={ports['controller-metrics']}",
            "--app-resync=5",
            "--app-resync-jitter=0",
            "--self-heal-timeout-seconds=1",
            "--self-heal-backoff-timeout-seconds=0",
        ),
        APPLICATION_SETS: (
            f"--namespace={NAMESPACE}",
            f"--argocd-repo-server={repo_server}",
            f"--metrics-addr=127.0.0.1:{ports['application-sets-metrics']}",
            f"--probe-addr=127.0.0.1:{ports['application-sets-probe']}",
            f"--webhook-addr=127.0.0.1:{ports['application-sets-webhook']}",
        ),
    }
    return [
        Program(name, (binary, *options), {**environment, "ARGOCD_BINARY_NAME": name})
        for name, options in commands.items()
    ]


def rollouts(binary: Path, folder: Path, ports: Mapping[str, int]) -> Program:
    """The Rollouts controller, for all namespaces."""
    return Program(
        ROLLOUTS,
        (
            binary,
            f"--kubeconfig={folder / 'kubeconfigs' / 'rollouts'}",
            f"--namespace={NAMESPACE}",
            "--leader-elect=false",
            f"--metricsPort={ports['rollouts-metrics']}",
            f"--healthzPort={ports['rollouts-health']}",
        ),
    )
