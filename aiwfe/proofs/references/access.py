"""Namespaces, and the roles and subjects of bindings."""

from __future__ import annotations

from collections.abc import Iterator

from aiwfe.dist import Environment
from aiwfe.errors import nearest
from aiwfe.findings import Finding, Rule
from aiwfe.objects import Object, mappings, text
from aiwfe.proofs.references import operators

NAMESPACE = Rule("references/namespace", "The namespace that an object lies in is an object of its environment.")
ROLE = Rule("references/role", "The Role or ClusterRole that a binding grants exists.")
SUBJECT = Rule("references/subject", "A ServiceAccount that a binding grants something to exists.")

RULES = (NAMESPACE, ROLE, SUBJECT)


def find(environment: Environment) -> Iterator[Finding]:
    """Namespaces and bindings that lead nowhere."""
    namespaces = {*operators.NAMESPACES, *environment.names("Namespace", "")}
    for item in environment.objects:
        if item.namespace and item.namespace not in namespaces:
            yield NAMESPACE(
                item,
                f"lies in namespace {item.namespace!r}, which does not exist{nearest(item.namespace, namespaces)}",
                "add the Namespace, or correct metadata.namespace",
            )
    accounts = operators.service_accounts_of(environment)
    for item in environment.of_kind("RoleBinding", "ClusterRoleBinding"):
        yield from _role(item, environment)
        yield from _subjects(item, accounts)


def _role(item: Object, environment: Environment) -> Iterator[Finding]:
    kind, name = text(item.body, "roleRef", "kind"), text(item.body, "roleRef", "name")
    namespace = item.namespace if kind == "Role" else ""
    built_in = kind == "ClusterRole" and (name in operators.CLUSTER_ROLES or name.startswith("system:"))
    if not built_in and not environment.get(kind, namespace, name):
        yield ROLE(
            item,
            f"grants {kind} {name!r}, which does not exist{nearest(name, environment.names(kind, namespace))}",
            "add the role, or correct roleRef",
        )


def _subjects(item: Object, accounts: set[tuple[str, str]]) -> Iterator[Finding]:
    for subject in mappings(item.body, "subjects"):
        namespace, name = text(subject, "namespace"), text(subject, "name")
        if text(subject, "kind") != "ServiceAccount" or name == "default":
            continue
        if namespace in operators.CHART_NAMESPACES and (namespace, name) not in accounts:
            continue  # made by a pinned chart
        if (namespace, name) not in accounts:
            others = [other for place, other in accounts if place == namespace]
            yield SUBJECT(
                item,
                f"grants to ServiceAccount {name!r} in {namespace or 'no namespace'}, which does not exist"
                f"{nearest(name, others)}",
                "add the ServiceAccount, or correct the subject",
            )
