"""Cases that a text file cannot hold: other bytes, other places, and files too large to read."""

from __future__ import annotations

from tests.proofs.cases import Case, Expected, Files

HEADER = "# Generated from charts/apps/chat.py: do not edit.\n"
OBJECT = HEADER + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chat, namespace: aiwfe-system}\n"
CHAT = "dist/dev/apps/chat.yaml"
MEBIBYTE = 1024 * 1024


def holding(field: str, kind: str, size: int) -> str:
    """An object with a value of `size` characters."""
    return OBJECT.replace("ConfigMap", kind) + f"{field}: {{large: {'A' * size}}}\n"


def _made(name: str, reject: Files, accept: Files, about: str, why: str) -> Case:
    return Case(name.partition(".")[0], name, (Expected(about, why),), reject, accept)


MADE = (
    _made(
        "stability/bytes.no-line-feed-at-the-end",
        {CHAT: OBJECT.rstrip("\n")}, {CHAT: OBJECT},
        f"{CHAT}:4", "does not end with a line feed",
    ),
    _made(
        "stability/bytes.carriage-return",
        {CHAT: OBJECT.replace("ConfigMap\n", "ConfigMap\r\n")},
        {CHAT: OBJECT + 'data: {text: "a\\r"}\n'},
        f"{CHAT}:3", "holds a carriage return",
    ),
    _made(
        "stability/bytes.tab",
        {CHAT: OBJECT.replace("kind: ", "kind:\t")},
        {CHAT: OBJECT + "# a\tb\ndata: {text: 'a\tb'}\n"},
        f"{CHAT}:3", "is spaced with a tab",
    ),
    _made(
        "stability/bytes.anchor",
        {CHAT: OBJECT + "data: {text: &name a}\n"},
        {CHAT: OBJECT + "data: {text: a, url: 'https://a/?b=c &d=e'}\n"},
        f"{CHAT}:5", "has an anchor &name",
    ),
    _made(
        "stability/size.text",
        {CHAT: holding("data", "ConfigMap", MEBIBYTE + 1)},
        {CHAT: holding("data", "ConfigMap", MEBIBYTE)},
        "dev/ConfigMap/aiwfe-system/chat", "holds 1.0 MiB",
    ),
    _made(
        "stability/size.text-of-a-secret",
        {CHAT: holding("stringData", "Secret", 2 * MEBIBYTE)},
        {CHAT: holding("stringData", "Secret", MEBIBYTE)},
        "dev/Secret/aiwfe-system/chat", "holds 2.0 MiB",
    ),
    # The API server counts what base64 stands for: four characters for three bytes.
    _made(
        "stability/size.base64-of-a-secret",
        {CHAT: holding("data", "Secret", MEBIBYTE // 3 * 4 + 8)},
        {CHAT: holding("data", "Secret", MEBIBYTE // 3 * 4)},
        "dev/Secret/aiwfe-system/chat", "holds 1.0 MiB",
    ),
    _made(
        "stability/size.base64",
        {CHAT: holding("binaryData", "ConfigMap", 2 * MEBIBYTE)},
        {CHAT: holding("binaryData", "ConfigMap", MEBIBYTE + 8)},
        "dev/ConfigMap/aiwfe-system/chat", "holds 1.5 MiB",
    ),
    _made(
        "ownership/stray.beside-the-environments",
        {CHAT: OBJECT, "dist/notes.txt": "later\n"}, {CHAT: OBJECT},
        "dist/notes.txt:1", "where only environments do",
    ),
    _made(
        "ownership/stray.of-another-kind",
        {CHAT: OBJECT, "dist/dev/apps/chat.yml": OBJECT}, {CHAT: OBJECT},
        "dist/dev/apps/chat.yml:1", "is not <application>/<component>.yaml",
    ),
)  # fmt: skip
