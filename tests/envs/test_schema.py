"""Every rule of the environments' schema: an edit of base.yaml that must pass, and one that must be refused, with its message."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from envs import InputError, load

BASE = (Path(__file__).parent / "base.yaml").read_text(encoding="utf-8")
IMAGES_BASE = (Path(__file__).parent / "images.yaml").read_text(encoding="utf-8")


class Rule(NamedTuple):
    """`line` of base.yaml, what may stand there, what may not, and what is said of it."""

    line: int
    accept: str
    reject: str
    message: str


RULES = {
    "unknown-field": Rule(
        7, "log_level: warn", "log_levle: warn", "7: log_levle: unknown field (did you mean 'log_level'?)"
    ),
    "unknown-nested-field": Rule(
        8, "gpus: {per_replica: 1}", "gpus: {per_replica: 1, per_node: 1}",
        "8: gpus.per_node: unknown field (known: per_replica)",
    ),
    "unknown-size-field": Rule(
        14, "  webui: {max_replicas: 3}", "  webui: {max_replica: 3}",
        "14: services.webui.max_replica: unknown field (did you mean 'max_replicas'?)",
    ),
    "choice": Rule(
        4, "exposure: internal", "exposure: intern",
        "4: exposure: 'intern' is not one of 'public' or 'internal' (did you mean 'internal'?)",
    ),
    "quota-mode": Rule(5, "quota: fit", "quota: none", "5: quota: 'none' is not one of 'spec' or 'fit'"),
    "memory-unit": Rule(
        13, "  chat: {memory: 8Gi}", "  chat: {memory: 8gb}",
        "13: services.chat.memory: '8gb' is no size: write a whole number of Mi, Gi or Ti (did you mean '8Gi'?)",
    ),
    "memory-canonical": Rule(
        13, "  chat: {memory: 1536Mi}", "  chat: {memory: 2048Mi}",
        "13: services.chat.memory: '2048Mi' is 2Gi: write that, as the API server does",
    ),
    "cpu": Rule(
        13, "  chat: {cpu: 2}", "  chat: {cpu: 0.5}",
        "13: services.chat.cpu: 0.5 is no amount of CPU: write cores (2) or millicores (250m)",
    ),
    "cpu-canonical": Rule(
        13, "  chat: {cpu: 1500m}", "  chat: {cpu: 2000m}", "13: services.chat.cpu: '2000m' is 2 cores: write 2"
    ),
    "replicas-above-maximum": Rule(
        14, "  webui: {replicas: 3, max_replicas: 3}", "  webui: {replicas: 5, max_replicas: 3}",
        "14: services.webui.replicas: 5 is above max_replicas: 3",
    ),
    "replicas-at-least-one": Rule(
        13, "  chat: {replicas: 1}", "  chat: {replicas: 0}",
        "13: services.chat.replicas: 0 must be greater than or equal to 1",
    ),
    "number": Rule(
        13, "  chat: {replicas: 2}", '  chat: {replicas: "2"}', "13: services.chat.replicas: '2' must be an integer"
    ),
    "text": Rule(3, 'registry: "ghcr.io/1"', "registry: 1", "3: registry: 1 is not text: put it in quotes if it is meant"),
    "domain": Rule(
        1, "domain: a-b.example.org", "domain: http://aiwfe.io",
        "1: domain: 'http://aiwfe.io' is no domain: write lower-case labels with dots between, such as aiwfe.io",
    ),
    "domain-has-dots": Rule(
        1, "domain: aiwfe.io", "domain: aiwfe",
        "1: domain: 'aiwfe' is no domain: write lower-case labels with dots between, such as aiwfe.io",
    ),
    "repository": Rule(
        2, "repository: ssh://git@git.example.org/platform.git", "repository: github.com/aiwfe/platform",
        "2: repository: 'github.com/aiwfe/platform' is no Git repository: "
        "write https://HOST/PATH.git or ssh://git@HOST/PATH.git",
    ),
    "registry": Rule(
        3, "registry: registry.example.org:5000/aiwfe/own", "registry: https://ghcr.io/aiwfe",
        "3: registry: 'https://ghcr.io/aiwfe' is no registry: "
        "write its host and folder without scheme, such as ghcr.io/aiwfe",
    ),
    "duration": Rule(
        10, "retention: {backups: 36h, logs: 7d, metrics: 7d, traces: 90m}",
        "retention: {backups: 30 days, logs: 7d, metrics: 7d, traces: 1d}",
        "10: retention.backups: '30 days' is no duration: write a whole number of s, m, h or d, such as 30d",
    ),
    "gpus-of-the-spec": Rule(
        8, "gpus: {per_replica: 2}", "gpus: {per_replica: 3}",
        "8: gpus.per_replica: 3 must be less than or equal to 2",
    ),
    "email": Rule(
        11, 'notifications: {slack_channel: "#a", email: on-call@aiwfe.io, pager: false}',
        'notifications: {slack_channel: "#a", email: on-call, pager: false}',
        "11: notifications.email: 'on-call' is no e-mail address",
    ),
    "slack-channel": Rule(
        11, 'notifications: {slack_channel: "#a_b-c", email: a@aiwfe.io, pager: false}',
        "notifications: {slack_channel: a, email: a@aiwfe.io, pager: false}",
        '11: notifications.slack_channel: \'a\' is no Slack channel: write # and its name, in quotes: "#aiwfe-dev"',
    ),
    "storage-class": Rule(
        9, "storage: {class_name: fast-ssd, models: 20Gi, postgres: 10Gi, postgres_wal: 2Gi}", "storage: {class_name: Fast SSD, models: 20Gi, postgres: 10Gi, postgres_wal: 2Gi}",
        "9: storage.class_name: 'Fast SSD' is no name: write lower-case letters, digits, '-' and '.'",
    ),
    "zones-differ": Rule(6, "zones: [a, b]", "zones: [a, a]", "6: zones: each zone once"),
    "public-spans-zones": Rule(
        4, "exposure: public", "exposure: public\nzones: [a]",
        "5: zones: a public environment runs in two zones at the least; add one, or exposure: internal",
    ),
    "public-keeps-backups": Rule(
        10, "retention: {backups: 30d, logs: 7d, metrics: 7d, traces: 1d}\nexposure: public",
        "retention: {backups: 29d, logs: 7d, metrics: 7d, traces: 1d}\nexposure: public",
        "10: retention.backups: 29d is under the 30d of spec §9.1 for a public environment",
    ),
    "public-wakes-somebody": Rule(
        11, 'notifications: {slack_channel: "#a", email: a@aiwfe.io, pager: true}\nexposure: public',
        'notifications: {slack_channel: "#a", email: a@aiwfe.io, pager: false}\nexposure: public',
        "11: notifications.pager: a public environment wakes somebody; write true",
    ),
    "required": Rule(
        9, "storage: {class_name: gp3, models: 20Gi, postgres: 10Gi, postgres_wal: 2Gi}", "storage: {class_name: gp3, postgres: 10Gi, postgres_wal: 2Gi}",
        "9: storage.models: required field is missing",
    ),
    "key-once": Rule(
        5, "quota: fit", "quota: fit\nquota: spec", "6: quota: given twice (first in line 5): remove one"
    ),
    "no-anchors": Rule(
        6, "zones: [a, b]", "zones: &zones [a, b]",
        "6: anchors and aliases are not read here: write the value out",
    ),
    "no-tags": Rule(
        1, "domain: aiwfe.io", "domain: !!python/name:os.system aiwfe.io",
        "1: tags are not read here: remove 'tag:yaml.org,2002:python/name:os.system'",
    ),
    "words-are-text": Rule(
        6, "zones: [no, on]", "zones: [true, on]", "6: zones[0]: true is not text: put it in quotes if it is meant"
    ),
    "yaml": Rule(6, "zones: [a, b]", "zones: [a, b", "7: not YAML: did not find expected ',' or ']'"),
    "one-document": Rule(14, "  webui: {replicas: 1}", "---\na: b", "14: a second document: one file, one document"),
}  # fmt: skip


def edited(rule: Rule, text: str) -> str:
    """base.yaml with one line changed; a field that the new text gives too is taken out elsewhere."""
    lines = BASE.splitlines()
    lines[rule.line - 1] = text
    given = [line.partition(":")[0] for line in text.splitlines()]
    if len(given) == len(set(given)):
        for number, line in enumerate(lines):
            if number != rule.line - 1 and line.partition(":")[0] in given and not line.startswith(" "):
                lines[number] = "#"
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An envs/ of three environments like base.yaml, whose dev.yaml or images.yaml a test replaces."""
    for name in ("dev", "staging", "production"):
        text = BASE.replace("dev.aiwfe.io", f"{name}.aiwfe.io")
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "images.yaml").write_text(IMAGES_BASE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_allows_is_read(name: str, folder: Path) -> None:
    (folder / "dev.yaml").write_text(edited(RULES[name], RULES[name].accept), encoding="utf-8")
    assert [env.name for env in load(folder)] == ["dev", "staging", "production"]


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_forbids_is_one_line_with_file_line_and_field(name: str, folder: Path) -> None:
    (folder / "dev.yaml").write_text(edited(RULES[name], RULES[name].reject), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load(folder)
    assert str(refused.value) == f"envs/dev.yaml:{RULES[name].message}"


BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
FILES = {
    "missing": (None, "1: the file is missing"),
    "empty": (b"", "1: the file is empty"),
    "only-comments": (b"# later\n", "1: the file is empty"),
    "not-utf-8": (BASE.encode().replace(b"dev.aiwfe", b"d\xe9v.aiwfe"), "1: not UTF-8 (byte 0xe9): save it as UTF-8"),
    "utf-16": (BASE.encode("utf-16"), "1: not UTF-8 (byte 0xff): save it as UTF-8"),
    "anchor-bomb": (BOMB, "1: anchors and aliases are not read here: write the value out"),
    "bottomless": (b"a: " + b"[" * 100_000, "1: nested more than 20 deep"),
    "too-large": (b"#" * 300_000, "1: 300000 bytes; at most 262144 are read"),
    "a-list": (b"- a\n", "1: not a mapping: write `field: value` lines"),
    "a-mapping-as-key": (b"? {a: b}\n: c\n", "1: a key must be a word"),
    "control-characters": (b"a: \x01\n", "1: not YAML: control characters are not allowed"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_refused(name: str, folder: Path) -> None:
    data, message = FILES[name]
    if data is None:
        (folder / "dev.yaml").unlink()
    else:
        (folder / "dev.yaml").write_bytes(data)
    with pytest.raises(InputError) as refused:
        load(folder)
    assert str(refused.value) == f"envs/dev.yaml:{message}"


def test_all_mistakes_of_all_files_are_said_at_once(folder: Path) -> None:
    (folder / "dev.yaml").write_text(BASE.replace("quota: spec", "quota: sepc").replace("256Mi", "256mb"))
    (folder / "staging.yaml").unlink()
    with pytest.raises(InputError) as refused:
        load(folder)
    assert [(mistake.file, mistake.field) for mistake in refused.value.mistakes] == [
        ("envs/dev.yaml", "quota"),
        ("envs/dev.yaml", "services.chat.memory"),
        ("envs/staging.yaml", ""),
    ]


IMAGES = {
    "latest": ("tag: 3.9.3", "tag: latest", "upstream.kong.tag: 'latest' is no version"),
    "digest": ("tag: 3.9.3", "tag: 3.9.3\n    digest: sha256:123", "upstream.kong.digest: 'sha256:123' is no digest"),
    "repository": ("    repository: docker.io/library/kong\n", "", "upstream.kong: required field 'repository' is missing"),
    "own-repository": (
        "own: {}", "own: {chat: {tag: 1.0.1, repository: ghcr.io/a/b}}",
        "own.chat.repository: our own images come from each environment's registry",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMAGES)
def test_a_wrong_image_is_refused(name: str, folder: Path) -> None:
    old, new, message = IMAGES[name]
    assert old in IMAGES_BASE
    (folder / "images.yaml").write_text(IMAGES_BASE.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"^envs/images\.yaml:\d+: " + message.replace(".", r"\.")):
        load(folder)


def test_an_image_with_a_digest_is_pinned_by_it(folder: Path) -> None:
    digest = "sha256:" + "0" * 64
    (folder / "images.yaml").write_text(
        IMAGES_BASE.replace("own: {}", f"own: {{chat: {{tag: 1.0.1, digest: '{digest}'}}}}"), encoding="utf-8"
    )
    dev, *_ = load(folder)
    assert dev.images.of_service("chat", dev.registry) == f"ghcr.io/aiwfe/chat:1.0.1@{digest}"
    assert dev.images.of_service("webui", dev.registry) == "ghcr.io/aiwfe/webui:1.0.0"
