"""Hostile input: a field of any type is a finding of the schema proof, and never a traceback of another one."""

from __future__ import annotations

import copy
from typing import Any, cast

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aiwfe.dist import APPLICATIONS, Environment, File, Platform
from aiwfe.objects import Body, Object, text, walk
from aiwfe.proofs import PROOFS, all_rules
from tests.proofs.cases import Files, read_cases

PURE = [proof for proof in PROOFS if proof.name != "schema"]
"""The proofs that read fields; schema gives the text to kubeconform."""

HOSTILE: list[Any] = [None, "", "x", "/", "9e999", -1, 10**20, 1.5, True, [], [None], ["x"], [{}], {}, {"x": None}]
IDENTITY = {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")}
"""What aiwfe.dist has made sure of before any proof sees an object."""

Documents = list[tuple[str, Body]]
Path = tuple[str | int, ...]


def documents(files: Files) -> Documents:
    return [
        (file, body)
        for file, content in files.items()
        for body in yaml.load_all(content, Loader=yaml.CSafeLoader)
        if body and file.split("/")[2] in APPLICATIONS
    ]


DISTS = [documents(case.reject) for case in read_cases()]


FIELDS: list[tuple[Documents, int, Path]] = [
    (documents, index, path)
    for documents in DISTS
    for index, (_, body) in enumerate(documents)
    for path, _ in walk(body)
    if path and path not in IDENTITY
]
"""Every field of every document of the cases: the documents, which of them it is, and the path in it."""


def put(documents: Documents, index: int, path: Path, value: Any) -> Documents:
    """The documents with another value in one field of one of them."""
    changed = copy.deepcopy(documents)
    at = cast(Any, changed[index][1])
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def platform_of(documents: Documents) -> Platform:
    """Two environments that hold the documents, as aiwfe.dist reads them."""
    made = [_environment(name, documents) for name in ("dev", "production")]
    return Platform(tuple(made), made[1])


def _environment(name: str, documents: Documents) -> Environment:
    files: list[File] = []
    for path, body in documents:
        application = path.split("/")[2]
        version, kind, called = text(body, "apiVersion"), text(body, "kind"), text(body, "metadata", "name")
        namespace = text(body, "metadata", "namespace")
        item = Object(body, name, application, "chat", path, 1, 1, version, kind, namespace, called)
        files.append(File(path, name, application, "chat", "", (item,)))
    return Environment(name, tuple(files))


@given(field=st.sampled_from(FIELDS), value=st.sampled_from(HOSTILE))
@settings(max_examples=200, deadline=None)
def test_no_value_of_a_field_breaks_a_proof(field: tuple[Documents, int, Path], value: Any) -> None:
    platform = platform_of(put(*field, value))
    for proof in PURE:
        for finding in proof.find(platform):
            assert finding.severity == all_rules()[finding.rule].severity
            assert finding.why
            assert finding.fix
