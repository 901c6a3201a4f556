"""What is fetched is what pins.yaml says: by the sum of a Go module, or by what a CRD file says to the API server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imports.generator import ImportsError, sources
from imports.generator.pins import GoModule, Operator
from imports.generator.sources import crd_files, documents, go_module
from tests.imports import upstream

PIN = GoModule(go="example.org/operator", version="v1.0.0", sum="h1:right=")


def checksum(text: str) -> str:
    return sources.checksum(text, "test")


def files_of(*, local: Path | None = None, **fields: Any) -> list[str]:
    """The CRD files of an operator that is served as files, read as the generator does."""
    pinned = {"databases.yaml": checksum(upstream.DATABASE)}
    operator = Operator.model_validate(
        {"version": "v1.0.0", "files": pinned, "kinds": {"example.org/v1": ["Database"]}, **fields}
    )
    return list(crd_files(operator, local))


def refused(**fields: Any) -> str:
    with pytest.raises(ImportsError) as error:
        files_of(**fields)
    return str(error.value)


ADDRESS = "https://example.org/{version}"


def test_a_local_folder_stands_in_for_the_address(tmp_path: Path) -> None:
    (tmp_path / "databases.yaml").write_text(upstream.DATABASE)
    assert files_of(local=tmp_path, address=ADDRESS) == [upstream.DATABASE]


def test_the_address_has_the_version(tmp_path: Path) -> None:
    (tmp_path / "v1.0.0").mkdir()
    (tmp_path / "v1.0.0" / "databases.yaml").write_text(upstream.DATABASE)
    assert files_of(address=f"file://{tmp_path}/{{version}}") == [upstream.DATABASE]


def test_another_checksum_names_both(tmp_path: Path) -> None:
    other = upstream.DATABASE.replace("replicas", "instances")
    (tmp_path / "databases.yaml").write_text(other)
    said = f"the checksum is {checksum(other)}, pins.yaml says {checksum(upstream.DATABASE)}"
    assert refused(local=tmp_path, address=ADDRESS) == f"{tmp_path}/databases.yaml: {said}"
    assert refused(address=f"file://{tmp_path}") == f"file://{tmp_path}/databases.yaml: {said}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    said = f"{tmp_path}/databases.yaml cannot be read: No such file or directory"
    assert refused(local=tmp_path, address=ADDRESS) == said


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "databases.yaml").write_bytes(b"\x1f\x8b\xff")
    assert refused(local=tmp_path, address=ADDRESS).startswith(f"{tmp_path}/databases.yaml cannot be read: 'utf-8'")
    assert "no answer from" in refused(address=f"file://{tmp_path}")


@pytest.mark.parametrize("address", ["file:///nowhere/{version}", "example.org/{version}"])
def test_an_address_that_does_not_answer_says_what_to_do(address: str) -> None:
    said = refused(address=address)
    assert said.startswith(f"no answer from {address.replace('{version}', 'v1.0.0')}/databases.yaml (")
    assert said.endswith("; --crds FOLDER takes a local copy")


@pytest.mark.parametrize("text", ["<html>", "- a\n- b\n", "just words", ""])
def test_a_page_in_place_of_the_crds_is_another_checksum(text: str, tmp_path: Path) -> None:
    (tmp_path / "databases.yaml").write_text(text)
    assert "the checksum is sha256:" in refused(local=tmp_path, address=ADDRESS)


def test_what_is_not_yaml_is_named_in_one_line(tmp_path: Path) -> None:
    """A path in pins.yaml that leads to a chart's templates, say."""
    (tmp_path / "databases.yaml").write_text("{{ if .Values.crds }}\nkind: [\n")
    said = refused(local=tmp_path, address=ADDRESS)
    assert said.startswith(f"{tmp_path}/databases.yaml: not YAML: while ")
    assert "\n" not in said


def test_a_bare_equals_sign_is_text() -> None:
    """AlertmanagerConfig's CRD lists it as a choice; YAML 1.1 has another use for it."""
    assert list(documents("enum:\n- =\n- '!='\n", "test")) == [{"enum": ["=", "!="]}]


