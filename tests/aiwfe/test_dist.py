"""A dist/ that cannot be read: each mistake is one line with file, line and what to do, and exit code 2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiwfe.dist import find_dist, load
from aiwfe.errors import BadInputError, nearest
from tests.aiwfe.dists import HEADER, OBJECT, dist, run

CHAT = "dist/dev/apps/chat.yaml"
ANEW = "run `make synth` to write it anew"
SYNTH = "run `make synth`"

# Each file is dev/apps/chat.yaml; a message starts with the line, which 1-based editors jump to.
MISTAKES = {
    "does-not-parse": (OBJECT + "data: [a\n", f":8: not YAML (did not find expected ',' or ']'): {ANEW}"),
    "no-end-of-a-quote": (OBJECT + "data: 'a\n", f":8: not YAML (found unexpected end of stream): {ANEW}"),
    "duplicate-key": (OBJECT + "data:\n  a: b\n  c: d\n  a: e\n", f":10: duplicate key 'a': {ANEW}"),
    "duplicate-key-at-the-top": (OBJECT + "kind: Secret\n", f":7: duplicate key 'kind': {ANEW}"),
    "duplicate-key-in-a-flow-mapping": (OBJECT + "data: {a: b, a: b}\n", f":7: duplicate key 'a': {ANEW}"),
    "alias": (
        OBJECT + "data: &data\n  a: b\nmore: *data\n",
        f":7: an alias stands for another part of the document: {ANEW}",
    ),
    "alias-bomb": (
        "a: &a [x, x]\n" + "".join(f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 9)}]\n" for name in "bcdefghij"),
        f":1: an alias stands for another part of the document: {ANEW}",
    ),
    "alias-to-itself": ("a: &a\n  b: *a\n", f":1: an alias stands for another part of the document: {ANEW}"),
    "merge-key": (
        OBJECT + "data:\n  <<: {a: b}\n",
        f":8: '<<' is read differently by different readers: put it in quotes if it is text: {ANEW}",
    ),
    "tab": (OBJECT + "data:\n\ta: b\n", f":8: not YAML (found character that cannot start any token): {ANEW}"),
    "control-character": (
        # Wide characters before it: libyaml counts bytes, and the line must not.
        OBJECT + "data:\n  é: 日本語\n  a: \x07\n  b: c\n", f":9: not YAML (character U+0007 is not allowed): {ANEW}"
    ),
    "not-utf-8": (OBJECT.encode() + b"data: {a: \xe9}\n", f": not UTF-8 (byte {len(OBJECT) + 10}): {ANEW}"),
    "utf-16": (OBJECT.encode("utf-16-le"), f":1: not YAML (character U+0000 is not allowed): {ANEW}"),
    "nested-deeply-in-brackets": (OBJECT + "data: " + "[" * 100_000, f":7: nested too deeply: {ANEW}"),
    "nested-deeply-in-one-line": (OBJECT + "data:\n" + "- " * 50_000 + "a\n", f":8: nested too deeply: {ANEW}"),
    "nested-deeply-in-many-lines": (
        "".join(" " * depth + "a:\n" for depth in range(500)), f":101: nested too deeply: {ANEW}"
    ),
    "tag": (OBJECT + "data: !!python/name:os.system\n", f":7: the tag 'tag:yaml.org,2002:python/name:os.system' is not read here: {ANEW}"),
    "key-is-a-number": (OBJECT + "data:\n  1: a\n", f":8: the key 1 is no text: {ANEW}"),
    "key-is-a-mapping": (OBJECT + "data:\n  ? {a: b}\n  : c\n", f":8: the key {{'a': 'b'}} is no text: {ANEW}"),
    "document-is-a-list": (OBJECT + "---\n- a\n", f":8: a document that is a list, not an object: {SYNTH}"),
    "document-is-empty": (HEADER + "---\n---\n" + OBJECT, f":3: a document that is empty, not an object: {SYNTH}"),
    "document-is-text": (HEADER + "text\n", f":2: a document that is a single value, not an object: {SYNTH}"),
    "no-kind": (OBJECT.replace("kind: ConfigMap\n", ""), f":2: a document without kind: {SYNTH}"),
    "kind-is-no-text": (OBJECT.replace("ConfigMap", "[ConfigMap]"), f":2: a document without kind: {SYNTH}"),
    "no-name": (OBJECT.replace("  name: chat\n", ""), f":2: a document without metadata.name: {SYNTH}"),
    "nothing-that-an-object-has": (
        HEADER + "a: b\n", f":2: a document without apiVersion and kind and metadata.name: {SYNTH}"
    ),
    "second-document": (OBJECT + "---\na: b\n", f":8: a document without apiVersion and kind and metadata.name: {SYNTH}"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(name: str, tmp_path: Path) -> None:
    content, message = MISTAKES[name]
    said = run("check", "stability", "--dist", dist(tmp_path, {"dev/apps/chat.yaml": content}))
    assert said == (2, "", f"aiwfe: {CHAT}{message}\n")


def test_all_mistakes_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    files = {
        "dev/apps/chat.yaml": OBJECT + "---\n- a\n---\nb\n",
        "dev/platform/namespaces.yaml": "a: b: c\n",
        "staging/apps/chat.yaml": OBJECT,
    }
    said = run("check", "--dist", dist(tmp_path, files))
    assert (said.code, said.out) == (2, "")
    assert [line.split(": ")[1] for line in said.err.splitlines()] == [
        f"{CHAT}:8",
        f"{CHAT}:10",
        "dist/dev/platform/namespaces.yaml:1",
    ]


def test_production_is_read_for_the_comparison_even_when_not_asked_for(tmp_path: Path) -> None:
    folder = dist(tmp_path, {"dev/apps/chat.yaml": OBJECT, "production/apps/chat.yaml": "a", "qa/apps/chat.yaml": "a"})
    said = run("check", "parity", "--env", "dev", "--dist", folder)
    assert said == (
        2,
        "",
        f"aiwfe: dist/production/apps/chat.yaml:1: a document that is a single value, not an object: {SYNTH}\n",
    )
    assert run("check", "capacity", "--env", "dev", "--dist", folder).code == 0


def refused(path: Path, *_: object) -> bytes:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = dist(tmp_path, {"dev/apps/chat.yaml": OBJECT})
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(BadInputError, match=rf"^{CHAT}: cannot be read \(Permission denied\)$"):
        load(folder)


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files would be missing from every proof, and all would hold."""
    folder = dist(tmp_path, {"dev/apps/chat.yaml": OBJECT})
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: refused(path) if path.endswith("apps") else scandir(path))  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType, reportUnknownArgumentType]
    with pytest.raises(BadInputError, match=r"^dist/dev/apps: cannot be read \(Permission denied\)$"):
        load(folder)


