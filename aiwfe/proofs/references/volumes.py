"""Volumes, claims and storage classes."""

from __future__ import annotations

from collections.abc import Iterator

from aiwfe.dist import Environment
from aiwfe.errors import nearest
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Body, Object, PodTemplate, mappings, text
from aiwfe.proofs.references import operators

VOLUME = Rule("references/volume", "A volume that a container mounts is a volume of its pod, or a claim template.")
CLAIM = Rule("references/claim", "A PersistentVolumeClaim that a pod mounts exists in its namespace.")
STORAGE_CLASS = Rule("references/storage-class", "The StorageClass of a claim exists, here or at the provider.")

RULES = (VOLUME, CLAIM, STORAGE_CLASS)


def find(environment: Environment) -> Iterator[Finding]:
    """Volumes, claims and classes that do not exist."""
    for pod in environment.pods:
        yield from _mounts(pod)
        yield from _claims(pod, environment)
        for template in _claim_templates(pod.owner):
            yield from _storage_class(pod.owner, template, environment)
    for item in environment.of_kind("PersistentVolumeClaim"):
        yield from _storage_class(item, item.body, environment)


def _claim_templates(owner: Object) -> list[Body]:
    return mappings(owner.body, "spec", "volumeClaimTemplates") if owner.kind == "StatefulSet" else []


def _mounts(pod: PodTemplate) -> Iterator[Finding]:
    volumes = {text(volume, "name") for volume in mappings(pod.spec, "volumes")}
    volumes |= {text(template, "metadata", "name") for template in _claim_templates(pod.owner)}
    for container in pod.all_containers:
        for mount in [*mappings(container, "volumeMounts"), *mappings(container, "volumeDevices")]:
            name = text(mount, "name")
            if name not in volumes:
                yield VOLUME(
                    pod.owner,
                    f"container {text(container, 'name')} mounts volume {name!r}, which the pod does not have"
                    f"{nearest(name, volumes)}",
                    "add the volume, or correct the mount",
                )


def _claims(pod: PodTemplate, environment: Environment) -> Iterator[Finding]:
    for volume in mappings(pod.spec, "volumes"):
        name = text(volume, "persistentVolumeClaim", "claimName")
        if name and not environment.get("PersistentVolumeClaim", pod.namespace, name):
            yield CLAIM(
                pod.owner,
                f"volume {text(volume, 'name')} names claim {name!r}, which is not in {pod.namespace}"
                f"{nearest(name, environment.names('PersistentVolumeClaim', pod.namespace))}",
                "add the PersistentVolumeClaim, or correct claimName",
            )


def _storage_class(owner: Object, claim: Body, environment: Environment) -> Iterator[Finding]:
    name = text(claim, "spec", "storageClassName")
    if name and name not in operators.STORAGE_CLASSES and not environment.get("StorageClass", "", name):
        known = [*operators.STORAGE_CLASSES, *environment.names("StorageClass", "")]
        yield STORAGE_CLASS(
            owner,
            f"claims storage of class {name!r}, which neither dist/ nor the provider has{nearest(name, known)}",
            f"use one of {', '.join(sorted(known))}",
        )