SAME: dict[str, tuple[str, str]] = {
    "descriptions": ("spec: {a: {type: string, description: Text.}}", "spec: {a: {type: string}}"),
    "comments and layout": ("# head\nspec:\n  a:\n    type: string  # text\n", "spec: {a: {type: string}}"),
    "the order of keys": ("spec: {a: 1, b: 2}", "spec: {b: 2, a: 1}"),
    "annotations": ("metadata: {annotations: {version: v0.1}}\nspec: {a: 1}", "spec: {a: 1}"),
    "empty documents": ("---\n---\nspec: {a: 1}\n---\n", "spec: {a: 1}"),
}
DIFFERENT: dict[str, tuple[str, str]] = {
    "a property that is called description": ("spec: {description: {type: string}}", "spec: {}"),
    "a type": ("spec: {a: {type: string}}", "spec: {a: {type: integer}}"),
    "the order of a list": ("spec: {enum: [a, b]}", "spec: {enum: [b, a]}"),
    "a further document": ("spec: {a: 1}", "spec: {a: 1}\n---\nspec: {a: 1}"),
    "text and number": ("spec: {a: '1'}", "spec: {a: 1}"),
}


@pytest.mark.parametrize("name", SAME)
def test_a_checksum_does_not_change_with(name: str) -> None:
    one, other = SAME[name]
    assert checksum(one) == checksum(other)


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_checksum_changes_with(name: str) -> None:
    one, other = DIFFERENT[name]
    assert checksum(one) != checksum(other)


def test_a_go_module_is_a_folder_of_the_module_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream.serve(tmp_path, monkeypatch, operator={"Dir": str(tmp_path), "Sum": PIN.sum})
    assert go_module(PIN) == tmp_path


def test_another_sum_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream.serve(tmp_path, monkeypatch, operator={"Dir": str(tmp_path), "Sum": "h1:other="})
    with pytest.raises(ImportsError) as error:
        go_module(PIN)
    assert str(error.value) == "example.org/operator@v1.0.0: the sum is h1:other=, pins.yaml says h1:right="


def test_go_says_why_it_could_not_fetch_and_which_toolchain_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.serve(tmp_path, monkeypatch, operator={"Error": "not found\n  by $GOTOOLCHAIN"})
    for toolchain in ("local", "go1.27.3"):
        with pytest.raises(ImportsError) as error:
            go_module(PIN.model_copy(update={"toolchain": toolchain}))
        assert str(error.value) == f"go could not fetch example.org/operator@v1.0.0: not found by {toolchain}"


def test_a_go_that_says_nothing_useful_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream.serve(tmp_path, monkeypatch, operator={})
    with pytest.raises(ImportsError, match=r"^go could not fetch example\.org/operator@v1\.0\.0: no answer$"):
        go_module(PIN)


def test_without_go_it_says_what_go_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportsError) as error:
        go_module(PIN)
    said = "go is not on the PATH: it fetches example.org/operator@v1.0.0 (any Go from 1.21 on will do)"
    assert str(error.value) == said


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a Go module with CRDs in several places."""
    upstream.serve(tmp_path, monkeypatch, operator={"Dir": str(tmp_path), "Sum": PIN.sum})
    for name in ("crds/b.yaml", "crds/a.yaml", "crds/notes.md", "tests/c.yaml", "empty/README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "texts"), [("crds", ["crds/a.yaml", "crds/b.yaml"]), ("crds/b.yaml", ["crds/b.yaml"])]
)
@pytest.mark.usefixtures("module")
def test_the_crds_of_a_module_are_one_file_or_one_folder_of_it(path: str, texts: list[str]) -> None:
    assert files_of(files={}, go=PIN.go, sum=PIN.sum, path=path) == texts


@pytest.mark.parametrize("path", ["empty", "nowhere"])
@pytest.mark.usefixtures("module")
def test_a_path_without_crds_is_named(path: str) -> None:
    said = refused(files={}, go=PIN.go, sum=PIN.sum, path=path)
    assert said == f"example.org/operator v1.0.0 has no YAML files in {path}"