def test_a_dist_that_cannot_be_listed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = dist(tmp_path, {"dev/apps/chat.yaml": OBJECT})
    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(BadInputError, match=r"dist: cannot be read \(Permission denied\)$"):
        load(folder)


def test_a_missing_dist_says_how_to_make_one(tmp_path: Path) -> None:
    message = f"aiwfe: {tmp_path}/dist: no such folder: run `make synth`, or say where it is with --dist\n"
    for command in ("check", "capacity"):
        assert run(command, "--dist", tmp_path / "dist") == (2, "", message)


def test_a_dist_without_environments_is_refused(tmp_path: Path) -> None:
    folder = dist(tmp_path, {"notes.txt": ""})
    assert run("check", "--dist", folder) == (2, "", f"aiwfe: {folder}: holds no environment: {SYNTH}\n")


def test_an_unknown_environment_is_named_with_the_nearest_and_all(tmp_path: Path) -> None:
    folder = dist(tmp_path, {f"{env}/apps/chat.yaml": OBJECT for env in ("dev", "production", "staging")})
    said = run("check", "--env", "stagign", "--env", "elsewhere", "--env", "dev", "--dist", folder)
    assert said == (
        2,
        "",
        "aiwfe: unknown environment 'stagign', did you mean 'staging'? (there are: dev, production, staging)\n"
        "aiwfe: unknown environment 'elsewhere' (there are: dev, production, staging)\n",
    )


def test_a_spelling_is_near_when_a_few_keys_were_hit_wrongly() -> None:
    proofs = ["capacity", "references", "schema"]
    assert [nearest(word, proofs) for word in ("capactiy", "refrences", "shema", "mesh", "")] == [
        ", did you mean 'capacity'?",
        ", did you mean 'references'?",
        ", did you mean 'schema'?",
        "",
        "",
    ]


def test_what_is_no_component_is_a_stray_and_never_opened(tmp_path: Path) -> None:
    folder = dist(
        tmp_path,
        {
            "notes.txt": "",
            "dev/apps/chat.yaml": OBJECT,
            "dev/apps/chat.yml": "[",
            "dev/apps/.chat.yaml.swp": "[",
            "dev/apps/old/chat.yaml": "[",
            "dev/services/chat.yaml": "[",
            "dev/chat.yaml": "[",
        },
    )
    (folder / "dev" / "apps" / "link.yaml").symlink_to("chat.yaml")
    (folder / "dev" / "apps" / "nowhere.yaml").symlink_to("missing.yaml")
    (folder / "dev" / "data").symlink_to("apps")
    (folder / "qa").symlink_to("dev")
    os.mkfifo(folder / "dev" / "apps" / "pipe.yaml")
    platform = load(folder)
    (dev,) = platform.environments
    assert platform.strays == ("dist/notes.txt", "dist/qa")
    assert [file.path for file in dev.files] == [CHAT]
    assert dev.strays == tuple(
        f"dist/dev/{name}"
        for name in (
            *("apps/.chat.yaml.swp", "apps/chat.yml", "apps/link.yaml", "apps/nowhere.yaml", "apps/old"),
            *("apps/old/chat.yaml", "apps/pipe.yaml", "chat.yaml", "data", "services", "services/chat.yaml"),
        )
    )


def test_objects_know_where_they_lie(tmp_path: Path) -> None:
    text = OBJECT + "---\n# why\n" + OBJECT.removeprefix(HEADER).replace("  namespace: aiwfe-system\n", "")
    folder = dist(tmp_path, {"dev/apps/chat.yaml": text})
    (dev,) = load(folder).environments
    assert [(item.id, item.file, item.line, item.last_line) for item in dev.objects] == [
        ("dev/ConfigMap/aiwfe-system/chat", CHAT, 2, 6),
        ("dev/ConfigMap/chat", CHAT, 9, 12),
    ]
    assert [(item.env, item.application, item.component) for item in dev.objects] == [("dev", "apps", "chat")] * 2
    assert dev.files[0].text == text


def test_only_what_was_asked_for_is_judged_and_production_beside_it(tmp_path: Path) -> None:
    folder = dist(tmp_path, {f"{env}/apps/chat.yaml": OBJECT for env in ("dev", "production", "staging")})
    platform = load(folder, ["staging", "dev", "dev"])
    assert [environment.name for environment in platform.environments] == ["dev", "staging"]
    assert platform.baseline is not None
    assert platform.known == ("dev", "production", "staging")
    assert load(folder, ["dev"], baseline=False).baseline is None


def test_dist_is_that_of_the_repository_one_stands_in(tmp_path: Path) -> None:
    (tmp_path / "inner" / "deeper").mkdir(parents=True)
    (tmp_path / "cdk8s.yaml").touch()
    assert find_dist(tmp_path / "inner" / "deeper") == tmp_path / "dist"
    (tmp_path / "inner" / ".git").touch()  # a worktree has a file of that name
    assert find_dist(tmp_path / "inner" / "deeper") == tmp_path / "inner" / "dist"
